/// The deltas of a group commit while they grow.
struct PendingCommit: Sendable {
    let now: Instant
    var nextNumber: Int64
    /// In the order they were begun; one a lane at a time.
    var deltas: [PendingDelta] = []
    /// Index in `deltas` of each lane's growing delta.
    var open: [LaneKey: Int] = [:]
    /// Records written in this commit.
    var written: Set<RecordID> = []
    /// Of the deltas that were begun, each once.
    var audiences: [Audience] = []
    /// What is signed and stored already.
    var sealed: [CommittedDelta] = []
}

extension PendingCommit {
    /// Begins the next delta of a lane.
    ///
    /// - Returns: its index among the growing deltas.
    fileprivate mutating func begin(
        _ key: LaneKey,
        _ lane: LaneState,
        _ audience: Audience,
        seq: UInt64,
        stamp: HLC
    ) -> Int {
        if !audiences.contains(audience) { audiences.append(audience) }
        deltas.append(PendingDelta(number: nextNumber, lane: lane, seq: seq, stamp: stamp))
        nextNumber += 1
        open[key] = deltas.count - 1
        return deltas.count - 1
    }

    /// Puts an op at the end of a growing delta, in place: a copy of the commit would copy all that grew so far.
    ///
    /// - Returns: when the commit was begun, and the op's place.
    fileprivate mutating func add(
        _ op: Op,
        _ bytes: [UInt8],
        salt: [UInt8],
        slot: Int,
        _ audience: Audience,
        _ epoch: AuthorityEpoch
    ) -> (now: Instant, place: OpPlace) {
        let place = OpPlace(
            delta: deltas[slot].number,
            index: deltas[slot].ops.count,
            lane: deltas[slot].lane,
            header: deltas[slot].stamp,
            seq: deltas[slot].seq,
            audience: audience,
            epoch: epoch
        )
        deltas[slot].ops.append(.held(salt: salt, op: bytes))
        deltas[slot].byteCount += salt.count + bytes.count
        written.insert(op.record)
        return (now, place)
    }
}

/// One delta while it grows.
struct PendingDelta: Sendable {
    let number: Int64
    let lane: LaneState
    let seq: UInt64
    let stamp: HLC
    var ops: [SaltedOp] = []
    var byteCount = 0
}

/// What a group commit wrote.
package struct SealedCommit: Sendable {
    /// In LSN order.
    package let deltas: [CommittedDelta]
    /// What the deltas' audiences are: a node may write first for one that it knows from an op's value alone.
    package let definitions: [Audience]
}

/// Why a draft cannot be written.
package struct DraftError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unknownField
        case notPermitted
        case tooLarge
        case unknownRecord
        case erased
    }

    package let code: Code
    package let reason: String

    package var description: String { reason }
}

extension Ledger {
    /// Begins a group commit.
    ///
    /// Nothing is written until ``append(_:randomBytes:in:touching:)``.
    package mutating func begin(at now: Instant, in storage: some LedgerStorage) throws {
        precondition(pending == nil, "a group commit was begun within another")
        pending = PendingCommit(now: now, nextNumber: try storage.nextDeltaNumber())
    }

    /// Checks one command's drafts; call before ``append(_:randomBytes:in:touching:)`` so that a refused command has
    /// written nothing.
    ///
    /// - Throws: ``DraftError``.
    package func check(_ drafts: [Draft]) throws(DraftError) {
        for draft in drafts {
            guard specification(of: draft.field) != nil else {
                throw DraftError(code: .unknownField, reason: "field \(draft.field) is not of this build's schema")
            }
            try checkPermission(of: draft)
            try checkErasure(draft)
            let byteCount = draft.value.count + draft.element.count + 512
            guard byteCount <= Delta.byteLimit else {
                throw DraftError(
                    code: .tooLarge,
                    reason: "field \(draft.field) would take \(byteCount) bytes, at most \(Delta.byteLimit) are allowed"
                )
            }
        }
    }

