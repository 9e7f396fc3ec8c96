import HTTPTypes
import LiandongCore

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
        guard roles.isEmpty || !roles.isDisjoint(with: staff.roles) else {
            throw .roleMissing(roles.sorted().map(\.rawValue))
        }
        guard staff.may(token) else { throw .tokenScopeMissing(token) }
        return staff
    }
}

extension Problem {
    /// Said of what is not there and of what the visitor may not see, in the same words.
    package static func missing(_ thing: String) -> Problem {
        Problem(
            "refusal:not_found",
            "Not found",
            status: 404,
            "there is no such \(thing) here, or none that you may see",
            wayOut: "check its number, or ask a node of the place where it was accepted"
        )
    }

    /// Staff alone may ask this.
    package static let signInFirst = Problem(
        "access:sign_in",
        "Sign in first",
        status: 401,
        "only staff of this node may do this",
        wayOut: "sign in, or send a token of yours",
        headers: [.wwwAuthenticate: "Bearer realm=\"liandong\""]
    )

    /// What the member of staff wants done concerns more than their scope.
    static func notInScope(_ what: String) -> Problem {
        Problem(
            "access:place",
            "Not your place",
            status: 403,
            "your account is of a smaller place than it takes to \(what)",
            wayOut: "ask the node's operator for an account of the whole place"
        )
    }

    static func roleMissing(_ roles: [String]) -> Problem {
        Problem(
            "access:role",
            "Not your role",
            status: 403,
            "this needs one of the roles \(roles.joined(separator: ", "))",
            wayOut: "ask the node's operator for it"
        )
    }

    static func tokenScopeMissing(_ scope: TokenScope?) -> Problem {
        Problem(
            "access:scope",
            "Not what the token is for",
            status: 403,
            scope.map { "the token lacks the scope \($0)" } ?? "this is for people alone, no token may do it",
            wayOut: scope == nil ? "sign in with a password" : "ask the node's operator for a token with it"
        )
    }
}
