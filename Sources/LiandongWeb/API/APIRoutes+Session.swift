import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongReports

// Sign in, who am I, sign out, another password. Pages have a form of their own for this.
extension APIRoutes {
    var sessionOperations: [APIOperation] { [whoAmI, signIn, signOut, changePassword] }

    private static let path = "/session"
    private static let tag = "session"
    private static let bodyLimit = 4 * 1024
    private static let password = Schemas.text(atMost: 1_000)

    private struct Credentials: Decodable {
        let account: String
        let password: String
    }

    private struct NewPassword: Decodable {
        let current: String
        let new: String
    }

    private var signIn: APIOperation {
        APIOperation(
            id: "signIn",
            method: .post,
            path: APIRoutes.path,
            tag: APIRoutes.tag,
            summary: "Sign in; the cookie of the answer carries the session",
            right: .anyone,
            body: Schemas.object(["account": Schemas.text(atMost: 200), "password": APIRoutes.password]),
            bodyLimit: APIRoutes.bodyLimit,
            answer: .created(
                Schemas.reference("Session"),
                "Who is signed in, and what forms must carry.",
                headers: [.setCookie]
            ),
            refusals: [.tooManyRequests]
        ) { request in
            guard cookie != .refused else { throw AccessError.insecure }
            let credentials = try request.body(Credentials.self)
            let grant = try await access.signIn(
                credentials.account,
                password: credentials.password,
                from: request.context.address,
                replacing: request.context.session
            )
            return try session(of: grant.staff, grant.secret, status: .created, cookie.setting(grant.secret))
        }
    }

    private var whoAmI: APIOperation {
        APIOperation(
            id: "getSession",
            method: .get,
            path: APIRoutes.path,
            tag: APIRoutes.tag,
            summary: "Who asks, by the session or the token",
            right: .signedIn,
            answer: .ok(Schemas.reference("Session"), "Who is signed in, or whose token it is.")
        ) { request in
            try session(of: try request.staff(), request.context.session)
        }
    }

    private var signOut: APIOperation {
        APIOperation(
            id: "signOut",
            method: .delete,
            path: APIRoutes.path,
            tag: APIRoutes.tag,
            summary: "End the session, if there is one",
            right: .anyone,
            answer: APIOperation.Answer(
                status: .noContent,
                description: "There is none now.",
                schema: nil,
                headers: [.setCookie]
            )
        ) { request in
            if let session = request.context.session { try await access.signOut(session) }
            return Response(status: .noContent, headers: [.setCookie: cookie.clearing, .cacheControl: "no-store"])
        }
    }

    private var changePassword: APIOperation {
        APIOperation(
            id: "changePassword",
            method: .post,
            path: "\(APIRoutes.path)/password",
            tag: APIRoutes.tag,
            summary: "Take another password; every session ends but a new one",
            right: .staff(token: nil),
            body: Schemas.object(["current": APIRoutes.password, "new": APIRoutes.password]),
            bodyLimit: APIRoutes.bodyLimit,
            answer: .ok(Schemas.reference("Session"), "The new session.", headers: [.setCookie]),
            refusals: [.tooManyRequests]
        ) { request in
            let staff = try request.staff()
            let passwords = try request.body(NewPassword.self)
            let grant = try await access.changePassword(
                of: staff,
                from: passwords.current,
                to: passwords.new,
                address: request.context.address
            )
            return try session(of: grant.staff, grant.secret, cookie.setting(grant.secret))
        }
    }

    private func session(
        of staff: StaffMember,
        _ secret: SessionSecret?,
        status: HTTPResponse.Status = .ok,
        _ setting: String? = nil
    ) throws -> Response {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.setCookie] = setting
        return try .report(SessionReport(staff, secret, desk.authority), status: status, headers: headers)
    }
}

/// A session as its own holder sees it.
private struct SessionReport: Encodable {
    let staff: Staff
    /// For `X-CSRF-Token` or the field `csrf`; not for tokens, which need none.
    let csrfToken: String?
    /// What a token for programs may do; left out for sessions.
    let scopes: [String]?

    struct Staff: Encodable {
        let account: String
        let name: String
        let roles: [String]
        let place: PlaceReport
    }

    init(_ staff: StaffMember, _ secret: SessionSecret?, _ authority: AuthorityState) {
        self.staff = Staff(
            account: staff.account,
            name: staff.name,
            roles: staff.roles.sorted().map(\.rawValue),
            place: PlaceReport(staff.scope, authority)
        )
        self.csrfToken = secret?.formToken
        self.scopes = if case .token(_, let scopes) = staff.way { scopes.sorted().map(\.description) } else { nil }
    }
}
