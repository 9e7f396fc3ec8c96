package import LiandongCore

// Acts as people and programs name them: the command line, the API and the buttons of pages.

extension ActOnWorkOrder {
    /// The name of an act.
    package enum Verb: String, Codable, Sendable, CaseIterable {
        case accept, decline, file, dispatch, sign, handle, handled, verify, rework, revisit, close, reopen, archive
        case note, offer, take, refuse, withdraw, lapse, pick, rate
        case askReopen = "ask-reopen"

        /// Whether whoever made the request may do it.
        package var isForRequesters: Bool { self == .note || self == .rate || self == .askReopen }

        /// As pages show it.
        package var title: Localized {
            let act = self == .sign ? WorkOrderEvent.Act.signFor : WorkOrderEvent.Act(rawValue: rawValue)
            return act?.title ?? Localized(rawValue, rawValue)
        }

        /// The verb of an act; nil for what staff do not do.
        package init?(_ act: WorkOrderEvent.Act) {
            switch act {
            case .signFor: self = .sign
            case .unknown: return nil
            case .accept, .decline, .file, .dispatch, .handle, .handled, .verify, .rework, .revisit, .close, .reopen,
                .archive, .note, .offer, .take, .refuse, .withdraw, .lapse, .pick:
                self.init(rawValue: act.rawValue)
            }
        }
    }

    /// What may be said with a verb; each needs some of it.
    package struct Values: Sendable {
        /// The code of the place to dispatch or offer to, to withdraw from, to pick.
        package var to: String?
        /// Why it is declined (a code of ``DeclineReason``) or refused (in words).
        package var reason: String?
        package var text: String?
        /// 1 to 5.
        package var satisfaction: Int?

        package init(to: String? = nil, reason: String? = nil, text: String? = nil, satisfaction: Int? = nil) {
            self.to = to
            self.reason = reason
            self.text = text
            self.satisfaction = satisfaction
        }
    }

    /// The act that a verb and its values ask for.
    ///
    /// - Throws: a refusal where a value is missing that the verb needs, or means nothing.
    package init(
        _ order: WorkOrderSelector,
        _ verb: Verb,
        _ values: Values,
        _ authority: AuthorityState
    ) throws(Refusal) {
        self.init(order, try Action(verb, values, authority), text: values.text ?? "")
    }
}

extension ActOnWorkOrder.Action {
    fileprivate init(
        _ verb: ActOnWorkOrder.Verb,
        _ values: ActOnWorkOrder.Values,
        _ authority: AuthorityState
    ) throws(Refusal) {
        func place() throws(Refusal) -> PlaceID? {
            guard let code = values.to else { return nil }
            return try authority.requirePlace(code: code).id
        }
        func required() throws(Refusal) -> PlaceID {
            guard let place = try place() else {
                throw Refusal(.actPlaceMissing, Localized(verb.title.zh, verb.rawValue))
            }
            return place
        }
        switch verb {
        case .accept: self = .accept
        case .decline: self = .decline(reason: try .init(code: values.reason), whereTo: values.text ?? "")
        case .file: self = .file
        case .dispatch: self = .dispatch(to: try place())
        case .sign: self = .signFor
        case .handle: self = .handle
        case .handled: self = .handled
        case .verify: self = .verify
        case .rework: self = .rework
        case .revisit: self = .revisit(satisfaction: values.satisfaction)
        case .close: self = .close
        case .reopen: self = .reopen
        case .archive: self = .archive
        case .note: self = .note
        case .offer: self = .offer(to: try required())
        case .take: self = .take
        case .refuse: self = .refuse(reason: values.reason ?? values.text ?? "")
        case .withdraw: self = .withdraw(to: try place())
        case .lapse: self = .lapse(to: try place())
        case .pick: self = .pick(try required())
        case .rate:
            guard let satisfaction = values.satisfaction else {
                throw Refusal(.ratingMissing)
            }
            self = .rate(satisfaction)
        case .askReopen: self = .askToReopen
        }
    }
}

extension ActOnWorkOrder.DeclineReason {
    fileprivate init(code: String?) throws(Refusal) {
        guard let reason = code.flatMap(Self.init(rawValue:)) else {
            let words = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.declineReasonUnknown, code ?? "", words)
        }
        self = reason
    }
}
