/// Where a ledger keeps what it decides; one writing transaction of a replica.
///
/// `LiandongStore` implements it over SQLite, the simulator over dictionaries. Every call sees the writes before it.
/// Nothing here decides anything: the rules are in ``Ledger``.
package protocol LedgerStorage: QuotaStorage {
    // MARK: Audiences and lanes

    func audience(_ id: AudienceID) throws -> Audience?
    func insert(audience: Audience, id: AudienceID) throws
    /// The local number of a lane, kept for ever; a new one when it was not known.
    func laneNumber(_ key: LaneKey, id: LaneID) throws -> Int64
    func laneKey(number: Int64) throws -> LaneKey?
    /// Every lane ever seen, in ascending number.
    func lanes() throws -> [LaneState]
    func save(lane: LaneState) throws

    // MARK: Deltas

    func delta(number: Int64) throws -> StoredDelta?
    func deltaID(number: Int64) throws -> DeltaID?
    /// The number of a delta of which only excerpts came, below zero and the same every time; such a number stands for
    /// its lane too, in ``laneKey(number:)``.
    func number(ofExcerpted id: DeltaID, lane: LaneKey) throws -> Int64
    /// The records that show something of an origin known from excerpts, in ascending order.
    func records(excerptedFrom origin: NodeID) throws -> [RecordID]
    /// The held deltas of a lane at a seq: more than one is a fork.
    func deltas(lane: Int64, seq: UInt64) throws -> [DeltaID]
    /// The local number of one of them; nil when it is not held.
    func number(of delta: DeltaID, lane: Int64, seq: UInt64) throws -> Int64?
    /// Puts a delta where one of its id was set aside because its bytes had rotted; nil when none was.
    func refill(_ delta: Delta, lane: Int64, isQuarantined: Bool) throws -> RefilledDelta?
    /// One more than the greatest number of a held delta.
    func nextDeltaNumber() throws -> Int64
    /// Keeps a delta under the number it carries and gives it the next LSN. The numbers of a group commit are taken
    /// from ``nextDeltaNumber()`` upwards before any of its deltas is inserted.
    func insert(delta: StoredDelta) throws -> LSN
    /// Every held delta of the lanes, or of all when nil, in ascending number. The body may write cells.
    func forEachDelta(ofLanes lanes: Set<Int64>?, _ body: (StoredDelta) throws -> Void) throws
    /// The numbers of the held deltas that are quarantined, ascending; bounded by ``EvidenceQuota``.
    func quarantinedDeltas() throws -> [Int64]
    /// How much is held of an origin that is quarantined.
    func evidence(of origin: NodeID) throws -> HeldEvidence
    /// Keeps what proves that a lane's origin wrote two deltas of one seq: both are held by now.
    func keep(_ fork: ForkProof, lane: Int64, at now: Instant) throws
    /// The deltas of an audience that hold ops of a record, whatever their standing, in ascending number. More may be
    /// given than do.
    func deltas(of record: RecordID, in audience: AudienceID) throws -> [StoredDelta]
    /// Puts ops in the place of a delta's; only what was held of them may differ.
    func setOps(_ ops: [SaltedOp], ofDelta number: Int64) throws
    /// Marks a delta as quarantined or shown again.
    func setQuarantined(_ quarantined: Bool, delta: Int64) throws

    // MARK: Records and cells

    /// The home audience of a record, once its creating op was seen.
    func home(of record: RecordID) throws -> AudienceID?
    func setHome(_ audience: AudienceID, of record: RecordID) throws
    /// The entries of one cell (an empty element for registers and multi-values), in no particular order.
    func entries(of record: RecordID, field: Field, element: [UInt8]) throws -> [CellEntry]
    /// The entries of a whole record, in no particular order.
    func entries(of record: RecordID) throws -> [CellEntry]
    /// The greatest stamp among a record's entries.
    func latestStamp(of record: RecordID) throws -> HLC?
    func insert(entry: CellEntry) throws
    func remove(entry: CellEntry) throws
    /// Forgets the cells and home of a record, before it is folded anew from its deltas.
    func removeCells(of record: RecordID) throws

    // MARK: Erasures

    /// The erasures that count, and those known from elsewhere whose ops have not come.
    func erasures() throws -> [Erasure]
    func erasures(of record: RecordID) throws -> [Erasure]
    /// Keeps one; it takes the place of one of the same record and audience whose op had not come.
    func insert(erasure: Erasure) throws
    /// Forgets those of a delta: its author was revoked before it.
    func removeErasures(ofDelta number: Int64) throws

    // MARK: Ops that wait

    func park(_ op: ParkedOp) throws
    /// Those waiting for the record's home, or for it to be given to the audience they came in.
    func parkedOps(waitingFor record: RecordID) throws -> [ParkedOp]
    /// Those waiting for a stamp to come due, at or before it.
    func parkedOps(dueBy stamp: HLC) throws -> [ParkedOp]
    /// Those that wait, or were refused, for one of the reasons.
    func parkedOps(because reasons: Set<ParkedOp.Reason>) throws -> [ParkedOp]
    func unpark(delta: Int64, index: Int) throws
    func removeParked(record: RecordID) throws
}

