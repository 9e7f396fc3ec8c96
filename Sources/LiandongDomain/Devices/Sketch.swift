package import LiandongCore

/// What a stretch of a series amounts to.
///
/// Joining two is commutative and associative, within the rounding of their sums; it is *not* idempotent, which is why
/// sketches are kept by writer and revision and summed only where they are read.
package struct Sketch: Sendable, Hashable {
    package private(set) var count: UInt64
    package private(set) var sum: Double
    /// Of the values' squares, for the deviation.
    package private(set) var squares: Double
    package private(set) var least: Double
    package private(set) var greatest: Double
    /// The value of the latest time.
    package private(set) var last: Double
    package private(set) var lastAt: Instant

    package init(
        count: UInt64,
        sum: Double,
        squares: Double,
        least: Double,
        greatest: Double,
        last: Double,
        lastAt: Instant
    ) {
        self.count = count
        self.sum = sum
        self.squares = squares
        self.least = least
        self.greatest = greatest
        self.last = last
        self.lastAt = lastAt
    }

    /// Of one value.
    package init(_ value: Double, at: Instant) {
        self.init(count: 1, sum: value, squares: value * value, least: value, greatest: value, last: value, lastAt: at)
    }

    package mutating func join(_ other: Sketch) {
        count &+= other.count
        sum += other.sum
        squares += other.squares
        least = min(least, other.least)
        greatest = max(greatest, other.greatest)
        // Of two values at one time the greater, so that the order of joining does not matter.
        guard (other.lastAt, other.last) > (lastAt, last) else { return }
        (last, lastAt) = (other.last, other.lastAt)
    }

    package var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// Of the population; 0 for less than two values.
    package var deviation: Double {
        guard count > 1 else { return 0 }
        return max(0, squares / Double(count) - mean * mean).squareRoot()
    }
}

/// One writer's part of a rollup cell: the greatest revision of a writer counts, and parts are summed on reading.
package struct SketchPart: Sendable, Hashable {
    package let writer: NodeID
    package let incarnation: Incarnation
    package let revision: UInt64
    package let sketch: Sketch

    package init(writer: NodeID, incarnation: Incarnation, revision: UInt64, sketch: Sketch) {
        self.writer = writer
        self.incarnation = incarnation
        self.revision = revision
        self.sketch = sketch
    }

    /// What parts amount to, however often and in whatever order they come; nil when there are none.
    package static func sum(_ parts: some Sequence<SketchPart>) -> Sketch? {
        var newest: [Writer: SketchPart] = [:]
        for part in parts {
            let writer = Writer(node: part.writer, incarnation: part.incarnation)
            if let known = newest[writer], known.revision >= part.revision { continue }
            newest[writer] = part
        }
        // In one order everywhere: sums of floating point depend on it.
        let sorted = newest.values.sorted { ($0.writer, $0.incarnation) < ($1.writer, $1.incarnation) }
        guard var sum = sorted.first?.sketch else { return nil }
        for part in sorted.dropFirst() { sum.join(part.sketch) }
        return sum
    }

    private struct Writer: Hashable {
        let node: NodeID
        let incarnation: Incarnation
    }
}
