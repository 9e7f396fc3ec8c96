import HTTPTypes

/// An expected refusal of the access desk.
///
/// ``Code`` is data: it is mapped to an HTTP status here and nowhere else.
package struct AccessError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Account and password do not belong together; which of the two is wrong is never said.
        case wrong
        /// Too many failures before this.
        case wait
        /// Too many sign-ins at the moment.
        case busy
        /// A new password that is too easily guessed, or too long.
        case password
        /// What was given is malformed.
        case invalid
        /// The node serves without TLS where others can listen.
        case insecure

        package var status: Int {
            switch self {
            case .wrong: 401
            case .wait: 429
            case .busy: 503
            case .password, .invalid: 400
            case .insecure: 403
            }
        }

        var title: String {
            switch self {
            case .wrong: "Not signed in"
            case .wait: "Too many failures"
            case .busy: "Too many sign-ins"
            case .password: "Password refused"
            case .invalid: "Malformed"
            case .insecure: "No TLS"
            }
        }
    }

    package let code: Code
    /// What is wrong.
    package let reason: String
    package let wayOut: String
    /// For ``Code/wait`` and ``Code/busy``: when it is worth trying again.
    package let retryAfterSeconds: Int

    package var description: String { "\(reason); \(wayOut)" }

    private init(_ code: Code, _ reason: String, wayOut: String, retryAfterSeconds: Int = 0) {
        self.code = code
        self.reason = reason
        self.wayOut = wayOut
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension AccessError {
    package static let wrong = AccessError(
        .wrong,
        "account and password do not belong together, or the account is disabled",
        wayOut: "try again, or ask the node's operator for a new password"
    )

    package static func wait(seconds: Int) -> AccessError {
        let seconds = max(1, seconds)
        return AccessError(
            .wait,
            "too many failed sign-ins with this account or from this address",
            wayOut: "try again in \(seconds) s, or ask the node's operator for a new password",
            retryAfterSeconds: seconds
        )
    }

    package static func busy(_ reason: String) -> AccessError {
        AccessError(.busy, reason, wayOut: "try again in a second", retryAfterSeconds: 1)
    }

    package static func password(_ reason: String, wayOut: String) -> AccessError {
        AccessError(.password, reason, wayOut: wayOut)
    }

    package static func invalid(_ reason: String, wayOut: String) -> AccessError {
        AccessError(.invalid, reason, wayOut: wayOut)
    }

    package static let insecure = AccessError(
        .insecure,
        "this node serves without TLS where others can listen, so nobody signs in here",
        wayOut: "its operator serves on loopback, or sets publicAddress to the https address of what is in front of it"
    )
}

extension Problem {
    /// The desk's answer to a refused sign-in.
    package init(_ error: AccessError) {
        self.init(
            "access:\(error.code.rawValue)",
            error.code.title,
            status: error.code.status,
            error.reason,
            wayOut: error.wayOut,
            retryAfterSeconds: error.retryAfterSeconds,
            headers: error.code == .wrong ? [.wwwAuthenticate: "Bearer realm=\"liandong\""] : [:]
        )
    }
}
