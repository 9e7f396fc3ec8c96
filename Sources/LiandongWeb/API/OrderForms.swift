import LiandongCore
import LiandongDomain
import LiandongReports

// What is sent to hand in, work on or correct a work order: by the API as JSON, by pages as forms.

/// A request to be handed in.
struct OrderSubmission: Codable, Sendable {
    /// How it came in; nil where nobody says.
    enum Channel: String, Codable, Sendable, CaseIterable {
        case web, counter, phone, visit
    }

    var service: String
    /// The code of the place that it is for.
    var place: String?
    var description: String?
    var address: String?
    var location: Location?
    var attributes: [Attribute]?
    var name: String?
    var phone: String?
    var email: String?
    var channel: Channel?
    /// Staff accept it in the same breath: how the requester agreed to that.
    var consent: String?

    struct Attribute: Codable, Sendable {
        var code: String
        var value: String
    }

    /// - Parameter isStaff: staff say how it came in; what others hand in came by the web.
    func command(_ authority: AuthorityState, isStaff: Bool) throws -> SubmitWorkOrder {
        let location = try location?.point()
        return SubmitWorkOrder(
            service: service,
            place: try authority.resolve(addressID: place, location: location)?.id,
            description: description ?? "",
            address: address ?? "",
            location: location,
            channel: (isStaff ? channel ?? .counter : .web).rawValue,
            contact: Contact(name: name ?? "", phone: phone ?? "", email: email ?? ""),
            attributes: (attributes ?? []).map { AttributeValue(code: $0.code, value: $0.value) },
            consent: isStaff ? consent : nil
        )
    }
}

/// Something to be done to an order.
struct OrderAct: Codable, Sendable {
    typealias Verb = ActOnWorkOrder.Verb

    var act: Verb
    var text: String?
    /// The code of the place to dispatch or offer to, to withdraw from, to pick.
    var to: String?
    /// Why it is declined (a code) or refused (in words).
    var reason: String?
    var satisfaction: Int?
    var queryCode: String?

    func command(_ order: RecordID, _ authority: AuthorityState) throws(Refusal) -> Recorded<ActOnWorkOrder> {
        let values = ActOnWorkOrder.Values(to: to, reason: reason, text: text, satisfaction: satisfaction)
        return Recorded(try ActOnWorkOrder(.record(order), act, values, authority)) { "\($0.record)" }
    }
}

/// What is to be corrected of an order; nil leaves it as it is.
struct OrderAmendment: Codable, Sendable {
    var service: String?
    var description: String?
    var address: String?
    var location: Location?
    var papersAt: String?
    var name: String?
    var phone: String?
    var email: String?
    var keep: [KeptVersion]?

    func command(_ order: RecordID, _ authority: AuthorityState) throws -> Recorded<AmendWorkOrder> {
        let amendment = AmendWorkOrder(
            .record(order),
            service: service,
            description: description,
            address: address,
            location: try location?.point(),
            papersAt: try papersAt.map { try authority.requirePlace(code: $0).id },
            contact: name == nil && phone == nil && email == nil
                ? nil : ContactChange(name: name, phone: phone, email: email),
            kept: try (keep ?? []).map { try $0.choice() }
        )
        return Recorded(amendment) { "\($0.record)" }
    }
}

/// WGS 84, in degrees.
struct Location: Codable, Sendable {
    var latitude: Double
    var longitude: Double

    func point() throws(Problem) -> GeoPoint {
        guard let point = GeoPoint(latitude: latitude, longitude: longitude) else {
            throw .invalid("location", "\(latitude), \(longitude) is no place on earth: -90 to 90 and -180 to 180")
        }
        return point
    }
}
