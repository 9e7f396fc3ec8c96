import Foundation
import GRDB
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Testing

/// The leaf of an op whose bytes were dropped, in hexadecimal digits.
private let dropped = String(repeating: "00", count: 32)

@Suite("The index of lanes that reconciliations compare")
struct LaneIndexTests {
    /// A district's store with some orders, each in a commit of its own.
    private func store(_ site: Site, with other: Site? = nil, orders: Int) async throws -> ReplicaStore {
        let store = try await site.found(with: other)
        for index in 0..<orders { _ = try await store.commit(site.order("request \(index)"), as: site.actor) }
        return store
    }

    private func everything(in store: ReplicaStore, for node: NodeID) async throws -> [Delta] {
        var deltas: [Delta] = []
        for deltaClass in DeltaClass.allCases {
            let request = ScanRequest(
                session: SessionID(raw: 1),
                deltaClass: deltaClass,
                after: 0,
                byteLimit: 1 << 24,
                countLimit: 10_000,
                filter: EntitlementFilter(authority: store.authority, peer: node)
            )
            deltas += try await store.scan(request).deltas.map(\.delta)
        }
        return deltas
    }

    private func summaries(_ store: ReplicaStore, for node: NodeID) async throws -> [LaneSummary] {
        try await store.laneSummaries(EntitlementFilter(authority: store.authority, peer: node))
            .sorted { $0.key < $1.key }
    }

