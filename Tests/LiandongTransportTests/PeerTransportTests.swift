import LiandongCore
import LiandongSigning
import LiandongTransport
import NIOCore
import Testing

@Suite("Peers over real sockets", .timeLimit(.minutes(2)))
struct PeerTransportTests {
    @Test("Frames travel both ways, in order and whole")
    func bothWays() async throws {
        let pair = try await ConnectedPair()
        let small = (1...100).map { [UInt8](repeating: UInt8($0), count: $0 * 7) }
        try await pair.dialling.send(small)
        try await pair.accepting.send(small.reversed())
        #expect(try await pair.accepting.take(100) == small)
        #expect(try await pair.dialling.take(100) == small.reversed())
        #expect(pair.dialling.bytesSent == pair.accepting.bytesReceived)
        await pair.close()
    }

    @Test("A frame of the greatest length arrives once the limit is raised, even when it was sent before")
    func largestFrame() async throws {
        let pair = try await ConnectedPair()
        let largest = [UInt8](repeating: 0xA5, count: pair.limits.frame)
        try await pair.dialling.send([[1], largest, [2]])
        #expect(try await pair.accepting.take(1) == [[1]])
        pair.accepting.raiseFrameLimit()
        #expect(try await pair.accepting.take(2) == [largest, [2]])
        await pair.close()
    }

    @Test("A frame held back for the limit ends the connection at the handshake's deadline")
    func heldFrameTimesOut() async throws {
        var limits = TransportLimits()
        limits.handshakeTimeout = .milliseconds(1_500)
        let pair = try await ConnectedPair(limits: limits)
        try await pair.dialling.send([[1], [UInt8](repeating: 0, count: 5000)])
        let end = await pair.accepting.takeToEnd()
        #expect(end.count == 1)
        #expect(end.error?.code == .handshakeTimedOut)
        await pair.close()
    }

    @Test("A first frame above the handshake's limit is refused by its length alone")
    func longFirstFrame() async throws {
        let pair = try await ConnectedPair()
        try await pair.dialling.send([[UInt8](repeating: 0, count: 4097)])
        let end = await pair.accepting.takeToEnd()
        #expect(end.error?.code == .frameTooLarge)
        #expect(end.error?.reason == "a frame of 4097 bytes, at most 4096 are allowed")
        await pair.close()
    }

    @Test("What may not be sent is refused before it leaves")
    func refusesToSend() async throws {
        let pair = try await ConnectedPair()
        for frame in [[], [UInt8](repeating: 0, count: pair.limits.frame + 1)] {
            await #expect(throws: TransportError.self) { try await pair.dialling.send([frame]) }
            #expect(throws: TransportError.self) { try pair.dialling.post([frame]) }
        }
        try await pair.dialling.send([])
        try await pair.dialling.send([[7]])
        #expect(try await pair.accepting.take(1) == [[7]])
        await pair.close()
    }

