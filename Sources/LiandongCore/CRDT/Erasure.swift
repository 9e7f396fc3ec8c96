/// A record whose personal ops of one audience are not held, for ever.
package struct ErasedRecord: Sendable, Hashable, Comparable {
    package let record: RecordID
    package let audience: AudienceID

    package init(record: RecordID, audience: AudienceID) {
        self.record = record
        self.audience = audience
    }

    package static func < (a: ErasedRecord, b: ErasedRecord) -> Bool {
        (a.record, a.audience) < (b.record, b.audience)
    }
}

/// One op that erased what is personal of a record.
package struct Erasure: Sendable, Hashable {
    package let target: ErasedRecord
    package let stamp: HLC
    /// Where its op stands; nil when it is known from outside the database and the op has not come (again).
    package let place: Place?
    /// A code, never a text.
    package let reason: String

    /// Where an erasure's op stands.
    package struct Place: Sendable, Hashable {
        /// Local number of the delta, and the op's index in it.
        package let delta: Int64
        package let index: Int
        /// Local number of the lane, and the seq in it.
        package let lane: Int64
        package let seq: UInt64

        package init(delta: Int64, index: Int, lane: Int64, seq: UInt64) {
            self.delta = delta
            self.index = index
            self.lane = lane
            self.seq = seq
        }
    }

    package init(target: ErasedRecord, stamp: HLC, place: Place?, reason: String) {
        self.target = target
        self.stamp = stamp
        self.place = place
        self.reason = reason
    }
}

/// When what is personal of a record was erased, and why.
package struct ErasureView: Sendable, Hashable {
    package let at: Instant
    /// A code; empty while the op itself has not come.
    package let reason: String
    /// Nil while the op itself has not come.
    package let author: NodeID?

    package init(at: Instant, reason: String, author: NodeID?) {
        self.at = at
        self.reason = reason
        self.author = author
    }

    /// The erasures of a record in some audiences, in an order that all replicas share.
    static func all(
        of record: RecordID,
        in audiences: Set<AudienceID>,
        _ storage: some LedgerStorage
    ) throws -> [ErasureView] {
        try storage.erasures(of: record)
            .filter { audiences.contains($0.target.audience) }
            .map { erasure in
                (
                    erasure.stamp,
                    ErasureView(
                        at: Instant(milliseconds: erasure.stamp.milliseconds),
                        reason: erasure.reason,
                        author: try erasure.place.flatMap { try storage.laneKey(number: $0.lane)?.origin }
                    )
                )
            }
            .sorted { a, b in
                if a.0 != b.0 { return a.0 < b.0 }
                guard let first = a.1.author, let second = b.1.author else {
                    return a.1.author == nil && b.1.author != nil
                }
                // A dishonest author may stamp several alike.
                return first != second ? first < second : a.1.reason < b.1.reason
            }
            .map(\.1)
    }
}

/// What erasures did within a transaction: what its caller has to clean up behind them.
package struct ErasureOutcome: Sendable, Hashable {
    /// Records that were not erased before, and those that are not any more.
    package internal(set) var changed: Set<ErasedRecord> = []
    /// The local numbers of the deltas of which bytes were dropped.
    package internal(set) var dropped: Set<Int64> = []
    /// Where the erasures stand.
    package internal(set) var arrived: [LaneKey: Set<UInt64>] = [:]

    package init() {}

    /// An erasure stands at a seq of a lane.
    package mutating func note(_ target: ErasedRecord, at seq: UInt64, of lane: LaneKey) {
        changed.insert(target)
        arrived[lane, default: []].insert(seq)
    }

    package var isEmpty: Bool { changed.isEmpty && dropped.isEmpty && arrived.isEmpty }
}
