import HTTPTypes
import Hummingbird
import LiandongDomain
import LiandongOpen311
import NIOCore

/// Finds out who asks, and refuses what a browser was made to send by another site's page.
///
/// Open311 and what devices send have no visitors: there neither cookies nor tokens of staff count.
struct AccessMiddleware: RouterMiddleware {
    typealias Context = HTTPFace.Context

    let desk: any AccessDesk
    let cookie: SessionCookie
    let origin: RequestOrigin
    let addresses: ClientAddress
    let limits: HTTPLimits

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var (request, context) = (request, context)
        context.language = Language(accepting: request.headers[.acceptLanguage])
        context.address = addresses.text(of: context.peer, forwardedFor: request.headers[values: .forwardedFor])
        guard !request.method.changesSomething || origin.isOurs(request) else { throw Problem.foreignPage }
        if !AccessMiddleware.hasNoVisitors(request.uri.path) { try await identify(&request, &context) }
        return try await next(request, context)
    }

    private static func hasNoVisitors(_ path: String) -> Bool {
        path.hasPrefix("/open311/") || path.hasPrefix("/ingest/")
    }

    /// A token that is sent counts for itself; a cookie only with the form's own word, where something is to change.
    private func identify(_ request: inout Request, _ context: inout Context) async throws {
        if let sent = request.headers[.authorization] {
            guard let secret = AccessMiddleware.token(sent), let staff = try await desk.visitor(token: secret) else {
                throw Problem.tokenRefused
            }
            context.visitor = .staff(staff)
            context.token = secret
        } else if let secret = cookie.secret(in: request.headers),
            let staff = try await desk.visitor(session: secret, isUse: AccessMiddleware.isUse(request))
        {
            if request.method.changesSomething { try await requireFormToken(of: secret, in: &request) }
            context.visitor = .staff(staff)
            context.session = secret
        }
    }

    /// Whether somebody asked this: what a page that is left open asks by itself keeps no session alive.
    private static func isUse(_ request: Request) -> Bool {
        request.headers[.liveRefresh] == nil && request.uri.path != APIRoutes.eventsPath
    }

    private static func token(_ authorization: String) -> SessionSecret? {
        let scheme = "bearer "
        guard authorization.prefix(scheme.count).lowercased() == scheme else { return nil }
        return SessionSecret(token: authorization.dropFirst(scheme.count))
    }

    private func requireFormToken(of secret: SessionSecret, in request: inout Request) async throws {
        let given: String?
        if let field = request.headers[.formToken] {
            given = field
        } else {
            given = try await FormToken.collect(from: &request, within: limits)
        }
        guard let given, secret.admits(formToken: given) else { throw Problem.formTokenRefused }
    }
}

extension HTTPRequest.Method {
    /// Whether requests of it may change something.
    var changesSomething: Bool { ![.get, .head, .options, .trace].contains(self) }
}

extension Problem {
    static let foreignPage = Problem(
        "access:origin",
        "From another site",
        status: 403,
        Localized("这个请求来自别的网站", "a page of another site made this request"),
        wayOut: Localized("请在本节点的网页上操作", "open this node's own page and do it there")
    )

    static let formTokenRefused = Problem(
        "access:csrf",
        "An old form",
        status: 403,
        Localized("这张表单已过期", "the form's token is missing or of another session"),
        wayOut: Localized("请重新载入页面再提交", "load the page again and send it once more; programs send it as X-CSRF-Token")
    )

    static let tokenRefused = Problem(
        "access:token",
        "Token refused",
        status: 401,
        Localized("令牌无效、已过期或已吊销", "the token is unknown, expired or revoked"),
        wayOut: Localized("请本节点运维人员发新的", "ask the node's operator for a new one"),
        headers: [.wwwAuthenticate: "Bearer realm=\"liandong\", error=\"invalid_token\""]
    )
}
