/// Which seqs of a lane are held: ascending ranges that do not touch one another.
package struct SeqSet: Sendable, Hashable {
    package private(set) var ranges: [ClosedRange<UInt64>]

    package static let empty = SeqSet(ascending: [])

    /// Takes ranges that are ascending and apart, as they are; joins those that touch.
    ///
    /// Ranges that are not ascending are left out.
    package init(ascending ranges: some Sequence<ClosedRange<UInt64>>) {
        var joined: [ClosedRange<UInt64>] = []
        for range in ranges {
            guard let last = joined.last else {
                joined.append(range)
                continue
            }
            guard range.lowerBound > last.upperBound else { continue }
            if range.lowerBound == last.upperBound + 1 {
                joined[joined.count - 1] = last.lowerBound...range.upperBound
            } else {
                joined.append(range)
            }
        }
        self.ranges = joined
    }

    /// What a lane's state says: all up to `contiguous`, and what lies beyond gaps.
    package init(contiguous: UInt64, beyond: [ClosedRange<UInt64>]) {
        self.init(ascending: (contiguous > 0 ? [1...contiguous] : []) + beyond)
    }

    package var isEmpty: Bool { ranges.isEmpty }
    package var highest: UInt64 { ranges.last?.upperBound ?? 0 }
    /// How many seqs; at most `UInt64.max`.
    package var count: UInt64 {
        ranges.reduce(0) { sum, range in
            let (next, overflow) = sum.addingReportingOverflow(range.upperBound - range.lowerBound + 1)
            return overflow ? .max : next
        }
    }

    /// What is here and not there.
    package func subtracting(_ other: SeqSet) -> SeqSet {
        var result: [ClosedRange<UInt64>] = []
        var rest = other.ranges[...]
        for range in ranges {
            var lower = range.lowerBound
            var isUsedUp = false
            while let cut = rest.first, cut.lowerBound <= range.upperBound {
                if cut.upperBound < lower {
                    rest.removeFirst()
                    continue
                }
                if cut.lowerBound > lower { result.append(lower...cut.lowerBound - 1) }
                guard cut.upperBound < range.upperBound else {
                    isUsedUp = true
                    break
                }
                lower = cut.upperBound + 1
                rest.removeFirst()
            }
            if !isUsedUp { result.append(lower...range.upperBound) }
        }
        return SeqSet(ascending: result)
    }

    /// What is here or there.
    package func union(_ other: SeqSet) -> SeqSet {
        var joined: [ClosedRange<UInt64>] = []
        for range in (ranges + other.ranges).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound <= last.upperBound {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return SeqSet(ascending: joined)
    }

    /// What is here at or below a seq.
    package func limited(to seq: UInt64) -> SeqSet {
        SeqSet(
            ascending: ranges.lazy.prefix { $0.lowerBound <= seq }.map { $0.lowerBound...min($0.upperBound, seq) }
        )
    }
}

extension SeqSet {
    /// The most ranges that are told of one lane; the rest waits for the next pass.
    package static let rangeLimit = 1_024

    /// What is told of a lane that holds this.
    func told(as lane: UInt64) -> ReconciliationMessage.Position {
        let isCut = ranges.count > SeqSet.rangeLimit
        let told = isCut ? SeqSet(ascending: ranges.prefix(SeqSet.rangeLimit)) : self
        return ReconciliationMessage.Position(lane: lane, held: told, upTo: isCut ? told.highest : nil)
    }

    /// Appends the number of ranges, then for each how many seqs are left out before it and one less than it holds.
    func append(to bytes: inout [UInt8]) {
        appendVarint(UInt64(ranges.count), to: &bytes)
        var next: UInt64 = 1
        for range in ranges {
            appendVarint(range.lowerBound - next, to: &bytes)
            appendVarint(range.upperBound - range.lowerBound, to: &bytes)
            next = range.upperBound + 1
        }
    }

    /// Reads what ``append(to:)`` wrote.
    static func read(_ reader: inout BoundedReader) throws(ReconciliationError) -> SeqSet {
        let count = try reader.varint()
        guard count <= UInt64(rangeLimit) else {
            throw ReconciliationError(.tooLarge, "\(count) ranges of one lane, at most \(rangeLimit) are allowed")
        }
        var ranges: [ClosedRange<UInt64>] = []
        var next: UInt64 = 1
        for _ in 0..<count {
            let gap = try reader.varint()
            let length = try reader.varint()
            // No sum here can overflow, as each is below 2⁵⁴.
            guard gap < LaneDigest.seqLimit, length < LaneDigest.seqLimit, next + gap + length < LaneDigest.seqLimit
            else { throw ReconciliationError(.undecodable, "a range of seqs beyond \(LaneDigest.seqLimit)") }
            ranges.append(next + gap...next + gap + length)
            next += gap + length + 1
        }
        return SeqSet(ascending: ranges)
    }
}
