import LiandongCore
import LiandongSigning
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import LiandongTransport

@Suite("Hostile bytes on the peer port", .timeLimit(.minutes(3)))
struct HostileBytesTests {
    /// Shows that a listener still serves.
    private func expectServing(_ listener: PeerListener, _ peer: TestPeer) async throws {
        let connection = try await TestPeer().transport.dial(listener.address, expecting: peer.keys.nodeID)
        try await connection.send([[1, 2, 3]])
        await connection.close()
    }

    @Test("A thousand connections of random bytes leave the listener serving")
    func randomBytes() async throws {
        var limits = TransportLimits()
        limits.handshakeTimeout = .seconds(2)
        let peer = try TestPeer(limits: limits)
        let listener = try await peer.listen()
        var random = SystemRandomNumberGenerator()
        for round in 0..<20 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<50 {
                    var bytes = (0..<Int.random(in: 0...2000, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                    // Half of them begin as a TLS record does, to get past its first look.
                    if index.isMultiple(of: 2), bytes.count > 9 {
                        bytes.replaceSubrange(0..<3, with: [0x16, 0x03, 0x01])
                        bytes.replaceSubrange(3..<5, with: UInt16(bytes.count - 5).bigEndianBytes)
                        bytes[5] = 1
                    }
                    let junk = bytes
                    group.addTask {
                        let channel = try await rawConnection(to: listener.address)
                        try? await channel.writeAndFlush(ByteBuffer(bytes: junk)).get()
                        if round.isMultiple(of: 2) { try? await channel.close().get() }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await expectServing(listener, peer)
        #expect(await eventually(within: .seconds(15)) { listener.connectionCount == 0 })
        await listener.close()
    }

    @Test("Stalled handshakes end at the deadline, and the oldest gives way before it")
    func stalledHandshakes() async throws {
        var limits = TransportLimits()
        limits.inboundHandshakes = 4
        limits.handshakeTimeout = .seconds(3)
        let peer = try TestPeer(limits: limits)
        let listener = try await peer.listen()
        var stalled: [any Channel] = []
        for _ in 0..<12 { stalled.append(try await rawConnection(to: listener.address)) }
        #expect(await eventually(within: .seconds(20)) { listener.connectionCount <= 5 })
        try await expectServing(listener, peer)
        #expect(await eventually(within: .seconds(20)) { listener.connectionCount == 0 })
        for channel in stalled { try? await channel.close().get() }
        await listener.close()
    }

    @Test("A client without a certificate, or with one of another kind of key, is no peer")
    func noCertificate() async throws {
        let peer = try TestPeer()
        let listener = try await peer.listen()
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.verifySignatureAlgorithms = [.ed25519]
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: nil)
                    )
                }
            }
            .connect(host: listener.address.host, port: listener.address.port).get()
        try? await channel.writeAndFlush(ByteBuffer(bytes: [0, 0, 0, 1, 9])).get()
        try await channel.closeFuture.get()
        #expect(await eventually { listener.connectionCount == 0 })
        try await expectServing(listener, peer)
        await listener.close()
    }

    @Test(
        "Behind good TLS, bad lengths end the connection and nothing else",
        arguments: [[0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0x10, 0, 1], [0, 0, 0x10, 1]] as [[UInt8]]
    )
    func badLengths(length: [UInt8]) async throws {
        let peer = try TestPeer()
        let listener = try await peer.listen()
        async let accepted = listener.connections.first { _ in true }
        let channel = try await rawTLS(to: listener)
        try? await channel.writeAndFlush(ByteBuffer(bytes: length + [1, 2, 3])).get()
        let connection = try #require(await accepted)
        let end = await connection.takeToEnd()
        #expect(end.count == 0)
        #expect(end.error?.code == (length == [0, 0, 0, 0] ? .emptyFrame : .frameTooLarge))
        try? await channel.closeFuture.get()
        await listener.close()
    }

    @Test("A truncated frame and a hang-up end the connection, the frames before it delivered")
    func truncatedFrame() async throws {
        let peer = try TestPeer()
        let listener = try await peer.listen()
        async let accepted = listener.connections.first { _ in true }
        let channel = try await rawTLS(to: listener)
        // One byte at a time, as a slow or hostile peer may send.
        for byte in [0, 0, 0, 2, 7, 8, 0, 0, 0, 9, 1, 2] as [UInt8] {
            try await channel.writeAndFlush(ByteBuffer(bytes: [byte])).get()
        }
        let connection = try #require(await accepted)
        #expect(try await connection.nextFrames() == [[7, 8]])
        try? await channel.close().get()
        #expect(await connection.takeToEnd().count == 0)
        await connection.close()
        await listener.close()
    }

    @Test("A peer that shuts down its sending half is gone")
    func halfClosed() async throws {
        let peer = try TestPeer()
        let listener = try await peer.listen()
        async let accepted = listener.connections.first { _ in true }
        let channel = try await rawTLS(to: listener, allowingHalfClosure: true)
        let connection = try #require(await accepted)
        try? await channel.close(mode: .output).get()
        #expect(await connection.takeToEnd().count == 0)
        await connection.close()
        #expect(await eventually { listener.connectionCount == 0 })
        try? await channel.close().get()
        await listener.close()
    }

    /// A TLS client with a good certificate that sends any bytes it likes.
    private func rawTLS(
        to listener: PeerListener,
        allowingHalfClosure: Bool = false
    ) async throws -> any Channel {
        let context = try PeerCredentials(seed: NodeKeys.generate().tlsSeed, limits: TransportLimits()).client
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: allowingHalfClosure)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context,
                        serverHostname: nil,
                        customVerificationCallback: { $1.succeed(.certificateVerified) }
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: listener.address.host, port: listener.address.port).get()
    }
}
