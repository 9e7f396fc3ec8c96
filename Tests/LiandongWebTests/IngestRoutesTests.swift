import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongWeb
import Logging
import NIOCore
import Synchronization
import Testing

@Suite("Readings over HTTP")
struct IngestRoutesTests {
    /// Takes what has the token "good", and says what it is told to.
    final class Desk: DeviceDesk {
        let taken = Mutex<[DeviceDelivery]>([])
        let refusal: (any Error)?

        init(_ refusal: (any Error)? = nil) { self.refusal = refusal }

        func check(token: String) async throws {
            guard token == "good" else { throw DeviceDeskError.unauthorized }
        }

        func take(_ delivery: DeviceDelivery) async throws -> DeviceReceipt {
            guard delivery.token == "good" else { throw DeviceDeskError.unauthorized }
            if let refusal { throw refusal }
            taken.withLock { $0.append(delivery) }
            return DeviceReceipt(accepted: 2, alarms: ["a1"])
        }
    }

    struct Fault: Error {}

    private let path = "/ingest/v1/readings"
    private let body = ByteBuffer(string: #"{"values":{"a":1,"b":2}}"#)

    private func face(_ desk: Desk) -> HTTPFace.Server {
        HTTPFace.make(
            .init(host: "127.0.0.1", port: 0),
            desk: MemoryDesk(),
            cases: MemoryCases(),
            devices: desk,
            logger: Logger(label: "test"),
            now: { Instant(milliseconds: 0) }
        )
    }

    private func headers(_ token: String = "good", type: String = "application/json") -> HTTPFields {
        [.authorization: "Bearer \(token)", .contentType: type]
    }

    @Test("Takes both forms with a token, and says what became of it")
    func takes() async throws {
        let desk = Desk()
        try await face(desk).test(.router) { client in
            for type in ["application/json", "application/json; charset=utf-8", "application/senml+json"] {
                let answer = try await client.execute(
                    uri: path,
                    method: .post,
                    headers: headers(type: type),
                    body: body
                )
                #expect(answer.status == .ok)
                #expect(answer.headers[.contentType] == "application/json")
                let receipt = try JSONDecoder().decode(DeviceReceipt.self, from: Data(answer.body.readableBytesView))
                #expect(receipt == DeviceReceipt(accepted: 2, alarms: ["a1"]))
            }
        }
        let taken = desk.taken.withLock { $0 }
        #expect(taken.map(\.format) == ["application/json", "application/json", "application/senml+json"])
        #expect(taken.first?.bytes == Array(body.readableBytesView))
    }

    @Test("No token, a wrong one and one of nobody look the same", arguments: [nil, "Basic x", "Bearer", "Bearer bad"])
    func unauthorized(header: String?) async throws {
        try await face(Desk()).test(.router) { client in
            var fields = HTTPFields()
            fields[.authorization] = header
            let answer = try await client.execute(uri: path, method: .post, headers: fields, body: body)
            #expect(answer.status == .unauthorized)
            #expect(answer.headers[.wwwAuthenticate] == "Bearer")
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(String(buffer: answer.body).contains("urn:liandong:ingest:unauthorized"))
        }
    }

    @Test(
        "Each refusal has its status, and those that pass say when to come again",
        arguments: [
            (DeviceDeskError.undecodable("x"), 422, nil), (.tooMuch("x"), 413, nil), (.conflict("x"), 409, nil),
            (.busy("x"), 503, "1"), (.readOnly("x"), 503, "30"),
        ] as [(DeviceDeskError, Int, String?)]
    )
    func refusals(error: DeviceDeskError, status: Int, retryAfter: String?) async throws {
        try await face(Desk(error)).test(.router) { client in
            let answer = try await client.execute(uri: path, method: .post, headers: headers(), body: body)
            #expect(answer.status.code == status)
            #expect(answer.headers[.retryAfter] == retryAfter)
            #expect(answer.headers[.contentType] == "application/problem+json")
        }
    }

    @Test("Without a good token nothing is read, however much is sent")
    func tokenFirst() async throws {
        let large = ByteBuffer(repeating: 0x20, count: 2 << 20)
        try await face(Desk()).test(.router) { client in
            let bad = try await client.execute(uri: path, method: .post, headers: headers("bad"), body: large)
            #expect(bad.status == .unauthorized)
            let good = try await client.execute(uri: path, method: .post, headers: headers(), body: large)
            #expect(good.status == .contentTooLarge)
        }
    }

    @Test("A fault of the node is 500 and says nothing of what it was")
    func fault() async throws {
        try await face(Desk(Fault())).test(.router) { client in
            let answer = try await client.execute(uri: path, method: .post, headers: headers(), body: body)
            #expect(answer.status == .internalServerError)
            #expect(!String(buffer: answer.body).contains("Fault"))
        }
    }

    @Test("Other forms, other methods, too many bytes and wrong keys are told so")
    func bounds() async throws {
        try await face(Desk()).test(.router) { client in
            let xml = try await client.execute(
                uri: path,
                method: .post,
                headers: headers(type: "text/xml"),
                body: body
            )
            #expect(xml.status == .unsupportedMediaType)
            let get = try await client.execute(uri: path, method: .get)
            #expect(get.status == .methodNotAllowed && get.headers[.allow] == "POST")
            let large = ByteBuffer(repeating: 0x20, count: HTTPLimits().bodyBytes + 1)
            let tooLarge = try await client.execute(uri: path, method: .post, headers: headers(), body: large)
            #expect(tooLarge.status == .contentTooLarge)
            var keyed = headers()
            keyed[try #require(HTTPField.Name("Idempotency-Key"))] = String(repeating: "k", count: 201)
            let wrongKey = try await client.execute(uri: path, method: .post, headers: keyed, body: body)
            #expect(wrongKey.status == .badRequest)
        }
    }

    @Test("A key comes with the hash of the bytes")
    func key() async throws {
        let desk = Desk()
        try await face(desk).test(.router) { client in
            var keyed = headers()
            keyed[try #require(HTTPField.Name("Idempotency-Key"))] = "k1"
            _ = try await client.execute(uri: path, method: .post, headers: keyed, body: body)
        }
        let delivery = desk.taken.withLock { $0.first }
        #expect(delivery?.idempotency?.text == "ingest k1" && delivery?.idempotency?.bodyHash.count == 32)
    }
}