    /// By the chain as it is now: what a place lost with a move its nodes write no more.
    private func checkPermission(of draft: Draft) throws(DraftError) {
        guard authority.revocations[node] == nil else {
            throw DraftError(
                code: .notPermitted,
                reason:
                    "this node was revoked by the chain's entry \(authority.revocationHeights[node] ?? 0): nobody would "
                    + "take what it writes; ask the district"
            )
        }
        guard authority.has(node, .write, atHeight: authority.height) else {
            throw DraftError(
                code: .notPermitted,
                reason: "this node is not enrolled, or the district has withdrawn its grant to write; ask the district"
            )
        }
        guard authority.mayWrite(node, in: draft.audience, at: authority.epoch) else {
            throw DraftError(
                code: .notPermitted,
                reason: "field \(draft.field) is for an audience that this node's place is not of by the chain's entry "
                    + "\(authority.height); write it at a node of that audience"
            )
        }
        if case .give(let further) = draft.change, !authority.mayWrite(node, in: further, at: authority.epoch) {
            throw DraftError(
                code: .notPermitted,
                reason: "a record would be given to an audience that this node's place is not of by the chain's entry "
                    + "\(authority.height); give it at a node that is of both"
            )
        }
        if case .leave(let further) = draft.change, !authority.mayWrite(node, in: further, at: authority.epoch) {
            throw DraftError(
                code: .notPermitted,
                reason: "a record would leave for an audience that this node's place is not of by the chain's entry "
                    + "\(authority.height); do it at a node that is of both"
            )
        }
        guard draft.nonce != nil else { return }
        guard authority.mayCreate(draft.field.kind, by: node, in: draft.audience, at: authority.epoch, schema) else {
            throw DraftError(
                code: .notPermitted,
                reason: "field \(draft.field) would open a record for places that are not under this node's, and the "
                    + "grant to accept for others does not cover it; open it at a node of theirs or of a place above "
                    + "them all"
            )
        }
    }

    /// Gives one command's drafts their places in lanes and merges them, so that the next command sees them.
    ///
    /// - Parameter randomBytes: 16 random bytes, for salts.
    package mutating func append(
        _ drafts: [Draft],
        randomBytes: () -> [UInt8],
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        for draft in drafts {
            try append(draft, randomBytes: randomBytes, in: storage, touching: &touched)
        }
    }

    private mutating func append(
        _ draft: Draft,
        randomBytes: () -> [UInt8],
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        guard let specification = specification(of: draft.field) else { return }
        if case .give(let further) = draft.change {
            return try give(draft, to: further, randomBytes: randomBytes, in: storage, touching: &touched)
        }
        if case .leave(let further) = draft.change {
            return try leave(draft, for: further, in: storage, touching: &touched)
        }
        let byteCount = draft.value.count + draft.element.count + 512
        // An erasure never stands behind registrations by the thousand.
        let deltaClass = draft.change == .erase ? .interactive : specification.deltaClass
        let slot = try openDelta(draft.audience, deltaClass, roomFor: byteCount, in: storage)
        let op = Op(
            record: draft.record,
            field: draft.field,
            element: draft.element,
            value: draft.value,
            change: draft.opChange,
            context: try context(of: draft, specification.rule, in: storage),
            floor: draft.nonce == nil ? try floor(of: draft.record, slot: slot, in: storage) : nil,
            nonce: draft.nonce
        )
        let salt = specification.isPersonal ? randomBytes() : SaltedOp.plainSalt
        try write(op, salt: salt, slot: slot, audience: draft.audience, in: storage, touching: &touched)
    }

    /// Puts an op into a growing delta and merges it.
    mutating func write(
        _ op: Op,
        salt: [UInt8],
        slot: Int,
        audience: Audience,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        let bytes = op.wireBytes
        guard let (now, place) = pending?.add(op, bytes, salt: salt, slot: slot, audience, authority.epoch) else {
            preconditionFailure("no group commit was begun")
        }
        try merge(op, place, at: now, in: storage, touching: &touched)
    }

