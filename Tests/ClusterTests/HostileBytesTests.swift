import Foundation
import LiandongCore
import LiandongNode
import LiandongSigning
import NIOCore
import NIOPosix
import NIOSSL
import SwiftProtobuf
import Testing

@testable import LiandongTransport

/// Thousands of connections that say what no node or resident would, against a live node.
@Suite("Hostile bytes", .serialized, .timeLimit(.minutes(5)))
struct HostileBytesTests {
    @Test("A node serves after thousands of hostile connections to its peer and HTTP ports")
    func storm() async throws {
        try await Cluster.with("demo") { cluster in
            let node = try await cluster.node("441202000000")
            let before = node.pid
            let peer = try HostPort(parsing: node.peer)
            let http = HostPort(host: node.http.host() ?? "", port: node.http.port ?? 0)
            var random = SeededGenerator(seed: 6)

            var messages: [(HostPort, [[UInt8]])] = []
            for _ in 0..<1_000 { messages.append((peer, [Hostile.randomBytes(&random)])) }
            for _ in 0..<1_000 { messages.append((http, Hostile.httpRequest(&random))) }
            try await storm(messages) { address, chunks in
                try await Hostile.connect(address, tls: nil, sending: chunks)
            }

            var conversations: [(HostPort, [[UInt8]])] = []
            for _ in 0..<1_000 { conversations.append((peer, Hostile.frames(&random))) }
            let seed = NodeKeys.generate().tlsSeed
            let tls = try PeerCredentials(seed: seed, limits: TransportLimits()).client
            try await storm(conversations) { address, chunks in
                try await Hostile.connect(address, tls: tls, sending: chunks)
            }

            try await cluster.refresh()
            #expect(try await cluster.node("441202000000").pid == before, "the process is still the same")
            let answer = try await HTTP.post(
                node.http.appending(path: "open311/v2/requests.json"),
                [("service_code", "9999"), ("address_id", "441202000000"), ("description", "still here")]
            )
            #expect((200...201).contains(answer.status))
            // Its real peers are still spoken to.
            let reaches = try await eventually(within: .seconds(30)) {
                let list = try JSONSerialization.jsonObject(with: answer.body) as? [[String: Any]]
                let number = try #require(list?.first?["service_request_id"] as? String)
                let trace = try await cluster.run("441202000000", ["trace", number], ["--json"]).json()
                let nodes = trace["nodes"] as? [[String: Any]] ?? []
                return nodes.contains { $0["entitled"] as? Bool == true && $0["holds"] as? Bool == true }
            }
            #expect(reaches)
            #expect(try await cluster.run("441202000000", ["status"], ["--json"]).status != 4)
        }
    }

    @Test("Who asks and never reads keeps no node from stopping in order")
    func neverReads() async throws {
        try await OwnNodes.with { nodes in
            try await nodes.found("d", code: "441202000000")
            try await nodes.start("d")
            let address = try HostPort(parsing: try nodes.settings("d").http)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
                .connect(host: address.host, port: address.port).get()
            for _ in 0..<5_000 {
                channel.write(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: \(address)\r\n\r\n"), promise: nil)
            }
            channel.flush()
            // Until the node cannot write either.
            try await Task.sleep(for: .seconds(3))
            try await nodes.stop("d")
            let log = try String(contentsOfFile: nodes.data("d") + "/serve.log", encoding: .utf8)
            #expect(log.contains("stopped cleanly"), "\(log.suffix(500))")
            try? await channel.close().get()
        }
    }

    /// Carries them out, so many at a time.
    private func storm(
        _ items: [(HostPort, [[UInt8]])],
        _ body: @escaping @Sendable (HostPort, [[UInt8]]) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, (address, chunks)) in items.enumerated() {
                if index >= 32 { try await group.next() }
                group.addTask { try await body(address, chunks) }
            }
            try await group.waitForAll()
        }
    }
}

/// What is sent, and how.
private enum Hostile {
    static func randomBytes(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = (0..<Int.random(in: 0...3_000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        // Half of them begin like a TLS record.
        if Bool.random(using: &random), bytes.count > 6 { bytes.replaceSubrange(0..<6, with: [22, 3, 1, 2, 0, 1]) }
        return bytes
    }

    /// Requests that are cut off, endless, contradictory, or no HTTP at all.
    static func httpRequest(_ random: inout SeededGenerator) -> [[UInt8]] {
        let path = "/open311/v2/requests.json"
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return [randomBytes(&random)]
        case 1: return [Array("GET \(path) HTT".utf8)]
        case 2: return [Array("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n".utf8)]
        case 3: return [Array("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nx".utf8)]
        case 4: return [Array("GET \(path)?\(String(repeating: "a=%FF&", count: 20_000)) HTTP/1.1\r\n\r\n".utf8)]
        case 5:
            let headers = (0..<5_000).map { "X-\($0): \($0)\r\n" }.joined()
            return [Array("GET / HTTP/1.1\r\nHost: x\r\n\(headers)\r\n".utf8)]
        case 6:
            let body = "service_code=%ZZ&address_id=\u{FFFD}&lat=1e999&long=nan&=&&&attribute[=x"
            return [Array("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)]
        default:
            return [
                Array(
                    "POST \(path) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n".utf8
                )
            ]
        }
    }

    /// Frames behind a good TLS handshake: random, truncated, oversized, in the wrong order, of another cluster.
    static func frames(_ random: inout SeededGenerator) -> [[UInt8]] {
        let hello = frame(.hello(self.hello(&random)))
        let deltas = frame(.deltas(.with { $0.deltas = [.with { $0.lane = .max }] }))
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return [randomBytes(&random)]
        case 1: return [Array(hello.prefix(Int.random(in: 0..<hello.count, using: &random)))]
        case 2: return [[255, 255, 255, 255]]
        case 3: return [[0, 16, 0, 1] + [UInt8](repeating: 0, count: 64 * 1024)]
        case 4: return [deltas, hello]
        case 5: return [hello, hello, hello]
        case 6: return [hello, frame(.credit(.with { $0.bytes = .max })), deltas]
        case 7:
            let request = WireEnrolRequest.with {
                $0.cluster = Data(count: 16)
                $0.node = Data(count: 32)
                $0.addresses = (0..<100).map { "host:\($0)" }
            }
            return [hello, frame(.enrolRequest(request))]
        default:
            // Two bytes an object: what a decoder would pay for dearly.
            return [framed((0..<1_000).flatMap { _ in [UInt8(0x52), 0] }), hello]
        }
    }

    private static func hello(_ random: inout SeededGenerator) -> WireHello {
        .with {
            $0.protocolMin = 1
            $0.protocolMax = 1
            $0.cluster = Data((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
            $0.node = Data((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
            $0.clock = .random(in: 0 ... .max, using: &random)
            $0.joining = .random(using: &random)
        }
    }

    private static func frame(_ body: WireFrame.OneOf_Body) -> [UInt8] {
        framed((try? WireFrame.with { $0.body = body }.serializedBytes()) ?? [])
    }

    private static func framed(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt32(clamping: bytes.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) } + bytes
    }

    /// Connects, says it, and leaves; that the node hangs up first is as good.
    static func connect(_ address: HostPort, tls: NIOSSLContext?, sending chunks: [[UInt8]]) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                guard let tls else { return channel.eventLoop.makeSucceededVoidFuture() }
                return channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(context: tls, serverHostname: nil) { _, promise in
                        promise.succeed(.certificateVerified)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: address.host, port: address.port).get()
        for chunk in chunks { try? await channel.writeAndFlush(ByteBuffer(bytes: chunk)).get() }
        try? await channel.close().get()
    }
}
