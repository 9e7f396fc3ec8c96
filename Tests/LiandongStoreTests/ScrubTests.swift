import Foundation
import GRDB
import LiandongCore
import LiandongDomain
import LiandongStore
import Synchronization
import Testing

@Suite("Bytes that rot on the disk") struct ScrubTests {
    private func everything(_ store: ReplicaStore, for node: NodeID) async throws -> [Delta] {
        let filter = EntitlementFilter(authority: store.authority, peer: node)
        var deltas: [Delta] = []
        for lane in try await store.laneSummaries(filter) {
            let read = DeltaRead(lane: lane.key, seqs: lane.held, countLimit: 10_000, byteLimit: 1 << 24)
            deltas += try await store.deltas(read).deltas.map(\.delta)
        }
        return deltas
    }

    @Test("A sound replica is found sound, all of it or a part") func sound() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        for index in 0..<10 { _ = try await store.commit(site.order("request \(index)"), as: site.actor) }
        let all = try await store.scrubAll()
        #expect(all.checkedCount >= 10)
        #expect(all.rot.isEmpty)
        let part = try await store.scrub(ScrubRequest(countLimit: 4, byteLimit: 1 << 20))
        #expect(part.checkedCount == 4)
        #expect(part.rot.isEmpty)
        try await store.close()
    }

    @Test(
        "A damaged delta is set aside, in no stream and no digest, and takes its place again when a peer sends it",
        arguments: [
            "UPDATE deltas SET body = CAST(substr(body, 1, length(body) - 1) || x'5A' AS BLOB) WHERE number = 20",
            "UPDATE deltas SET body = x'FFFF' WHERE number = 20",
            "UPDATE deltas SET header = x'0801' WHERE number = 20",
            "UPDATE deltas SET signature = zeroblob(64) WHERE number = (SELECT max(number) FROM deltas)",
        ]
    )
    func rot(damage: String) async throws {
        let site = try Site()
        defer { site.remove() }
        let first = try await site.found()
        for index in 0..<30 { _ = try await first.commit(site.order("request \(index)"), as: site.actor) }
        let before = try await everything(first, for: site.node)
        let index = try await first.laneIndexDump()
        let models = try await first.readModelDump()
        try await first.close()
        let file = try DatabaseQueue(path: site.configuration.database.path)
        // Behind the back of the triggers, as a disk does it.
        try await file.write { try $0.execute(sql: "DROP TRIGGER deltas_body_changed; \(damage)") }
        try file.close()

        let store = try ReplicaStore(site.configuration)
        let found = try await store.scrubAll()
        let rot = try #require(found.rot.first)
        #expect(found.rot.count == 1)
        #expect(try await store.setAsideCount() == 1)
        let left = try await everything(store, for: site.node)
        #expect(left.count == before.count - 1)
        #expect(!left.contains { $0.id == rot.id })
        #expect(try await store.scrubAll().rot.isEmpty)
        // Its number is nobody else's.
        _ = try await store.commit(site.order("one more"), as: site.actor)
        let lost = try #require(before.first { $0.id == rot.id })

        var batch = PersistBatch(peer: site.node)
        batch.deltas = [lost]
        let outcome = try await store.persist(batch)
        #expect(outcome.stored.map(\.delta) == [lost])
        #expect(outcome.forks.isEmpty)
        #expect(try await store.setAsideCount() == 0)
        #expect(Set(try await everything(store, for: site.node)).isSuperset(of: before))
        // A second time it is held.
        #expect(try await store.persist(batch).stored.isEmpty)
        let now = try await store.laneIndexDump()
        #expect(Set(models).isSubset(of: Set(try await store.readModelDump())))
        try await store.rebuild()
        #expect(try await store.laneIndexDump() == now)
        #expect(!index.isEmpty)
        try await store.close()
    }

    @Test("Folding anew tells of a record of which all deltas are set aside") func gone() async throws {
        let site = try Site()
        defer { site.remove() }
        let first = try await site.found()
        let kept = try await first.commit(site.order("kept"), as: site.actor).record
        let file = try DatabaseQueue(path: site.configuration.database.path)
        let last = try await file.read { try Int.fetchOne($0, sql: "SELECT max(number) FROM deltas") }
        let lost = try await first.commit(site.order("lost"), as: site.actor).record
        try await first.close()
        try await file.write { db in
            try db.execute(sql: "DROP TRIGGER deltas_body_changed")
            try db.execute(sql: "UPDATE deltas SET body = x'FFFF' WHERE number > ?", arguments: [last])
        }
        try file.close()

        let store = try ReplicaStore(site.configuration)
        #expect(try await store.scrubAll().rot.isEmpty == false)
        let told = Mutex<Set<RecordID>>([])
        store.onEvent { event in
            if case .changed(let changes) = event { told.withLock { $0.formUnion(changes.records) } }
        }
        try await store.rebuild()
        #expect(told.withLock { $0.isSuperset(of: [kept, lost]) })
        #expect(try await store.read { try $0.countedOrder(lost) == nil && $0.countedOrder(kept) != nil })
        try await store.close()
    }
}
