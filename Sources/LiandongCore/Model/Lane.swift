/// What is waited for by a person, and what can wait; fixed by the field, signed in the header.
package enum DeltaClass: UInt8, Sendable, CaseIterable, Comparable {
    case interactive = 1
    case bulk = 2

    package static func < (a: DeltaClass, b: DeltaClass) -> Bool { a.rawValue < b.rawValue }
}

/// All deltas of one origin for one audience and class, numbered without gaps.
package struct LaneKey: Hashable, Sendable, Comparable {
    package let origin: NodeID
    package let incarnation: Incarnation
    package let audience: AudienceID
    package let deltaClass: DeltaClass

    package init(origin: NodeID, incarnation: Incarnation, audience: AudienceID, deltaClass: DeltaClass) {
        self.origin = origin
        self.incarnation = incarnation
        self.audience = audience
        self.deltaClass = deltaClass
    }

    package static func < (a: LaneKey, b: LaneKey) -> Bool {
        (a.origin, a.incarnation, a.audience, a.deltaClass) < (b.origin, b.incarnation, b.audience, b.deltaClass)
    }
}

/// Where an op stands in its lane: seq × 512 + index.
package struct LanePosition: Hashable, Sendable, Comparable {
    package let raw: UInt64

    package init(raw: UInt64) { self.raw = raw }

    /// - Parameter index: below ``Delta/opLimit``.
    package init(seq: UInt64, index: Int) {
        self.raw = seq << 9 | UInt64(truncatingIfNeeded: index & 0x1FF)
    }

    package var seq: UInt64 { raw >> 9 }
    package var index: Int { Int(raw & 0x1FF) }

    package static func < (a: LanePosition, b: LanePosition) -> Bool { a.raw < b.raw }
}