extension LedgerStorage {
    func unpark(_ op: ParkedOp) throws { try unpark(delta: op.delta, index: op.index) }
}

/// A delta with its local names.
package struct StoredDelta: Sendable {
    package let number: Int64
    package let lane: Int64
    package let delta: Delta
    /// The peer it came from; nil for one of our own.
    package let source: NodeID?
    package let receivedAt: Instant
    /// Kept as evidence, forwarded, not shown: its author was revoked before it.
    package var isQuarantined: Bool

    package init(
        number: Int64,
        lane: Int64,
        delta: Delta,
        source: NodeID?,
        receivedAt: Instant,
        isQuarantined: Bool
    ) {
        self.number = number
        self.lane = lane
        self.delta = delta
        self.source = source
        self.receivedAt = receivedAt
        self.isQuarantined = isQuarantined
    }
}

/// One live op in its cell.
package struct CellEntry: Sendable, Hashable {
    package let record: RecordID
    package let field: Field
    package let element: [UInt8]
    /// max(HLC, floor).
    package let stamp: HLC
    /// Local number of the delta, and the op's index in it: the local name of the dot.
    ///
    /// Below zero where only excerpts of the delta came, the lane likewise.
    package let delta: Int64
    package let index: Int
    /// Local number of the lane, and the seq in it.
    package let lane: Int64
    package let seq: UInt64
    package let isRemove: Bool
    package let value: [UInt8]
    package let context: CellContext

    package init(
        record: RecordID,
        field: Field,
        element: [UInt8],
        stamp: HLC,
        delta: Int64,
        index: Int,
        lane: Int64,
        seq: UInt64,
        isRemove: Bool,
        value: [UInt8],
        context: CellContext
    ) {
        self.record = record
        self.field = field
        self.element = element
        self.stamp = stamp
        self.delta = delta
        self.index = index
        self.lane = lane
        self.seq = seq
        self.isRemove = isRemove
        self.value = value
        self.context = context
    }

    package var position: LanePosition { LanePosition(seq: seq, index: index) }
}

/// An op that is held but not merged, and why.
package struct ParkedOp: Sendable, Hashable {
    package enum Reason: UInt8, Sendable {
        /// Its record's creating op has not arrived.
        case unknownHome = 1
        /// It came in an audience that its record was not given to, by all that is known.
        case stray = 2
        /// A register write from the future: waits for its stamp.
        case notDue = 3
        /// A field or op type this build does not know.
        case unknownField = 4
        /// More than a day ahead: only alarms are shown.
        case farFuture = 5
        /// Its author had no grant for it.
        case refused = 6
        /// Bytes that are no op.
        case undecodable = 7
    }

    package let delta: Int64
    package let index: Int
    package let record: RecordID
    package let reason: Reason
    /// The stamp at which a `notDue` op is looked at again.
    package let dueAt: HLC?

    package init(delta: Int64, index: Int, record: RecordID, reason: Reason, dueAt: HLC? = nil) {
        self.delta = delta
        self.index = index
        self.record = record
        self.reason = reason
        self.dueAt = dueAt
    }
}

/// A delta that is back in its place.
package struct RefilledDelta {
    package let stored: StoredDelta
    /// Whether its ops were merged before.
    package let isMerged: Bool

    package init(stored: StoredDelta, isMerged: Bool) {
        self.stored = stored
        self.isMerged = isMerged
    }
}

extension LedgerStorage {
    /// A storage that sets nothing aside has nothing to refill.
    package func refill(_ delta: Delta, lane: Int64, isQuarantined: Bool) throws -> RefilledDelta? { nil }
}