    /// The growing delta of a lane with room for one more op; begins the next one when there is none.
    ///
    /// - Returns: its index among the growing deltas.
    mutating func openDelta(
        _ audience: Audience,
        _ deltaClass: DeltaClass,
        roomFor byteCount: Int,
        in storage: some LedgerStorage
    ) throws -> Int {
        let key = LaneKey(
            origin: node,
            incarnation: incarnation,
            audience: try audienceID(audience, in: storage),
            deltaClass: deltaClass
        )
        guard let now = pending?.now else { preconditionFailure("no group commit was begun") }
        var seq: UInt64?
        if let slot = pending?.open[key], let delta = pending?.deltas[slot] {
            let room = (key.deltaClass == .bulk ? Delta.bulkByteGoal : Delta.byteLimit) - delta.byteCount
            if delta.ops.count < Delta.opLimit, byteCount <= room { return slot }
            seq = delta.seq + 1
        }
        let lane = try laneState(key, in: storage)
        lanes[key] = lane
        let stamp = clock.tick(at: now)
        let slot = pending?.begin(key, lane, audience, seq: seq ?? lane.highest + 1, stamp: stamp)
        guard let slot else { preconditionFailure("a group commit ended while a delta was begun") }
        return slot
    }

    /// What this replica has seen of the cell: for multi-value writes and removes.
    private func context(of draft: Draft, _ rule: CellRule, in storage: some LedgerStorage) throws -> CellContext {
        guard draft.change != .erase, rule == .multiValue || (rule == .set && draft.change == .remove) else {
            return CellContext()
        }
        var context = CellContext()
        for entry in try storage.entries(of: draft.record, field: draft.field, element: draft.element) {
            context.join(entry.context)
            if let lane = try laneID(number: entry.lane, in: storage) { context.insert(lane, entry.position) }
        }
        return context
    }

    /// The stamp just above the latest seen in the record, when the header's own does not sort after it.
    func floor(of record: RecordID, slot: Int, in storage: some LedgerStorage) throws -> HLC? {
        guard let commit = pending, let latest = try storage.latestStamp(of: record) else { return nil }
        let (stamp, isWritten) = (commit.deltas[slot].stamp, commit.written.contains(record))
        if latest < stamp || (latest == stamp && isWritten) { return nil }
        return latest.successor
    }

    /// Signs and stores the deltas of the group commit, in the order they were begun.
    package mutating func seal(in storage: some LedgerStorage) throws -> SealedCommit {
        try sealGrowing(in: storage)
        guard let commit = pending else { return SealedCommit(deltas: [], definitions: []) }
        pending = nil
        // What a node lets go of itself it has by carries: nothing of it looks different. What it erased it touched.
        var touched: Set<RecordID> = []
        try settle(at: commit.now, in: storage, touching: &touched)
        return SealedCommit(deltas: try asHeld(commit.sealed, in: storage), definitions: commit.audiences)
    }

    /// Signs and stores what has grown so far; the group commit goes on with new deltas.
    mutating func sealGrowing(in storage: some LedgerStorage) throws {
        guard let commit = pending else { return }
        pending?.deltas = []
        pending?.open = [:]
        for pendingDelta in commit.deltas {
            var lane = lanes[pendingDelta.lane.key] ?? pendingDelta.lane
            let header = DeltaHeader(
                cluster: authority.cluster ?? ClusterID(raw: Bytes16(high: 0, low: 0)),
                lane: lane.key,
                seq: pendingDelta.seq,
                previous: lane.head,
                hlc: pendingDelta.stamp,
                schema: schema.version,
                epoch: authority.epoch,
                opCount: pendingDelta.ops.count,
                opsRoot: MerkleTree.root(pendingDelta.ops.map { $0.leaf(cryptography) }, cryptography)
            )
            let headerBytes = header.canonicalBytes
            // What a later command of this commit erased is signed and not kept.
            let delta = withoutErased(
                Delta(
                    headerBytes: headerBytes,
                    signature: signer.sign(Delta.signedMessage(headerBytes: headerBytes)),
                    ops: pendingDelta.ops,
                    header: header,
                    id: DeltaID(headerBytes: headerBytes, cryptography)
                )
            )
            let stored = StoredDelta(
                number: pendingDelta.number,
                lane: lane.number,
                delta: delta,
                source: nil,
                receivedAt: commit.now,
                isQuarantined: false
            )
            let lsn = try storage.insert(delta: stored)
            lane.insert(header, id: delta.id)
            lanes[lane.key] = lane
            pending?.sealed.append(CommittedDelta(lsn: lsn, delta: delta, source: nil))
        }
        for key in Set(commit.deltas.map(\.lane.key)).sorted() {
            if let lane = lanes[key] { try storage.save(lane: lane) }
        }
    }
}
