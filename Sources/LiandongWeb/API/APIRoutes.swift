import Foundation
import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongJSON
import LiandongReports
import NIOCore

/// The JSON API: a table of operations, and what dispatches to them.
struct APIRoutes: Sendable {
    static let base = "/api/v1"

    let desk: any CaseDesk
    let access: any AccessDesk
    let cookie: SessionCookie
    let allowance: PhotoAllowance
    let bodyLimit: Int
    let now: @Sendable () -> Instant

    /// Every operation, in the order of the document.
    var operations: [APIOperation] {
        sessionOperations + catalogueOperations + orderOperations + attachmentOperations + residentOperations
            + consultationOperations + noticeOperations + deviceOperations + clusterOperations + deskOperations
            + eventOperations
    }

    func add(to router: Router<HTTPFace.Context>) {
        let operations = operations
        var methods: [String: [HTTPRequest.Method]] = [:]
        for operation in operations {
            methods[operation.path, default: []].append(operation.method)
            router.on(RouterPath(APIRoutes.base + operation.path), method: operation.method) { request, context in
                try await answer(operation, request, context)
            }
        }
        for path in methods.keys.sorted() {
            router.refuseOtherMethods(at: RouterPath(APIRoutes.base + path), than: methods[path] ?? [])
        }
        let document = Array((OpenAPI(operations: operations).document.text + "\n").utf8)
        let path = RouterPath("\(APIRoutes.base)/openapi.json")
        router.get(path) { _, _ in Response.json(document) }
        router.refuseOtherMethods(at: path, than: .get)
    }

    private func answer(
        _ operation: APIOperation,
        _ request: Request,
        _ context: HTTPFace.Context
    ) async throws -> Response {
        switch operation.right {
        case .staff(let roles, let token): try context.visitor.requireStaff(roles, token: token)
        case .signedIn where context.visitor.staff == nil: throw Problem.signInFirst
        case .signedIn, .anyone, .anyoneMoreForStaff: break
        }
        let request = try await APIRequest(request, context, for: operation, bodyLimit: bodyLimit)
        return try await operation.handle(request)
    }
}

extension Response {
    static func json(
        _ bytes: [UInt8],
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// A report as it stands.
    static func report(
        _ report: some Encodable,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) throws -> Response {
        json([UInt8](try ReportCoding.encoder.encode(report)), status: status, headers: headers)
    }
}
