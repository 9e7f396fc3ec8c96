import LiandongCore

extension SimulationOptions {
    /// A mistake that the checks must find: each is one that whoever builds around the core could make.
    package enum PlantedBug: String, Sendable, CaseIterable {
        /// A write is acknowledged before its commit is durable.
        case acknowledgesBeforeCommit
        /// A cursor is durable before the deltas that it says were received.
        case cursorAheadOfData
        /// A sender does not look at entitlement: it trusts the scope that is asked for.
        case ignoresEntitlement
        /// The last delta of a batch is not stored, and the cursor says that it is.
        case dropsLastOfBatch
        /// A scan that stops early says that it looked at everything.
        case skipsRestOfScan
        /// A delta held already is taken for a new one: whatever is counted in it counts again.
        case countsReplays
        /// What a cell's newer write covers stays beside it.
        case keepsSuperseded
        /// A remove leaves no trace, so that what it covered comes back when it arrives later.
        case forgetsRemoves
        /// Ops that came before their record stay behind when it comes.
        case forgetsWaitingOps
        /// What a revocation cuts off goes on being shown.
        case forgetsQuarantine
        /// Ops whose time has come are not looked at again.
        case neverWakes
        /// A backup put back goes on with the epoch of the file that was lost.
        case keepsEpochOfBackup
        /// A backup put back goes on with the incarnation that it was made under.
        case keepsIncarnationOfBackup
        /// What an entry lets the node hold more is not asked for.
        case keepsCursorsWhenMoved
        /// A local commit goes to the peers before it is durable.
        case sendsBeforeCommit
        /// A delta is kept with other bytes than its author's.
        case changesBytes
        /// Every signature is taken for good.
        case acceptsBadSignatures
        /// Of two deltas of one lane and seq the one that came first is kept.
        case dropsForks
        /// A fork is stored and nobody is told.
        case hidesForks
        /// An op counts in whatever audience it came, also for a record that has its home in another.
        case mergesStrays
        /// A commit that failed is reported as done.
        case ignoresFailedCommits
        /// A store's disk says of flushes that they were done, and does none.
        case forgetsFlush
        /// A peer's words are taken in however much it was given leave for.
        case ignoresCredit
        /// What is compared with a peer leaves the last lane out.
        case reconcilesAllLanesButOne
        /// After a restart nothing is known of what was erased.
        case resurrectsErased
        /// What is read for a peer that lacks it leaves out deltas with removes.
        case forgetsRemovesInRepairs
        /// A record that is given to others takes along what else stands in the deltas that it is written in.
        case carriesWholeDelta
        /// Whatever it hears of another that runs under its name, a node goes on under it.
        case keepsNamesOfClone
        /// That a record is to be let go of is not kept in mind: what is held of it stays.
        case forgetsLefts
        /// What a build does not know it does not keep in mind: a later one never reads it.
        case dropsUnknownKinds
    }
}

/// A ledger's dictionaries with one of the planted bugs.
final class BuggyLedgerStorage: MemoryLedgerStorage {
    var bug: SimulationOptions.PlantedBug?
    /// The audience of the delta that is being merged: a ledger asks for it first.
    private var merged: AudienceID?

    override func audience(_ id: AudienceID) -> Audience? {
        merged = id
        return super.audience(id)
    }

    /// A command's drafts are being written.
    var isAppending = false

    override func entries(of record: RecordID) -> [CellEntry] {
        let entries = super.entries(of: record)
        guard bug == .carriesWholeDelta, isAppending, let kind = entries.first?.field.kind else { return entries }
        let deltas = Set(entries.map(\.delta))
        let others = content.cells.filter { $0.key != record }.values.joined().filter { entry in
            deltas.contains(entry.delta) && entry.field.kind == kind && !entry.field.isAudiences
                && !entry.field.isCarried
        }
        return entries + others.sorted { ($0.delta, $0.index) < ($1.delta, $1.index) }
    }

    override func home(of record: RecordID) -> AudienceID? {
        let home = super.home(of: record)
        return bug == .mergesStrays && home != nil ? merged ?? home : home
    }

    override func deltas(lane: Int64, seq: UInt64) -> [DeltaID] {
        bug == .countsReplays ? [] : super.deltas(lane: lane, seq: seq)
    }

    override func erasures() -> [Erasure] { bug == .resurrectsErased ? [] : super.erasures() }

    override func setQuarantined(_ quarantined: Bool, delta: Int64) {
        if bug != .forgetsQuarantine { super.setQuarantined(quarantined, delta: delta) }
    }

    override func insert(delta: StoredDelta) -> LSN {
        guard bug == .changesBytes, delta.source != nil, let index = delta.delta.ops.lastIndex(where: \.hasBytes) else {
            return super.insert(delta: delta)
        }
        var ops = delta.delta.ops
        if case .held(let salt, var bytes) = ops[index] {
            bytes[bytes.count - 1] ^= 1
            ops[index] = .held(salt: salt, op: bytes)
        }
        let changed = Delta(
            headerBytes: delta.delta.headerBytes,
            signature: delta.delta.signature,
            ops: ops,
            header: delta.delta.header,
            id: delta.delta.id
        )
        return super.insert(
            delta: StoredDelta(
                number: delta.number,
                lane: delta.lane,
                delta: changed,
                source: delta.source,
                receivedAt: delta.receivedAt,
                isQuarantined: delta.isQuarantined
            )
        )
    }

    override func insert(entry: CellEntry) {
        if bug == .forgetsRemoves, entry.isRemove { return }
        if bug == .forgetsLefts, entry.field.isLeft { return }
        super.insert(entry: entry)
    }

    override func remove(entry: CellEntry) {
        if bug != .keepsSuperseded { super.remove(entry: entry) }
    }

    override func parkedOps(waitingFor record: RecordID) -> [ParkedOp] {
        bug == .forgetsWaitingOps ? [] : super.parkedOps(waitingFor: record)
    }

    override func park(_ op: ParkedOp) {
        if bug != .dropsUnknownKinds || op.reason != .unknownField { super.park(op) }
    }

    override func parkedOps(dueBy stamp: HLC) -> [ParkedOp] {
        bug == .neverWakes ? [] : super.parkedOps(dueBy: stamp)
    }
}

extension SaltedOp {
    fileprivate var hasBytes: Bool {
        if case .held(_, let bytes) = self { !bytes.isEmpty } else { false }
    }
}
