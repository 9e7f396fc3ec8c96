import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongWeb
import NIOCore
import NIOPosix
import Synchronization
import Testing

struct OperationsTests {
    private let desk = MemoryDesk()

    private struct Replica: MetricsSource {
        func families() async -> [MetricFamily] {
            [
                MetricFamily("liandong_links_up", .gauge, help: "Links to peers\nthat are up.", value: 2),
                MetricFamily(
                    "liandong_deltas_refused_total",
                    .counter,
                    help: "Deltas refused.",
                    samples: [.init(1.5, labels: [.init("code", "a\"b\\c\nd")])]
                ),
            ]
        }
    }

    @Test("Is healthy, and ready when the desk is")
    func readiness() async throws {
        try await HTTPFace.Server.forTests(desk).test(.router) { client in
            #expect(try await client.execute(uri: "/healthz", method: .get).status == .ok)
            #expect(try await client.execute(uri: "/readyz", method: .get).status == .ok)
            desk.state.withLock { $0.readiness = .unready("waiting for the first sync with 441202000000") }
            let answer = try await client.execute(uri: "/readyz", method: .get)
            #expect(answer.status == .serviceUnavailable)
            #expect(String(buffer: answer.body).contains("first sync"))
            #expect(try await client.execute(uri: "/healthz", method: .post).status == .methodNotAllowed)
        }
    }

    @Test("Shows metrics that promtool accepts, by route and status")
    func metrics() async throws {
        let text = try await HTTPFace.Server.forTests(desk, metrics: [Replica()]).test(.router) { client in
            _ = try await client.execute(uri: "/open311/v2/services/0103.json", method: .get)
            _ = try await client.execute(uri: "/open311/v2/services/8888.json", method: .get)
            _ = try await client.execute(uri: "/nowhere", method: .get)
            return String(buffer: try await client.execute(uri: "/metrics", method: .get).body)
        }
        #expect(text.contains(#"route="/open311/v2/services/{code}.json",status="200"} 1"#))
        #expect(text.contains(#"route="/open311/v2/services/{code}.json",status="404"} 1"#))
        #expect(text.contains(#"route="NotFound",status="404"} 1"#))
        #expect(text.contains(#"code="a\"b\\c\nd"} 1.5"#))

        let file = FileManager.default.temporaryDirectory.appending(path: "metrics-\(UUID()).txt")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let promtool = Process()
        promtool.executableURL = URL(filePath: "/bin/sh")
        promtool.arguments = ["-c", "promtool check metrics < \"$0\"", file.path]
        try promtool.run()
        promtool.waitUntilExit()
        #expect(promtool.terminationStatus == 0)
    }
}

/// The server on a real socket.
struct LiveServerTests {
    private let desk = MemoryDesk()

    @Test("Serves on a port that the system picks")
    func bound() async throws {
        let (addresses, found) = AsyncStream.makeStream(of: SocketAddress.self)
        try await HTTPFace.Server.forTests(desk, onBound: { found.yield($0) }).test(.live) { client in
            let answer = try await client.execute(uri: "/healthz", method: .get)
            #expect(answer.status == .ok)
        }
        var iterator = addresses.makeAsyncIterator()
        #expect((await iterator.next()?.port ?? 0) > 0)
    }

    @Test("Hostile bytes on the port end no server, and it still serves", arguments: 0..<4)
    func hostile(seed: UInt64) async throws {
        var random = SplitMix(state: seed &+ 100)
        let head = "POST /open311/v2/requests.json HTTP/1.1\r\nHost: h\r\n"
        var messages: [[UInt8]] = (0..<60).map { _ in
            (0..<random.below(2000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        messages += [
            Array("\(head)Content-Length: -1\r\n\r\n".utf8),
            Array("\(head)Content-Length: 99999999999999999999\r\n\r\na".utf8),
            Array("\(head)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz".utf8),
            Array("\(head)Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n".utf8),
            Array("\(head)X: \(String(repeating: "a", count: 100_000))\r\n\r\n".utf8),
            Array("\(head)\(String(repeating: "a: b\r\n", count: 5000))\r\n".utf8),
            Array("GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nHost: h\r\n\r\n".utf8),
            Array("GET *:?#//\u{FF} HTTP/1.1\r\nHost: h\r\n\r\n".utf8),
            Array("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n".utf8),
            Array("CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n".utf8),
            Array("GET http://[::1 HTTP/1.1\r\nHost: h\r\n\r\n".utf8),
            Array("\(head)Content-Length: 10\r\n\r\nabc".utf8),
        ]
        let all = messages
        try await HTTPFace.Server.forTests(desk).test(.live) { client in
            let port = try #require(client.port)
            for message in all {
                let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .connect(host: "localhost", port: port).get()
                try? await channel.writeAndFlush(ByteBuffer(bytes: message))
                try? await channel.close()
            }
            #expect(try await client.execute(uri: "/healthz", method: .get).status == .ok)
        }
    }

    @Test("Closes on a request that does not arrive in time")
    func slow() async throws {
        var limits = HTTPLimits()
        limits.readTimeout = .milliseconds(200)
        try await HTTPFace.Server.forTests(desk, limits: limits).test(.live) { client in
            let port = try #require(client.port)
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "localhost", port: port).get()
            let head = "POST /open311/v2/requests.json HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na"
            try await channel.writeAndFlush(ByteBuffer(string: head))
            try await channel.closeFuture.get()
            #expect(try await client.execute(uri: "/healthz", method: .get).status == .ok)
        }
    }
}
