/// A hybrid logical clock stamp: 48 bits of milliseconds since 1970, 16 bits of counter.
///
/// - SeeAlso: Kulkarni et al., "Logical Physical Clocks and Consistent Snapshots", 2014.
package struct HLC: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let raw: UInt64

    package init(raw: UInt64) { self.raw = raw }

    /// - Parameter milliseconds: since 1970; held within 0 and 2⁴⁸ − 1.
    package init(milliseconds: Int64, counter: UInt16 = 0) {
        let bounded = UInt64(clamping: min(max(milliseconds, 0), 0xFFFF_FFFF_FFFF))
        self.raw = bounded << 16 | UInt64(counter)
    }

    /// Milliseconds since 1970.
    package var milliseconds: Int64 { Int64(raw >> 16) }
    package var counter: UInt16 { UInt16(truncatingIfNeeded: raw) }

    /// The next stamp: a counter that overflows carries into the milliseconds.
    package var successor: HLC { HLC(raw: raw == .max ? .max : raw + 1) }

    package var description: String { "\(milliseconds).\(counter)" }

    package static func < (a: HLC, b: HLC) -> Bool { a.raw < b.raw }
}

/// A wall-clock reading in milliseconds since 1970, handed to the core by whoever runs it.
package struct Instant: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package func advanced(byMilliseconds delta: Int64) -> Instant {
        let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
        return Instant(milliseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }

    /// Milliseconds from another instant to this one.
    package func milliseconds(since other: Instant) -> Int64 {
        let (difference, overflow) = milliseconds.subtractingReportingOverflow(other.milliseconds)
        return overflow ? (milliseconds < other.milliseconds ? .min : .max) : difference
    }

    package static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }
}
