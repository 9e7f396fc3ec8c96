import HTTPTypes
import Hummingbird

/// What every answer tells browsers to refuse on its behalf.
///
/// A route that says more of one of these for its own answer is listened to.
struct SecurityHeaders: RouterMiddleware {
    typealias Context = HTTPFace.Context

    static let contentSecurityPolicy = [
        "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self' data: blob:",
        "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    let cookie: SessionCookie

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        for (name, value) in SecurityHeaders.fields where response.headers[name] == nil {
            response.headers[name] = value
        }
        // What somebody who signed in, or has a query code, was given is not for the next at the same machine.
        if response.headers[.cacheControl] == nil, isSomebodys(request) { response.headers[.cacheControl] = "no-store" }
        return response
    }

    private func isSomebodys(_ request: Request) -> Bool {
        request.headers[.authorization] != nil || request.headers[.queryCode] != nil
            || cookie.secret(in: request.headers) != nil
    }

    private static let fields: [(HTTPField.Name, String)] = [
        (.contentSecurityPolicy, contentSecurityPolicy),
        (.xContentTypeOptions, "nosniff"),
        (.referrerPolicy, "same-origin"),
        (.crossOriginOpenerPolicy, "same-origin"),
        (.permissionsPolicy, "geolocation=(self), camera=(), microphone=()"),
    ]
}
