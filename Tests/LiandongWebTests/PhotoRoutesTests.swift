import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongDomain
import NIOCore
import Synchronization
import Testing

@testable import LiandongWeb

extension PhotoPageTests {
    // MARK: The API

    private func post(
        _ body: [UInt8],
        _ headers: HTTPFields,
        _ client: some TestClientProtocol
    ) async throws -> TestResponse {
        let path = "/api/v1/orders/\(number)/attachments"
        return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(bytes: body))
    }

    @Test("A photo is sent as a body of its own, by staff or with the code, and is sniffed whatever its type says")
    func post() async throws {
        try await face.test(.router) { client in
            let code: HTTPFields = [.queryCode: "12345678", .contentType: "image/png"]
            let made = try await post(Sample.jpeg(Sample.comment), code, client)
            #expect(made.status == .created && added.map(\.photo.bytes) == [Sample.jpeg()])
            #expect(added.map(\.photo.type) == [.jpeg])
            #expect(String(buffer: made.body).contains("\"attachments\":[{"))
            let tries: [([UInt8], HTTPFields, Int)] = [
                (Sample.jpeg(), [.contentType: "image/jpeg"], 401),
                (Sample.jpeg(), [.contentType: "image/jpeg", .queryCode: "00000000"], 404),
                (Sample.jpeg(), [.contentType: "image/svg+xml", .queryCode: "12345678"], 415),
                (Array("<svg/>".utf8), [.contentType: "image/jpeg", .queryCode: "12345678"], 400),
                ([], code, 400), (Sample.jpeg([], filling: 11 << 20), code, 413),
            ]
            for (body, headers, status) in tries {
                let answer = try await post(body, headers, client)
                #expect(answer.status.code == status, "\(headers)")
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
            #expect(added.count == 1)
            // An order that is none of the asker's.
            signIn()
            cases.state.withLock { $0.requested = nil }
            let session: HTTPFields = [
                .cookie: "session=\(secret.text)", .formToken: secret.formToken, .contentType: "image/jpeg",
            ]
            #expect(try await post(Sample.jpeg(), session, client).status == .notFound)
        }
    }

    @Test("Staff and the requester get a photo; what is missing and what is not for one are the same answer")
    func get() async throws {
        signIn()
        let path = "/api/v1/orders/\(number)/attachments/"
        let cookie: HTTPFields = [.cookie: "session=\(secret.text)"]
        try await face.test(.router) { client in
            func get(_ digest: String, _ headers: HTTPFields) async throws -> TestResponse {
                try await client.execute(uri: path + digest, method: .get, headers: headers)
            }
            for headers in [cookie, [.queryCode: "12345678"]] as [HTTPFields] {
                let answer = try await get(digest, headers)
                #expect(answer.status == .ok && Array(answer.body.readableBytesView) == Sample.jpeg())
                expectLocked(answer)
            }
            let missing = try await get(String(repeating: "0", count: 64), cookie)
            #expect(missing.status == .notFound)
            let tries: [(String, HTTPFields)] = [
                (digest, HTTPFields()), ("x", cookie), (String(digest.dropLast()), cookie),
            ]
            for (digest, headers) in tries {
                let answer = try await get(digest, headers)
                #expect(answer.status == .notFound && answer.body == missing.body)
            }
            cases.state.withLock { $0.isPhotoLate = true }
            #expect(try await get(digest, cookie).status == .serviceUnavailable)
        }
    }

    @Test("Only so many bytes of photos are taken in at a time; who comes beyond that is told when to come again")
    func gate() async throws {
        var limits = HTTPLimits()
        limits.uploadBytesAtOnce = 2_500_000
        let gate = UploadGate(limits: limits)
        let (inside, entered) = AsyncStream.makeStream(of: Void.self)
        let (leave, left) = AsyncStream.makeStream(of: Void.self)
        @Sendable func pass(
            _ byteCount: Int,
            _ body: @escaping @Sendable () async -> Void = {}
        ) async throws -> HTTPResponse.Status {
            let router = Router(context: FaceContext.self)
            router.add(middleware: gate)
            router.post("/") { _, _ in
                await body()
                return HTTPResponse.Status.ok
            }
            return try await Application(router: router).test(.router) { client in
                let fields: HTTPFields = [.contentLength: "\(byteCount)"]
                do {
                    return try await client.execute(uri: "/", method: .post, headers: fields).status
                } catch {
                    return .serviceUnavailable
                }
            }
        }
        async let first = pass(2_000_000) {
            entered.yield()
            for await _ in leave { break }
        }
        for await _ in inside { break }
        let beside = try await pass(2_000_000)
        let small = try await pass(1_000)
        left.yield()
        let whole = try await first
        let later = try await pass(2_000_000)
        #expect(whole == .ok && beside != .ok && small == .ok && later == .ok)
    }

    // MARK: The stash

    @Test("Photos are kept for half an hour, and the oldest go where there are too many bytes")
    func stash() throws {
        let stash = PhotoStash(byteLimit: 2_400)
        let photo = try Photo(Sample.jpeg([], filling: 800))
        let now = Instant(milliseconds: 1_000_000)
        let first = stash.keep([photo], at: now)
        #expect(stash.photos(first, at: now) == [photo])
        #expect(stash.photos(first, at: now.advanced(byMilliseconds: 30 * 60_000)) == nil)
        #expect(stash.photos("", at: now) == nil)
        let second = stash.keep([photo], at: now)
        _ = stash.keep([photo], at: now)
        #expect(stash.photos(first, at: now) == nil && stash.photos(second, at: now) == [photo])
        // One that is larger than all is kept, and nothing beside it.
        let large = stash.keep([try Photo(Sample.jpeg([], filling: 9_000))], at: now)
        #expect(stash.photos(large, at: now) != nil && stash.photos(second, at: now) == nil)
    }

    // MARK: Open311

    @Test("Open311 takes photos as parts named media, with a request and with more on it; what is none makes nothing")
    func media() async throws {
        let desk = MemoryDesk()
        let face = HTTPFace.Server.forTests(desk, cases: cases)
        let fields = [
            ("service_code", "0103"), ("address_id", "441202001001"), ("description", "d"), ("phone", "13800000000"),
        ]
        let more = [("service_request_id", number), ("query_code", "12345678"), ("description", "m")]
        try await face.test(.router) { client in
            func post(
                _ path: String,
                _ fields: [(String, String)],
                _ photos: [[UInt8]],
                as part: String = "media"
            ) async throws -> TestResponse {
                try await send("/open311/v2/\(path).json", fields, photos: photos, as: part, client)
            }
            let png = Sample.jpeg([], filling: 9)
            let made = try await post("requests", fields, [Sample.jpeg(Sample.comment), png, png])
            #expect(made.status == .created, "\(String(buffer: made.body))")
            #expect(added.map(\.photo.bytes) == [Sample.jpeg(), png], "where it was taken is cut from it; once each")
            #expect(added.allSatisfy { $0.order == MemoryDesk.record && $0.performer == .resident })
            let refused = [
                try await post("requests", fields, [Array("<svg/>".utf8)]),
                try await post("requests", fields, [Sample.jpeg()], as: "photo"),
                try await post("requests", fields, [UInt8](0..<6).map { Sample.jpeg([], filling: Int($0)) }),
                try await post("requests", Array(fields.dropFirst()), [Sample.jpeg()]),
                try await post("servicerequestupdates", more.map { ($0.0, $0.0 == "query_code" ? "0" : $0.1) }, [png]),
            ]
            for answer in refused {
                #expect([400, 404].contains(answer.status.code))
                #expect(String(buffer: answer.body).hasPrefix("[{\"code\":4"), "\(String(buffer: answer.body))")
            }
            #expect(desk.state.withLock(\.submissions.count) == 1 && added.count == 2)
        }
    }
}
