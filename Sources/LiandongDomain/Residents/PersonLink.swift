package import LiandongCore

/// Somebody's word on whether two registrations are one person; it can be taken back.
package struct PersonLink: Sendable, Hashable {
    package enum Verdict: UInt8, Sendable {
        case sameAs = 1
        case notSame = 2
        case undone = 3

        package var name: String {
            switch self {
            case .sameAs: "same-as"
            case .notSame: "not-same"
            case .undone: "undone"
            }
        }
    }

    package let record: RecordID
    /// The two registrations, the lesser id first.
    package let lesser: RecordID
    package let greater: RecordID
    package let verdict: Verdict
    package let reason: String
    package let decidedBy: PlaceID?
    package let updatedAt: Instant
}

/// "Also registered elsewhere since …": what two communities are told of one another, and no more.
package struct ElsewhereNotice: Sendable, Hashable {
    package let record: RecordID
    package let lesser: RecordID
    package let greater: RecordID
    package let lesserSince: Instant
    package let greaterSince: Instant

    /// What the holder of this registration is told; nil when the notice is not about it.
    package func since(for registration: RecordID) -> Instant? {
        switch registration {
        case lesser: greaterSince
        case greater: lesserSince
        default: nil
        }
    }
}
