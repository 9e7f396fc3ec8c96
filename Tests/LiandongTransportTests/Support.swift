import LiandongCore
import LiandongSigning
import LiandongTransport
import NIOCore
import NIOPosix
import Testing

/// A node's transport with a key of its own, and a listener on loopback.
struct TestPeer {
    let keys: NodeKeys
    let transport: PeerTransport

    init(limits: TransportLimits = TransportLimits()) throws {
        self.keys = .generate()
        self.transport = try PeerTransport(seed: keys.tlsSeed, limits: limits)
        #expect(transport.node == keys.nodeID)
    }

    func listen() async throws -> PeerListener {
        try await transport.listen(on: HostPort(host: "127.0.0.1", port: 0))
    }
}

/// Two connected ends over a real socket.
struct ConnectedPair {
    let dialling: PeerConnection
    let accepting: PeerConnection
    let listener: PeerListener

    init(limits: TransportLimits = TransportLimits()) async throws {
        let (left, right) = (try TestPeer(limits: limits), try TestPeer(limits: limits))
        let listener = try await right.listen()
        async let accepted = listener.connections.first { _ in true }
        self.dialling = try await left.transport.dial(listener.address, expecting: right.keys.nodeID)
        self.accepting = try #require(await accepted)
        self.listener = listener
        #expect(dialling.peer == right.keys.nodeID)
        #expect(accepting.peer == left.keys.nodeID)
        #expect(dialling.dialled && !accepting.dialled)
    }

    func close() async {
        await dialling.close()
        await accepting.close()
        await listener.close()
    }
}

extension PeerConnection {
    /// Takes frames until there are so many, or the connection ends.
    func take(_ count: Int) async throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while frames.count < count, let more = try await nextFrames() { frames += more }
        return frames
    }

    /// Takes frames until the end, and returns what ended it.
    func takeToEnd() async -> (count: Int, error: TransportError?) {
        var count = 0
        do {
            while let more = try await nextFrames() { count += more.count }
            return (count, nil)
        } catch {
            return (count, error)
        }
    }
}

/// A plain TCP client, to send what no transport of ours would.
func rawConnection(to address: HostPort) async throws -> any Channel {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: address.host, port: address.port).get()
}

/// Polls a condition on real sockets, which have no event to wait for.
func eventually(within limit: Duration = .seconds(10), _ condition: () async -> Bool) async -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while clock.now < deadline {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return await condition()
}
