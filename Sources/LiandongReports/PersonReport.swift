package import LiandongCore
package import LiandongDomain

/// One person as this node sees them: `liandong.person/1`.
package struct PersonReport: Codable, Sendable {
    package var schema = "liandong.person/1"
    package let asOf: String
    package private(set) var registrations: [Registration]

    package struct Registration: Codable, Sendable {
        package let id: String
        package let community: PlaceReport
        package let name: String
        /// Masked: 110101********867X.
        package let identityNumber: String?
        package let phone: String?
        package let address: String?
        package let registeredAt: String
        /// When it was erased.
        package let erasedAt: String?
        /// Times since when the person is also registered elsewhere.
        package let elsewhereSince: [String]
        /// From a snapshot: its signatures are still being checked.
        package let verifying: Bool
    }
}

/// People found: `liandong.people/1`.
package struct PeopleReport: Codable, Sendable {
    package var schema = "liandong.people/1"
    package let asOf: String
    /// Of at most ``most`` registrations that the search found.
    package let people: [PersonReport]
    /// More have the name than were looked at: who is looked for may be none of these.
    package let more: Bool

    package static let most = 50
}

extension PersonReport {
    package init(_ registrations: [Registration], at now: Instant) {
        self.asOf = now.iso8601
        self.registrations = registrations
    }

    /// The same person without some registrations.
    package func keeping(_ isKept: (Registration) -> Bool) -> PersonReport {
        var kept = self
        kept.registrations = registrations.filter(isKept)
        return kept
    }
}

extension PersonReport.Registration {
    /// - Parameter since: when the person was also registered elsewhere, as notices tell.
    package init(
        _ registration: LiandongDomain.Registration,
        elsewhereSince since: [Instant],
        isVerifying: Bool,
        _ purposes: Purposes,
        _ authority: AuthorityState
    ) {
        self.id = "\(registration.record)"
        self.community = PlaceReport(registration.community, authority)
        self.name = registration.name ?? ""
        self.identityNumber = shown(registration.identityNumber(purposes), Masking.identityNumber)
        self.phone = shown(registration.phone(purposes), Masking.phone)
        self.address = registration.address?.text
        self.registeredAt = registration.registeredAt.iso8601
        self.erasedAt = registration.erasedAt?.iso8601
        self.elsewhereSince = since.map(\.iso8601)
        self.verifying = isVerifying
    }
}

extension PeopleReport {
    package init(_ people: [PersonReport], areMore: Bool, at now: Instant) {
        self.asOf = now.iso8601
        self.people = people
        self.more = areMore
    }
}

private func shown(_ value: LiandongDomain.Registration.Opened, _ mask: (String) -> String) -> String? {
    switch value {
    case .absent: nil
    case .sealed: "sealed"
    case .open(let text): mask(text)
    }
}
