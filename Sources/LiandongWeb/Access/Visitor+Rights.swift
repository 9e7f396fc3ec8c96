import HTTPTypes
import LiandongCore
import LiandongDomain

// What a route asks of its visitor before anything else. Each refusal is made here and nowhere else.
extension Visitor {
    /// The member of staff who asks.
    ///
    /// - Parameters:
    ///   - roles: one of them is enough; none: every role will do.
    ///   - token: what a token for programs must be for; nil admits only who signed in.
    /// - Throws: 401 for whoever is not signed in, 403 for staff without the right.
    @discardableResult
    package func requireStaff(_ roles: Set<StaffRole> = [], token: TokenScope?) throws(Problem) -> StaffMember {
        guard let staff else { throw .signInFirst }
        if let problem = staff.lack(of: roles) { throw problem }
        guard staff.may(token) else { throw .tokenScopeMissing(token) }
        return staff
    }
}

extension StaffMember {
    /// What is said where one of the roles is needed, or none; nil where they have one.
    func lack(of roles: Set<StaffRole>) -> Problem? {
        roles.isEmpty || !roles.isDisjoint(with: self.roles) ? nil : .roleMissing(roles.sorted().map(\.rawValue))
    }
}

extension Problem {
    /// Said of what is not there and of what the visitor may not see, in the same words.
    package static func missing(_ thing: String) -> Problem {
        Problem(
            "refusal:not_found",
            "Not found",
            status: 404,
            Localized(
                "这里没有这\(things[thing] ?? "项内容")，或您无权查看",
                "there is no such \(thing) here, or none that you may see"
            ),
            wayOut: Localized(
                "请核对编号，或到受理地的节点查询",
                "check its number, or ask a node of the place where it was accepted"
            )
        )
    }

    /// What pages call the things that are missing.
    private static let things = [
        "order": "件工单", "service": "个事项", "place": "个地点", "consultation": "项征询", "notice": "则公告",
        "ballot": "张选票", "resident": "位居民", "value": "项信息", "alarm": "条报警", "device": "台设备",
    ]

    /// Staff alone may ask this.
    package static let signInFirst = Problem(
        "access:sign_in",
        "Sign in first",
        status: 401,
        Localized("只有本节点的工作人员可以办", "only staff of this node may do this"),
        wayOut: Localized("请登录", "sign in, or send a token of yours"),
        headers: [.wwwAuthenticate: "Bearer realm=\"liandong\""]
    )

    /// What the member of staff wants done concerns more than their scope.
    static func notInScope(_ what: String) -> Problem {
        Problem(
            "access:place",
            "Not your place",
            status: 403,
            Localized("您的账号范围不够", "your account is of a smaller place than it takes to \(what)"),
            wayOut: Localized("请本节点运维人员开通全部范围的账号", "ask the node's operator for an account of the whole place")
        )
    }

    static func roleMissing(_ roles: [String]) -> Problem {
        Problem(
            "access:role",
            "Not your role",
            status: 403,
            Localized(
                "需要以下角色之一：\(roles.map { StaffRole(rawValue: $0)?.title.zh ?? $0 }.joined(separator: "、"))",
                "this needs one of the roles \(roles.joined(separator: ", "))"
            ),
            wayOut: Localized("请本节点运维人员授予", "ask the node's operator for it")
        )
    }

    static func tokenScopeMissing(_ scope: TokenScope?) -> Problem {
        Problem(
            "access:scope",
            "Not what the token is for",
            status: 403,
            .ofProgram(
                scope.map { "the token lacks the scope \($0)" } ?? "this is for people alone, no token may do it"
            ),
            wayOut: .ofProgram(
                scope == nil ? "sign in with a password" : "ask the node's operator for a token with it"
            )
        )
    }
}

extension StaffRole {
    /// As pages show it.
    var title: Localized {
        switch self {
        case .clerk: Localized("窗口", "clerk")
        case .gridWorker: Localized("网格员", "grid worker")
        case .mediator: Localized("调解员", "mediator")
        case .register: Localized("登记", "register")
        case .operator: Localized("运维", "operator")
        }
    }
}
