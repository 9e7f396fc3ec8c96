import HTTPTypes
package import LiandongDomain

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
    package let reasonWords: Localized
    package let wayOutWords: Localized
    /// For ``Code/wait`` and ``Code/busy``: when it is worth trying again.
    package let retryAfterSeconds: Int

    package var reason: String { reasonWords.en }
    package var wayOut: String { wayOutWords.en }
    package var description: String { "\(reason); \(wayOut)" }

    private init(_ code: Code, _ reason: Localized, wayOut: Localized, retryAfterSeconds: Int = 0) {
        self.code = code
        self.reasonWords = reason
        self.wayOutWords = wayOut
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension AccessError {
    package static let wrong = AccessError(
        .wrong,
        Localized("账号和密码不符，或账号已停用", "account and password do not belong together, or the account is disabled"),
        wayOut: Localized("请重试，或请本节点运维人员重设密码", "try again, or ask the node's operator for a new password")
    )

    package static func wait(seconds: Int) -> AccessError {
        let seconds = max(1, seconds)
        return AccessError(
            .wait,
            Localized("该账号或本网络地址登录失败次数过多", "too many failed sign-ins with this account or from this address"),
            wayOut: Localized(
                "请在\(seconds)秒后再试，或请本节点运维人员重设密码",
                "try again in \(seconds) s, or ask the node's operator for a new password"
            ),
            retryAfterSeconds: seconds
        )
    }

    /// Of codes that requesters and voters have on paper.
    package static func waitForCode(seconds: Int) -> AccessError {
        let seconds = max(1, seconds)
        return AccessError(
            .wait,
            Localized("输错次数过多", "too many wrong codes for this, or from this address"),
            wayOut: Localized("请在\(seconds)秒后再试", "try again in \(seconds) s"),
            retryAfterSeconds: seconds
        )
    }

    package static func busy(_ reason: String) -> AccessError {
        AccessError(
            .busy,
            Localized("登录的人太多", reason),
            wayOut: Localized("请稍后再试", "try again in a second"),
            retryAfterSeconds: 1
        )
    }

    package static func password(_ reason: String, wayOut: String) -> AccessError {
        AccessError(.password, .ofProgram(reason), wayOut: .ofProgram(wayOut))
    }

    package static func invalid(_ reason: String, wayOut: String) -> AccessError {
        AccessError(.invalid, .ofProgram(reason), wayOut: .ofProgram(wayOut))
    }

    package static let insecure = AccessError(
        .insecure,
        Localized(
            "本节点没有加密，别人可能窃听，不能登录",
            "this node serves without TLS where others can listen, so nobody signs in here"
        ),
        wayOut: Localized(
            "请运维人员只在本机提供服务，或把 publicAddress 设为前置的 https 地址",
            "its operator serves on loopback, or sets publicAddress to the https address of what is in front of it"
        )
    )
}

extension Problem {
    /// The desk's answer to a refused sign-in.
    package init(_ error: AccessError) {
        self.init(
            "access:\(error.code.rawValue)",
            error.code.title,
            status: error.code.status,
            error.reasonWords,
            wayOut: error.wayOutWords,
            retryAfterSeconds: error.retryAfterSeconds,
            headers: error.code == .wrong ? [.wwwAuthenticate: "Bearer realm=\"liandong\""] : [:]
        )
    }
}
