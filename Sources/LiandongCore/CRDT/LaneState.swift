/// What is held of one lane.
package struct LaneState: Sendable, Hashable {
    package let key: LaneKey
    package let id: LaneID
    /// The storage's local number.
    package let number: Int64
    /// Every seq up to this one is held.
    package private(set) var contiguous: UInt64 = 0
    /// Seqs held beyond a gap, ascending, not touching one another or `contiguous`.
    package private(set) var beyond: [ClosedRange<UInt64>] = []
    /// The delta at the highest seq held.
    package private(set) var head: DeltaID?
    package private(set) var headStamp: HLC?
    package private(set) var headEpoch: AuthorityEpoch?

    package init(key: LaneKey, id: LaneID, number: Int64) {
        self.key = key
        self.id = id
        self.number = number
    }

    /// Restores what was saved.
    package init(
        key: LaneKey,
        id: LaneID,
        number: Int64,
        contiguous: UInt64,
        beyond: [ClosedRange<UInt64>],
        head: DeltaID?,
        headStamp: HLC?,
        headEpoch: AuthorityEpoch?
    ) {
        self.key = key
        self.id = id
        self.number = number
        self.contiguous = contiguous
        self.beyond = beyond
        self.head = head
        self.headStamp = headStamp
        self.headEpoch = headEpoch
    }

    /// The highest seq held.
    package var highest: UInt64 { beyond.last?.upperBound ?? contiguous }

    package func holds(_ seq: UInt64) -> Bool {
        seq <= contiguous || beyond.contains { $0.contains(seq) }
    }

    /// Notes that a delta is held.
    ///
    /// Holding a seq twice changes nothing.
    package mutating func insert(_ header: DeltaHeader, id: DeltaID) {
        let seq = header.seq
        if seq > highest || head == nil {
            head = id
            headStamp = header.hlc
            headEpoch = header.epoch
        }
        guard seq > 0, !holds(seq) else { return }
        var merged = seq...seq
        var rest: [ClosedRange<UInt64>] = []
        for range in beyond {
            if range.upperBound &+ 1 == merged.lowerBound {
                merged = range.lowerBound...merged.upperBound
            } else if merged.upperBound &+ 1 == range.lowerBound {
                merged = merged.lowerBound...range.upperBound
            } else {
                rest.append(range)
            }
        }
        if merged.lowerBound == contiguous + 1 {
            contiguous = merged.upperBound
        } else {
            rest.append(merged)
            rest.sort { $0.lowerBound < $1.lowerBound }
        }
        beyond = rest
    }
}
