import LiandongCore
import LiandongSigning
import LiandongTransport
import Synchronization
import Testing

@Suite("Dialling", .timeLimit(.minutes(1)))
struct DialPoolTests {
    /// Runs a pool for as long as the body, with sessions that last until the peer ends them.
    private func withPool(_ transport: PeerTransport, _ body: (DialPool) async throws -> Void) async throws {
        let pool = DialPool(transport, jitterSeed: 1)
        let running = Task { await pool.run { _ = await $0.takeToEnd() } }
        try await body(pool)
        running.cancel()
        await running.value
    }

    @Test("Tries each address, and dials again after a session ends")
    func redials() async throws {
        let (left, right) = (try TestPeer(), try TestPeer())
        let listener = try await right.listen()
        let gone = try await right.listen()
        await gone.close()
        let accepting = Task {
            var count = 0
            for await connection in listener.connections {
                count += 1
                await connection.close()
                if count == 3 { return }
            }
        }
        let target = DialTarget(
            node: right.keys.nodeID,
            addresses: ["not an address", gone.address.description, listener.address.description]
        )
        try await withPool(left.transport) { pool in
            pool.replaceTargets([target, DialTarget(node: left.keys.nodeID, addresses: ["127.0.0.1:1"])])
            await accepting.value
            #expect(pool.states.count == 1)
        }
        await listener.close()
    }

    @Test("A target taken out is not dialled again, its session goes on, and it may come back")
    func replacesTargets() async throws {
        let (left, right) = (try TestPeer(), try TestPeer())
        let listener = try await right.listen()
        let target = DialTarget(node: right.keys.nodeID, addresses: [listener.address.description])
        try await withPool(left.transport) { pool in
            pool.replaceTargets([target])
            var arrivals = listener.connections.makeAsyncIterator()
            let first = try #require(await arrivals.next())
            #expect(await eventually { if case .connected = pool.states[target.node] { true } else { false } })
            pool.replaceTargets([])
            try await first.send([[1]])
            await first.close()
            #expect(await eventually { pool.states.isEmpty })
            #expect(await eventually { listener.connectionCount == 0 })
            pool.replaceTargets([target])
            let second = try #require(await arrivals.next())
            #expect(second.peer == left.keys.nodeID)
        }
        await listener.close()
    }

    @Test("A wrong key is kept as the state's error, and waking dials at once")
    func wakes() async throws {
        let (left, right) = (try TestPeer(), try TestPeer())
        let listener = try await right.listen()
        let impostor = NodeKeys.generate().nodeID
        try await withPool(left.transport) { pool in
            pool.replaceTargets([DialTarget(node: impostor, addresses: [listener.address.description])])
            for _ in 0..<20 {
                #expect(
                    await eventually {
                        guard case .waiting(let error) = pool.states[impostor] else { return false }
                        return error?.code == .wrongKey && error?.presented == right.keys.nodeID
                    }
                )
                pool.wakeNow(impostor)
            }
        }
        await listener.close()
    }

    @Test("Ending the pool ends its sessions")
    func ends() async throws {
        let (left, right) = (try TestPeer(), try TestPeer())
        let listener = try await right.listen()
        let target = DialTarget(node: right.keys.nodeID, addresses: [listener.address.description])
        try await withPool(left.transport) { pool in
            pool.replaceTargets([target])
            _ = await listener.connections.first { _ in true }
        }
        #expect(await eventually { listener.connectionCount == 0 })
        await listener.close()
    }
}