    @Test("A wrong key is refused, and both fingerprints are told")
    func wrongPin() async throws {
        let (left, right) = (try TestPeer(), try TestPeer())
        let listener = try await right.listen()
        let expected = NodeKeys.generate().nodeID
        let error = await #expect(throws: TransportError.self) {
            try await left.transport.dial(listener.address, expecting: expected)
        }
        #expect(error?.code == .wrongKey)
        #expect(error?.expected == expected)
        #expect(error?.presented == right.keys.nodeID)
        #expect(error?.reason.contains(expected.description) == true)
        #expect(error?.reason.contains(right.keys.nodeID.description) == true)
        #expect(await eventually { listener.connectionCount == 0 })
        await listener.close()
    }

    @Test("Nobody there is said with the address")
    func unreachable() async throws {
        let (left, right) = (try TestPeer(), try TestPeer())
        let listener = try await right.listen()
        await listener.close()
        let error = await #expect(throws: TransportError.self) {
            try await left.transport.dial(listener.address, expecting: right.keys.nodeID)
        }
        #expect(error?.code == .unreachable)
        #expect(error?.reason.contains(listener.address.description) == true)
    }

    @Test("A port in use is said with the address")
    func portInUse() async throws {
        let (left, right) = (try TestPeer(), try TestPeer())
        let listener = try await right.listen()
        let error = await #expect(throws: TransportError.self) {
            try await left.transport.listen(on: listener.address)
        }
        #expect(error?.code == .cannotListen)
        await listener.close()
    }

    @Test("An end that closes delivers what it had queued, and ends the other in order")
    func orderlyClose() async throws {
        let pair = try await ConnectedPair()
        let frames = (0..<250).map { [UInt8](repeating: UInt8($0), count: 4_000) }
        for frame in frames { try pair.dialling.post([frame]) }
        async let closed: Void = pair.dialling.close()
        let end = await pair.accepting.takeToEnd()
        #expect(end.count == 250)
        #expect(end.error == nil)
        await closed
        await #expect(throws: TransportError.self) { try await pair.dialling.send([[1]]) }
        #expect(try await pair.dialling.nextFrames() == nil)
        await pair.close()
    }

    @Test("A peer that dies without a goodbye ends the connection with an error")
    func abortedPeer() async throws {
        let pair = try await ConnectedPair()
        try await pair.dialling.send([[1]])
        #expect(try await pair.accepting.take(1) == [[1]])
        pair.dialling.abort()
        let end = await pair.accepting.takeToEnd()
        #expect(end.error?.code == .connectionLost)
        await pair.close()
    }

    @Test("A connection nobody holds closes by itself")
    func droppedConnection() async throws {
        let right = try TestPeer()
        let listener = try await right.listen()
        async let accepted = listener.connections.first { _ in true }
        do {
            _ = try await TestPeer().transport.dial(listener.address, expecting: right.keys.nodeID)
        }
        let accepting = try #require(await accepted)
        #expect(await accepting.takeToEnd().count == 0)
        await listener.close()
    }

    @Test("A listener gives each connection a session, and ends them when its task is cancelled")
    func listenerSessions() async throws {
        let right = try TestPeer()
        let listener = try await right.listen()
        let running = Task {
            await listener.run { connection in
                while let frames = try? await connection.nextFrames() { try? await connection.send(frames) }
            }
        }
        var dialled: [PeerConnection] = []
        for byte in 1...3 as ClosedRange<UInt8> {
            let connection = try await TestPeer().transport.dial(listener.address, expecting: right.keys.nodeID)
            try await connection.send([[byte]])
            #expect(try await connection.take(1) == [[byte]])
            dialled.append(connection)
        }
        running.cancel()
        await running.value
        for connection in dialled { #expect(await connection.takeToEnd().error == nil) }
        await listener.close()
    }

    @Test("A reader that does not read stops its sender, not the memory")
    func backPressure() async throws {
        let pair = try await ConnectedPair()
        pair.accepting.raiseFrameLimit()
        let frame = [UInt8](repeating: 1, count: 100_000)
        let sender = Task {
            var sent = 0
            while sent < 1000 {
                try await pair.dialling.send([frame])
                sent += 1
            }
            return sent
        }
        // Kernel buffers take a few MiB, ours 1 MiB; 100 MB cannot all be under way.
        try await Task.sleep(for: .milliseconds(500))
        let before = pair.dialling.bytesSent
        #expect(before < 50_000_000)
        #expect(pair.dialling.bytesWaiting <= 512 * 1024 + 100_004)
        #expect(try await pair.accepting.take(1000).count == 1000)
        #expect(try await sender.value == 1000)
        await pair.close()
    }

    @Test("Posting without end to a peer that does not read is refused at the bound")
    func postBound() async throws {
        let pair = try await ConnectedPair()
        let frame = [UInt8](repeating: 1, count: 1_000_000)
        let error = #expect(throws: TransportError.self) {
            try pair.dialling.post([[1]])
            for _ in 0..<100 { try pair.dialling.post([frame]) }
        }
        #expect(error?.code == .queueFull)
        pair.dialling.abort()
        await pair.close()
    }

    @Test("A task that is cancelled stops waiting for frames, and for room")
    func cancellation() async throws {
        let pair = try await ConnectedPair()
        let reader = Task { try await pair.accepting.nextFrames() }
        try await Task.sleep(for: .milliseconds(50))
        reader.cancel()
        #expect(try await reader.value == nil)
        let sender = Task {
            while true { try await pair.accepting.send([[UInt8](repeating: 0, count: 1_000_000)]) }
        }
        try await Task.sleep(for: .milliseconds(300))
        sender.cancel()
        await #expect(throws: TransportError.self) { try await sender.value }
        pair.accepting.abort()
        await pair.close()
    }

    @Test("Every limit on inbound connections holds, and room comes back")
    func connectionLimit() async throws {
        var limits = TransportLimits()
        limits.inboundConnections = 3
        let right = try TestPeer(limits: limits)
        let listener = try await right.listen()
        var held: [PeerConnection] = []
        for _ in 0..<3 {
            held.append(try await TestPeer().transport.dial(listener.address, expecting: right.keys.nodeID))
        }
        await #expect(throws: TransportError.self) {
            try await TestPeer().transport.dial(listener.address, expecting: right.keys.nodeID)
        }
        for connection in held { await connection.close() }
        #expect(await eventually { listener.connectionCount == 0 })
        let again = try await TestPeer().transport.dial(listener.address, expecting: right.keys.nodeID)
        await again.close()
        await listener.close()
    }
}

extension ConnectedPair {
    fileprivate var limits: TransportLimits { TransportLimits() }
}
