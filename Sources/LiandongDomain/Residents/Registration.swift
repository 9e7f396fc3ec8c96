package import LiandongCore

/// What one community holds about one resident; a person is a cluster of these (``Person``).
package struct Registration: Sendable, Hashable {
    package let record: RecordID
    package let audience: Audience
    /// The community that registered.
    package let community: PlaceID
    package let registeredAt: Instant
    package let updatedAt: Instant
    /// When its personal values were erased; nil when they were not.
    package let erasedAt: Instant?

    /// Every surviving value, the shown one first.
    ///
    /// More than one is a conflict until its owner decides.
    package let names: [SourcedValue]
    package let identities: [Identity]
    package let residences: [SourcedValue]
    package let phone: SourcedValue?
    package let address: SourcedValue?
    package let note: SourcedValue?

    package var name: String? { names.first?.text }
    package var identity: Identity? { identities.first }
    /// The digests of the match tags of all surviving identity numbers, sorted.
    package var matchTagDigests: [[UInt8]] {
        identities.compactMap(\.matchTag?.digest).sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// A value with where it is from.
    package struct SourcedValue: Sendable, Hashable {
        package enum Content: Sendable, Hashable {
            case text(String)
            /// Sealed to purpose `register`.
            case sealed([UInt8])
        }

        package let content: Content
        package let source: ValueSource
        /// yyyy-mm-dd, when it was learnt.
        package let date: String
        package let evidence: String

        package var text: String? {
            if case .text(let text) = content { text } else { nil }
        }
    }

    /// An identity number as it travels: sealed, with a tag that is equal for equal numbers.
    package struct Identity: Sendable, Hashable {
        package let sealedNumber: [UInt8]
        package let matchTag: MatchTag?
        package let source: ValueSource
        package let date: String
        package let evidence: String
    }

    /// argon2id of an identity number under the district's match key: equal for equal numbers of one version.
    ///
    /// Keyed, so nobody without the match key can make one or try numbers against one; hence it is not sealed again,
    /// and a street or district can tell that two registrations are one person without being able to read who.
    package struct MatchTag: Sendable, Hashable {
        package let version: UInt32
        package let bytes: [UInt8]

        package init(version: UInt32, bytes: [UInt8]) {
            self.version = version
            self.bytes = bytes
        }

        /// Version and tag together: what replicas index and compare.
        package var digest: [UInt8] { version.bigEndianBytes + bytes }
    }
}

/// Where a value comes from, the best first.
package enum ValueSource: UInt8, Sendable, CaseIterable, Comparable {
    case policeCheck = 1
    case cardRead = 2
    case homeVisit = 3
    case ownStatement = 4
    case thirdParty = 5
    case inferred = 6

    package static func < (a: ValueSource, b: ValueSource) -> Bool { a.rawValue < b.rawValue }

    package var name: String {
        switch self {
        case .policeCheck: "police-check"
        case .cardRead: "card-read"
        case .homeVisit: "home-visit"
        case .ownStatement: "own-statement"
        case .thirdParty: "third-party"
        case .inferred: "inferred"
        }
    }

    package init?(name: String) {
        guard let source = ValueSource.allCases.first(where: { $0.name == name }) else { return nil }
        self = source
    }
}
