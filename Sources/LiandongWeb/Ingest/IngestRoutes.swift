import HTTPTypes
import Hummingbird
import NIOCore

/// `POST /ingest/v1/readings`: what devices send over HTTP, answered after the commit.
struct IngestRoutes: Sendable {
    let desk: any DeviceDesk
    let bodyLimit: Int

    static let formats = ["application/json", "application/senml+json"]

    func add(to router: Router<HTTPFace.Context>) {
        let path: RouterPath = "/ingest/v1/readings"
        router.post(path) { request, _ -> Response in
            try await take(request)
        }
        router.refuseOtherMethods(at: path, than: .post)
    }

    private func take(_ request: Request) async throws -> Response {
        // A token is looked at before the body is read, so that who has none costs little.
        let token = try token(request)
        try await desk.check(token: token)
        let format = try request.mediaType(oneOf: IngestRoutes.formats) ?? IngestRoutes.formats[0]
        let body = try await request.wholeBody(upTo: bodyLimit)
        let delivery = DeviceDelivery(
            token: token,
            bytes: Array(body.readableBytesView),
            format: format,
            idempotency: try IdempotencyKey(of: request, body: body, owner: "ingest")
        )
        let receipt = try await desk.take(delivery)
        return try .report(receipt)
    }

    private func token(_ request: Request) throws -> String {
        guard let header = request.headers[.authorization], header.utf8.count <= 200 else {
            throw DeviceDeskError.unauthorized
        }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw DeviceDeskError.unauthorized }
        return String(parts[1])
    }
}

extension Problem {
    /// What a device desk refused.
    package init(_ error: DeviceDeskError) {
        switch error {
        case .unauthorized:
            self.init(
                "ingest:unauthorized",
                "Token refused",
                status: 401,
                program: "the request has no token that this node takes",
                wayOut: "send Authorization: Bearer with the token that liandong device add printed",
                headers: [.wwwAuthenticate: "Bearer"]
            )
        case .undecodable(let reason):
            let wayOut = "correct it; it is kept in quarantine and can be replayed"
            self.init("ingest:undecodable", "Not readings", status: 422, program: reason, wayOut: wayOut)
        case .tooMuch(let reason):
            self.init("ingest:too_much", "Too much at once", status: 413, program: reason, wayOut: "send less at once")
        case .conflict(let reason):
            self.init("ingest:key_reused", "Key used before", status: 409, program: reason, wayOut: "make a new key")
        case .busy(let reason):
            let wayOut = "send it again"
            self.init(
                "ingest:busy",
                "Too much to do",
                status: 503,
                program: reason,
                wayOut: wayOut,
                retryAfterSeconds: 1
            )
        case .readOnly(let reason):
            let wayOut = "send it again"
            let title = "Takes nothing in"
            self.init("ingest:read_only", title, status: 503, program: reason, wayOut: wayOut, retryAfterSeconds: 30)
        }
    }
}
