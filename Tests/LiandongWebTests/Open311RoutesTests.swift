import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongOpen311
import LiandongWeb
import Logging
import NIOCore
import Synchronization
import Testing

struct Open311RoutesTests {
    private let desk = MemoryDesk()
    private let base = "/open311/v2"
    private let good = ByteBuffer(string: "service_code=0103&address_id=441202001001&description=d&phone=13800000000")

    private var face: HTTPFace.Server { .forTests(desk) }

    @Test("Hands a request in and shows it, without who made it", arguments: GeoReportFormat.allCases)
    func submission(format: GeoReportFormat) async throws {
        try await face.test(.router) { client in
            let posted = try await client.execute(uri: "\(base)/requests.\(format)", method: .post, body: good)
            #expect(posted.status == .created)
            #expect(posted.headers[.location] == "\(base)/requests/1000001.\(format)")
            #expect(posted.headers[.contentType] == format.contentType)
            #expect(String(buffer: posted.body).contains("12345678"))
            for path in ["requests/1000001", "requests"] {
                let shown = try await client.execute(uri: "\(base)/\(path).\(format)", method: .get)
                #expect(shown.status == .ok)
                let text = String(buffer: shown.body)
                #expect(text.contains("1000001"))
                #expect(!text.contains("13800000000"))
                #expect(text.contains("乱堆物料"))
            }
        }
    }

    @Test("Answers every read in both formats", arguments: GeoReportFormat.allCases)
    func reads(format: GeoReportFormat) async throws {
        try await face.test(.router) { client in
            for path in ["discovery", "services", "services/0103", "tokens/t", "requests", "servicerequestupdates"] {
                let answer = try await client.execute(uri: "\(base)/\(path).\(format)", method: .get)
                #expect(answer.status == .ok, "\(path)")
                let head = try await client.execute(uri: "\(base)/\(path).\(format)", method: .head)
                #expect(head.status == .ok, "HEAD \(path)")
                let put = try await client.execute(uri: "\(base)/\(path).\(format)", method: .put)
                #expect(put.status == .methodNotAllowed)
                #expect(put.headers[.allow]?.hasPrefix("GET") == true)
            }
            let ours = try await client.execute(
                uri: "\(base)/services.\(format)?jurisdiction_id=441202",
                method: .get,
                headers: [.acceptLanguage: "en"]
            )
            #expect(String(buffer: ours.body).contains("Illegal dumping"))
        }
    }

    @Test("Tells what was done in the asker's language, and the finer status to who asks for extensions")
    func updates() async throws {
        try await face.test(.router) { client in
            for _ in 0..<2 {
                _ = try await client.execute(uri: "\(base)/requests.json", method: .post, body: good)
            }
            let chinese = try await client.execute(
                uri: "\(base)/servicerequestupdates.xml?service_request_id=1000001,1000002",
                method: .get
            )
            let text = String(buffer: chinese.body)
            #expect(text.contains("<description>派单：城东街道</description>") && text.contains("action_scheduled"))
            #expect(text.contains("已派人 &lt;b&gt;查看"))
            #expect(desk.state.withLock { $0.updateFilters.last?.numbers } == ["1000001", "1000002"])
            let english = try await client.execute(
                uri: "\(base)/servicerequestupdates.json",
                method: .get,
                headers: [.acceptLanguage: "en"]
            )
            #expect(String(buffer: english.body).contains("dispatched: "))
            for (query, isTold) in [("", false), ("?extensions=true", true), ("?extensions=v1", true)] {
                let shown = try await client.execute(uri: "\(base)/requests/1000001.json\(query)", method: .get)
                #expect(String(buffer: shown.body).contains(#"{"status":"investigating"}"#) == isTold, "\(query)")
            }
        }
    }

    @Test("An update with the wrong code, or none, is refused as a request that is not there")
    func wrongUpdates() async throws {
        let cases = MemoryCases()
        let face = HTTPFace.Server.forTests(desk, cases: cases)
        try await face.test(.router) { client in
            for (form, status) in [
                ("service_request_id=1&query_code=00000000&description=d", 404),
                ("service_request_id=1&description=d", 400),
                ("service_request_id=1&query_code=00000000", 400),
                ("service_request_id=1&query_code=00000000&description=d&status=fixed", 400),
            ] {
                let answer = try await client.execute(
                    uri: "\(base)/servicerequestupdates.json",
                    method: .post,
                    body: ByteBuffer(string: form)
                )
                #expect(answer.status.code == status, "\(form)")
            }
        }
        #expect(cases.state.withLock { $0.guesses } == ["1 00000000 unknown"])
    }

    @Test(
        "Answers what is not there with 404, in the format asked for",
        arguments: [
            "services/8888.xml", "services/103.xml", "requests/1.xml", "tokens/x.xml", "nothing.xml",
            "services.xml?jurisdiction_id=other", "requests/%ff.xml", "x/y/z.xml",
        ]
    )
    func notFound(path: String) async throws {
        try await face.test(.router) { client in
            let answer = try await client.execute(uri: "\(base)/\(path)", method: .get)
            #expect(answer.status == .notFound)
            #expect(String(buffer: answer.body).contains("<errors><error><code>404</code>"))
        }
    }

