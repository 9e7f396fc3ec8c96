import LiandongCore
import LiandongDomain

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
    var channel: Channel?

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
            contact: Contact(name: name ?? "", phone: phone ?? ""),
            attributes: (attributes ?? []).map { AttributeValue(code: $0.code, value: $0.value) }
        )
    }
}

/// Something to be done to an order.
struct OrderAct: Codable, Sendable {
    /// The words of the command line's `liandong order`, and those of requesters.
    enum Verb: String, Codable, Sendable, CaseIterable {
        case accept, decline, file, dispatch, sign, handle, handled, verify, rework, revisit, close, reopen, archive
        case note, offer, take, refuse, withdraw, lapse, pick, rate
        case askReopen = "ask-reopen"

        var isForRequesters: Bool { self == .note || self == .rate || self == .askReopen }

        /// The button of an act; nil for what staff do not do.
        init?(_ act: WorkOrderEvent.Act) {
            switch act {
            case .signFor: self = .sign
            case .unknown: return nil
            case .accept, .decline, .file, .dispatch, .handle, .handled, .verify, .rework, .revisit, .close, .reopen,
                .archive, .note, .offer, .take, .refuse, .withdraw, .lapse, .pick:
                self.init(rawValue: act.rawValue)
            }
        }
    }

    var act: Verb
    var text: String?
    /// The code of the place to dispatch or offer to, to withdraw from, to pick.
    var to: String?
    /// Why it is declined (a code) or refused (in words).
    var reason: String?
    var satisfaction: Int?
    var queryCode: String?

    func command(_ number: String, _ authority: AuthorityState) throws -> ActOnWorkOrder {
        ActOnWorkOrder(.number(number, queryCode: queryCode), try action(authority), text: text ?? "")
    }

    private func action(_ authority: AuthorityState) throws -> ActOnWorkOrder.Action {
        func place() throws -> PlaceID? { try to.map { try authority.requirePlace(code: $0).id } }
        func required() throws -> PlaceID {
            guard let place = try place() else {
                throw Problem.invalid("to", "it is missing", wayOut: "give the code of the place to \(act.rawValue)")
            }
            return place
        }
        switch act {
        case .accept: return .accept
        case .decline: return .decline(reason: try declineReason(), whereTo: text ?? "")
        case .file: return .file
        case .dispatch: return .dispatch(to: try place())
        case .sign: return .signFor
        case .handle: return .handle
        case .handled: return .handled
        case .verify: return .verify
        case .rework: return .rework
        case .revisit: return .revisit(satisfaction: satisfaction)
        case .close: return .close
        case .reopen: return .reopen
        case .archive: return .archive
        case .note: return .note
        case .offer: return .offer(to: try required())
        case .take: return .take
        case .refuse: return .refuse(reason: reason ?? text ?? "")
        case .withdraw: return .withdraw(to: try place())
        case .lapse: return .lapse(to: try place())
        case .pick: return .pick(try required())
        case .rate: return .rate(try rating())
        case .askReopen: return .askToReopen
        }
    }

    private func declineReason() throws(Problem) -> ActOnWorkOrder.DeclineReason {
        guard let code = reason.flatMap(ActOnWorkOrder.DeclineReason.init(rawValue:)) else {
            let words = ActOnWorkOrder.DeclineReason.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("reason", "\(reason ?? "nothing") is none of \(words)")
        }
        return code
    }

    private func rating() throws(Problem) -> Int {
        guard let satisfaction else { throw .invalid("satisfaction", "it is missing", wayOut: "give 1 to 5") }
        return satisfaction
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

    func command(_ number: String, _ authority: AuthorityState) throws -> AmendWorkOrder {
        AmendWorkOrder(
            .number(number),
            service: service,
            description: description,
            address: address,
            location: try location?.point(),
            papersAt: try papersAt.map { try authority.requirePlace(code: $0).id },
            contact: name == nil && phone == nil ? nil : Contact(name: name ?? "", phone: phone ?? "")
        )
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