    @Test("Grows with the commits to what a rebuild makes of the deltas")
    func rebuild() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await store(site, orders: 150)
        let before = try await store.laneIndexDump()
        // A lane of more than 64 deltas has nodes.
        #expect(before.contains { $0.hasPrefix("lane_nodes") })
        try await store.rebuild()
        #expect(try await store.laneIndexDump() == before)
        try await store.close()
    }

    @Test("Is the same in another replica that got the deltas in another order", arguments: [1, 7, 150])
    func arrival(batch: Int) async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let source = try await store(here, with: there, orders: 150)
        let target = try ReplicaStore(there.configuration)
        var chain = PersistBatch(peer: here.node)
        chain.authority = try await source.read { try $0.authorityEntries() }
        chain.audiences = Array(try await source.syncStart().audiences.values)
        _ = try await target.persist(chain)
        var deltas = try await everything(in: source, for: here.node)
        #expect(deltas.count >= 150)
        // Backwards in stretches: each comes before what is held, in the middle of a node or not.
        while !deltas.isEmpty {
            var next = PersistBatch(peer: here.node)
            next.deltas = Array(deltas.suffix(batch))
            deltas.removeLast(next.deltas.count)
            _ = try await target.persist(next)
        }
        let (ours, theirs) = (
            try await summaries(source, for: here.node), try await summaries(target, for: here.node)
        )
        #expect(ours.map(\.digest) == theirs.map(\.digest))
        #expect(ours.map(\.held) == theirs.map(\.held))
        let before = try await target.laneIndexDump()
        try await target.rebuild()
        #expect(try await target.laneIndexDump() == before)
        try await source.close()
        try await target.close()
    }

    @Test("Shows no lane of an audience that the peer is not of")
    func entitlement() async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let store = try await store(here, with: there, orders: 3)
        #expect(try await !summaries(store, for: here.node).isEmpty)
        #expect(try await summaries(store, for: there.node).isEmpty)
        try await store.close()
    }

    @Test(
        "Follows deltas that are changed or removed by other means, when the file is opened",
        arguments: [
            "DELETE FROM deltas WHERE number = (SELECT max(number) FROM deltas)",
            "DELETE FROM deltas WHERE number = (SELECT min(number) FROM deltas)",
            "DELETE FROM deltas",
            "UPDATE deltas SET body = x'1a221a20\(dropped)' WHERE number = (SELECT min(number) FROM deltas)",
        ]
    )
    func changes(statement: String) async throws {
        let site = try Site()
        defer { site.remove() }
        let intact = try await store(site, orders: 130)
        let stale = try await intact.laneIndexDump()
        try await intact.close()
        let file = try DatabaseQueue(path: site.configuration.database.path)
        try await file.write { try $0.execute(sql: statement) }
        try file.close()
        let store = try ReplicaStore(site.configuration)
        let before = try await store.laneIndexDump()
        #expect(before != stale)
        try await store.rebuild()
        #expect(try await store.laneIndexDump() == before)
        try await store.close()
    }

    @Test("Two stores that reconcile by it are equal after one pass")
    func reconcile() async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let source = try await store(here, with: there, orders: 100)
        let target = try ReplicaStore(there.configuration)
        var batch = PersistBatch(peer: here.node)
        batch.authority = try await source.read { try $0.authorityEntries() }
        batch.audiences = Array(try await source.syncStart().audiences.values)
        let deltas = try await everything(in: source, for: here.node)
        batch.deltas = deltas.filter { !$0.header.seq.isMultiple(of: 9) }
        _ = try await target.persist(batch)

        var a = Reconciler(initiator: true, lanes: try await summaries(target, for: here.node), .sodium)
        var b = Reconciler(initiator: false, lanes: try await summaries(source, for: here.node), .sodium)
        var message: ReconciliationMessage? = a.begin(salt: Array(repeating: 5, count: 16))
        var isSourcesTurn = true
        while let sent = message {
            var step = isSourcesTurn ? try b.received(sent) : try a.received(sent)
            while !step.reads.isEmpty {
                let children = try await (isSourcesTurn ? source : target).laneNodes(step.reads)
                step = isSourcesTurn ? b.nodesRead(children) : a.nodesRead(children)
            }
            message = step.message
            isSourcesTurn.toggle()
        }
        #expect(a.differences.allSatisfy { $0.offered.isEmpty })
        var repair = PersistBatch(peer: here.node)
        for difference in b.differences {
            let read = DeltaRead(
                lane: difference.lane.key,
                seqs: difference.offered,
                countLimit: 1_000,
                byteLimit: 1 << 20
            )
            repair.deltas += try await source.deltas(read).deltas.map(\.delta)
        }
        #expect(repair.deltas.count == deltas.count { $0.header.seq.isMultiple(of: 9) })
        #expect(try await target.persist(repair).stored.count == repair.deltas.count)
        #expect(
            try await summaries(target, for: here.node).map(\.digest)
                == summaries(source, for: here.node).map(\.digest)
        )
        try await source.close()
        try await target.close()
    }

    @Test("Deltas of a lane are read on behind any of them, to the end")
    func pages() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await store(site, orders: 6)
        let lane = try #require(try await summaries(store, for: site.node).max { $0.held.count < $1.held.count })
        var left = lane.held
        var after: DeltaID?
        var seqs: [UInt64] = []
        while true {
            let read = DeltaRead(lane: lane.key, seqs: left, after: after, countLimit: 2, byteLimit: 1 << 20)
            let result = try await store.deltas(read)
            seqs += result.deltas.map(\.delta.header.seq)
            guard !result.reachedEnd, let last = result.deltas.last else { break }
            // As where the seq had a second delta: it is asked for again, behind the first.
            left = left.subtracting(SeqSet(ascending: [0...last.delta.header.seq - 1]))
            after = last.delta.id
        }
        #expect(seqs == Array(1...UInt64(lane.held.count)))
        try await store.close()
    }

    @Test("Deltas of a lane are read within both limits, and one at least")
    func limits() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await store(site, orders: 20)
        let lane = try #require(try await summaries(store, for: site.node).max { $0.held.count < $1.held.count })
        func read(_ count: Int, _ bytes: Int) async throws -> [UInt64] {
            let read = DeltaRead(lane: lane.key, seqs: lane.held, countLimit: count, byteLimit: bytes)
            return try await store.deltas(read).deltas.map(\.delta.header.seq)
        }
        #expect(try await read(3, 1 << 20) == [1, 2, 3])
        #expect(try await read(100, 1) == [1])
        #expect(try await read(0, 1 << 20) == [1])
        try await store.close()
    }
}