    @Test("Hands the same key in once, and refuses it with another body")
    func idempotency() async throws {
        let name = try #require(HTTPField.Name("Idempotency-Key"))
        try await face.test(.router) { client in
            var numbers: Set<String> = []
            for _ in 0..<3 {
                let answer = try await client.execute(
                    uri: "\(base)/requests.json",
                    method: .post,
                    headers: [name: "k1"],
                    body: good
                )
                #expect(answer.status == .created)
                numbers.insert(String(buffer: answer.body))
            }
            #expect(numbers.count == 1)
            let other = ByteBuffer(string: String(buffer: good) + "&email=a@b.c")
            let conflict = try await client.execute(
                uri: "\(base)/requests.json",
                method: .post,
                headers: [name: "k1"],
                body: other
            )
            #expect(conflict.status == .conflict)
            let malformed = try await client.execute(
                uri: "\(base)/requests.json",
                method: .post,
                headers: [name: "a b"],
                body: good
            )
            #expect(malformed.status == .badRequest)
        }
    }

    @Test("Gives each of the desk's refusals its status")
    func deskRefusals() async throws {
        let refusals: [(any Error, Int)] = [
            (ServiceDeskError.notFound("x"), 404), (ServiceDeskError.invalid("address_id", "x"), 400),
            (ServiceDeskError.notPermitted("x"), 403), (ServiceDeskError.conflict("x"), 409),
            (ServiceDeskError.wrongState("x"), 422), (ServiceDeskError.busy("x"), 503),
            (ServiceDeskError.readOnly("x"), 503), (CancellationError(), 500),
        ]
        try await face.test(.router) { client in
            for (refusal, status) in refusals {
                desk.state.withLock { $0.refusal = refusal }
                let answer = try await client.execute(uri: "\(base)/requests.json", method: .post, body: good)
                #expect(answer.status.code == status)
                #expect((answer.headers[.retryAfter] != nil) == (status == 503))
            }
        }
    }

    @Test("Keeps to its limits: body, address and media type")
    func limits() async throws {
        try await face.test(.router) { client in
            let large = ByteBuffer(repeating: UInt8(ascii: "a"), count: 1024 * 1024 + 1)
            let body = try await client.execute(uri: "\(base)/requests.xml", method: .post, body: large)
            #expect(body.status == .contentTooLarge)
            let long = String(repeating: "a", count: 9000)
            let address = try await client.execute(uri: "\(base)/requests.json?\(long)", method: .get)
            #expect(address.status == .uriTooLong)
            let media = try await client.execute(
                uri: "\(base)/requests.json",
                method: .post,
                headers: [.contentType: "application/json"],
                body: good
            )
            #expect(media.status == .unsupportedMediaType)
        }
    }

    @Test("Answers hostile forms and queries with 4xx, never 5xx", arguments: 0..<8)
    func hostile(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        var requests: [(String, HTTPRequest.Method, ByteBuffer?)] = []
        let whole = Array(good.readableBytesView)
        for count in 0..<100 {
            let noise = (0..<random.below(300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let cut = Array(whole.prefix(random.below(whole.count)))
            requests.append(("\(base)/requests.\(count % 2 == 0 ? "json" : "xml")", .post, ByteBuffer(bytes: noise)))
            requests.append(("\(base)/requests.json", .post, ByteBuffer(bytes: cut + noise)))
            let text = String(decoding: noise.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
            requests.append(("\(base)/requests.json?\(text)", .get, nil))
            requests.append(("\(base)/\(text)", .get, nil))
            requests.append(("/\(text)", .delete, nil))
        }
        let all = requests
        try await face.test(.router) { client in
            for (uri, method, body) in all {
                let answer = try await client.execute(uri: uri, method: method, body: body)
                #expect(answer.status.code < 500, "\(method) \(uri)")
            }
        }
    }
}

/// Steele, Lea and Flood's generator: a test's seed is its whole input.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}

extension HTTPFace.Server {
    static func forTests(
        _ desk: MemoryDesk,
        cases: any CaseDesk = MemoryCases(),
        access: any AccessDesk = NoStaff(),
        limits: HTTPLimits = HTTPLimits(),
        publicAddress: String? = nil,
        metrics: [any MetricsSource] = [],
        onBound: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
    ) -> HTTPFace.Server {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return HTTPFace.make(
            HTTPFace.Configuration(host: "127.0.0.1", port: 0, limits: limits, publicAddress: publicAddress),
            desk: desk,
            cases: cases,
            access: access,
            metrics: metrics,
            logger: logger,
            now: { Instant(milliseconds: 1_795_241_100_000) },
            onBound: onBound
        )
    }
}
