package import LiandongDomain

/// An expected refusal of the desk.
///
/// ``Code`` is data: it is mapped to an HTTP status here and nowhere else.
package struct ServiceDeskError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// No such service, place or request.
        case notFound
        /// What was given is malformed or out of range.
        case invalid
        /// This node may not do it.
        case notPermitted
        /// The same idempotency key came with another body, or somebody else was first.
        case conflict
        /// The request's state does not allow it.
        case wrongState
        /// Too much to do at the moment.
        case busy
        /// The node takes nothing in at the moment: a full disk, a failed check of the store.
        case readOnly

        /// The HTTP status, which is GeoReport's code too.
        package var status: Int {
            switch self {
            case .notFound: 404
            case .invalid: 400
            case .notPermitted: 403
            case .conflict: 409
            case .wrongState: 422
            case .busy, .readOnly: 503
            }
        }
    }

    package let code: Code
    /// The thing, the value, the bound, the way out.
    package let reason: String
    /// For ``Code/busy`` and ``Code/readOnly``: when it is worth trying again.
    package let retryAfterSeconds: Int

    package var description: String { reason }

    /// Why, in the language of pages; the reason itself is in English.
    var words: Localized {
        let chinese =
            switch code {
            case .notFound: "没有找到"
            case .invalid: "填写的内容不符合要求"
            case .notPermitted: "本节点不能这样做"
            case .conflict: "同一表单已用别的内容提交过，请重新打开页面"
            case .wrongState: "目前状态不能这样做"
            case .busy: "本节点正忙，请稍后再试"
            case .readOnly: "本节点暂时只读，请稍后再试，或到其他节点办理"
            }
        return Localized(chinese, reason)
    }

    private init(_ code: Code, _ reason: String, retryAfterSeconds: Int = 0) {
        self.code = code
        self.reason = reason
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension ServiceDeskError {
    package static func notFound(_ reason: String) -> ServiceDeskError { ServiceDeskError(.notFound, reason) }

    /// - Parameter parameter: By its name in the form.
    package static func invalid(_ parameter: String, _ reason: String) -> ServiceDeskError {
        ServiceDeskError(.invalid, "\(parameter): \(reason)")
    }

    package static func notPermitted(_ reason: String) -> ServiceDeskError { ServiceDeskError(.notPermitted, reason) }
    package static func conflict(_ reason: String) -> ServiceDeskError { ServiceDeskError(.conflict, reason) }
    package static func wrongState(_ reason: String) -> ServiceDeskError { ServiceDeskError(.wrongState, reason) }

    package static func busy(_ reason: String, retryAfterSeconds: Int = 1) -> ServiceDeskError {
        ServiceDeskError(.busy, reason, retryAfterSeconds: max(1, retryAfterSeconds))
    }

    package static func readOnly(_ reason: String, retryAfterSeconds: Int = 30) -> ServiceDeskError {
        ServiceDeskError(.readOnly, reason, retryAfterSeconds: max(1, retryAfterSeconds))
    }

    /// The desk's answer to a refused command.
    package init(_ refusal: Refusal) {
        switch refusal.code {
        case .notFound: self = .notFound(refusal.description)
        case .invalid: self.init(.invalid, refusal.description)
        case .notPermitted: self = .notPermitted(refusal.description)
        case .wrongState: self = .wrongState(refusal.description)
        case .conflict: self = .conflict(refusal.description)
        case .unavailable: self = .readOnly(refusal.description)
        }
    }
}
