import Foundation
import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongOpen311
import NIOCore

/// `/api/v1/session`: sign in, who am I, sign out, another password.
struct SessionRoutes: Sendable {
    static let path: RouterPath = "/api/v1/session"
    static let passwordPath: RouterPath = "/api/v1/session/password"
    private static let bodyLimit = 4 * 1024

    let desk: any AccessDesk
    let cookie: SessionCookie

    func add(to router: Router<HTTPFace.Context>) {
        router.post(SessionRoutes.path) { request, context in try await signIn(request, context) }
        router.get(SessionRoutes.path) { _, context in try await show(context) }
        router.delete(SessionRoutes.path) { _, context in try await signOut(context) }
        router.refuseOtherMethods(at: SessionRoutes.path, than: .get, .post, .delete)
        router.post(SessionRoutes.passwordPath) { request, context in try await changePassword(request, context) }
        router.refuseOtherMethods(at: SessionRoutes.passwordPath, than: .post)
    }

    // MARK: What is sent and answered

    private struct Credentials: Decodable {
        let account: String
        let password: String
    }

    private struct NewPassword: Decodable {
        let current: String
        let new: String
    }

    /// A session as its own holder sees it.
    private struct SessionAnswer: Encodable {
        let staff: Staff
        /// For `X-CSRF-Token` or the field `csrf`; not for tokens, which need none.
        let csrfToken: String?
        /// What a token for programs may do; left out for sessions.
        let scopes: [String]?

        struct Staff: Encodable {
            let account: String
            let name: String
            let roles: [String]
            let place: Place
        }

        struct Place: Encodable {
            let code: String
            let name: String
        }
    }

    // MARK: Routes

    private func signIn(_ request: Request, _ context: HTTPFace.Context) async throws -> Response {
        guard cookie != .refused else { throw AccessError.insecure }
        let credentials = try await body(of: request, as: Credentials.self, fields: "account and password")
        let grant = try await desk.signIn(
            credentials.account,
            password: credentials.password,
            from: context.address,
            replacing: context.session
        )
        return try answer(
            grant.staff,
            grant.secret,
            status: .created,
            headers: [.setCookie: cookie.setting(grant.secret)]
        )
    }

    private func show(_ context: HTTPFace.Context) async throws -> Response {
        guard let staff = context.visitor.staff else { throw Problem.signInFirst }
        return try answer(staff, context.session, status: .ok)
    }

    private func signOut(_ context: HTTPFace.Context) async throws -> Response {
        if let session = context.session { try await desk.signOut(session) }
        return Response(status: .noContent, headers: [.setCookie: cookie.clearing, .cacheControl: "no-store"])
    }

    private func changePassword(_ request: Request, _ context: HTTPFace.Context) async throws -> Response {
        let staff = try context.visitor.requireStaff(token: nil)
        let passwords = try await body(of: request, as: NewPassword.self, fields: "current and new")
        let grant = try await desk.changePassword(
            of: staff,
            from: passwords.current,
            to: passwords.new,
            address: context.address
        )
        return try answer(grant.staff, grant.secret, status: .ok, headers: [.setCookie: cookie.setting(grant.secret)])
    }

    // MARK: -

    private func answer(
        _ staff: StaffMember,
        _ session: SessionSecret?,
        status: HTTPResponse.Status,
        headers: HTTPFields = [:]
    ) throws -> Response {
        let authority = desk.authority
        let scopes: [String]? =
            if case .token(_, let scopes) = staff.way { scopes.sorted().map(\.description) } else { nil }
        let answer = SessionAnswer(
            staff: SessionAnswer.Staff(
                account: staff.account,
                name: staff.name,
                roles: staff.roles.sorted().map(\.rawValue),
                place: SessionAnswer.Place(
                    code: authority.places[staff.scope]?.code ?? "",
                    name: authority.places[staff.scope]?.name ?? ""
                )
            ),
            csrfToken: session?.formToken,
            scopes: scopes
        )
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        let bytes = try encoder.encode(answer)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// - Parameter fields: what there must be, in words.
    private func body<Value: Decodable>(
        of request: Request,
        as type: Value.Type,
        fields: String
    ) async throws -> Value {
        let sent = request.headers[.contentType] ?? ""
        guard sent.prefix(while: { $0 != ";" }).lowercased().filter({ $0 != " " }) == "application/json" else {
            throw HTTPRefusal.mediaTypeUnknown(GeoReportError.quoted(sent), wanted: "application/json")
        }
        let bytes: ByteBuffer
        do { bytes = try await request.body.collect(upTo: SessionRoutes.bodyLimit) } catch is NIOTooManyBytesError {
            throw HTTPRefusal.bodyTooLarge(atMost: SessionRoutes.bodyLimit)
        }
        do { return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView)) } catch is DecodingError {
            throw Problem.invalid("body", "it must be a JSON object with \(fields), both strings")
        }
    }
}
