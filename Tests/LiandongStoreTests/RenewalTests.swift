import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Synchronization
import Testing

/// A replica put back together with its anchor file, and what peers say of it.
@Suite("New names for a replica that went back") struct RenewalTests {
    /// A store that was put back to its first order, its anchor with it, after it had written a second.
    private func restored(
        _ site: Site
    ) async throws -> (
        store: ReplicaStore, lost: [CommittedDelta], Renewal
    ) {
        let first = try await site.found()
        _ = try await first.commit(site.order("one"), as: site.actor)
        try await first.close()
        let (database, anchor) = (site.configuration.database, site.configuration.anchor)
        let backup = (try Data(contentsOf: database), try Data(contentsOf: anchor))

        let second = try ReplicaStore(site.configuration)
        let names = Renewal(incarnation: second.incarnation, storeEpoch: second.storeEpoch)
        let lost = Mutex<[CommittedDelta]>([])
        second.onEvent { event in
            if case .committed(let deltas, _) = event { lost.withLock { $0 += deltas } }
        }
        _ = try await second.commit(site.order("two"), as: site.actor)
        try await second.close()
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: database.path + suffix)
        }
        try backup.0.write(to: database)
        try backup.1.write(to: anchor)

        let store = try ReplicaStore(site.configuration)
        #expect(
            store.incarnation == names.incarnation && store.storeEpoch == names.storeEpoch,
            "nothing shows it"
        )
        return (store, lost.withLock { $0 }, names)
    }

    private func lanes(_ lost: [CommittedDelta], _ store: ReplicaStore, peer: NodeID) -> RewindReport {
        RewindReport(
            peer: peer,
            storeEpoch: store.storeEpoch,
            claim: .lanes(lost.map { .init(lane: $0.delta.lane, ours: 1, theirs: $0.delta.header.seq) })
        )
    }

    @Test(
        "What peers know of its lanes gives it a new incarnation and a new epoch, beyond restarts, and only once"
    )
    func byHeads() async throws {
        let site = try Site()
        defer { site.remove() }
        let (store, lost, before) = try await restored(site)
        let peer = NodeKeys.generate().nodeID
        let report = lanes(lost, store, peer: peer)
        let renewal = try #require(try await store.renew(report))
        #expect(renewal.incarnation != before.incarnation && renewal.storeEpoch != before.storeEpoch)
        #expect(store.incarnation == renewal.incarnation && store.storeEpoch == renewal.storeEpoch)
        #expect(try await store.renew(report) == nil)
        #expect(try await store.renew(lanes(lost, store, peer: peer)) == nil, "it was acted upon")

        let written = Mutex<[CommittedDelta]>([])
        store.onEvent { event in
            if case .committed(let deltas, _) = event { written.withLock { $0 += deltas } }
        }
        let number = try await store.commit(site.order("three"), as: site.actor).number
        let sequence = try #require(Int(number.suffix(5)))
        #expect(sequence > 1_000, "the lost history had the next numbers")
        let lanes = written.withLock { $0.map(\.delta.lane.incarnation) }
        #expect(!lanes.isEmpty && lanes.allSatisfy { $0 == renewal.incarnation })
        let alarms = try await store.read { try $0.alarms(limit: 10) }
        #expect(
            !alarms.isEmpty
                && alarms.allSatisfy { $0.alarm.kind == .rewoundLane && $0.alarm.peer == peer }
        )
        try await store.close()

        let again = try ReplicaStore(site.configuration)
        #expect(again.incarnation == renewal.incarnation && again.storeEpoch == renewal.storeEpoch)
        try await again.close()
    }

    @Test("A cursor ahead of the store gives it new names, one that is not does nothing")
    func byCursor() async throws {
        let site = try Site()
        defer { site.remove() }
        let (store, lost, before) = try await restored(site)
        let peer = NodeKeys.generate().nodeID
        let ahead = try #require(lost.map(\.lsn).max())
        for lsn in [ahead - LSN(lost.count), ahead] {
            let report = RewindReport(peer: peer, storeEpoch: before.storeEpoch, claim: .store(lsn))
            #expect(try await (store.renew(report) != nil) == (lsn == ahead))
        }
        #expect(store.storeEpoch != before.storeEpoch)
        try await store.close()
    }

    @Test(
        "Its own lost deltas give it new names in the transaction that takes them, and the fork is kept and shown"
    )
    func byDeltas() async throws {
        let site = try Site()
        defer { site.remove() }
        let (store, lost, before) = try await restored(site)
        _ = try await store.commit(site.order("another two"), as: site.actor)
        let peer = NodeKeys.generate().nodeID
        var batch = PersistBatch(peer: peer)
        batch.deltas = lost.map(\.delta)
        let outcome = try await store.persist(batch)
        let renewal = try #require(outcome.renewal)
        #expect(renewal.incarnation != before.incarnation && store.incarnation == renewal.incarnation)
        #expect(outcome.forks.count == lost.count)
        let branches = try await store.read { try $0.forkBranches(limit: 100) }
        #expect(branches.count == 2 * lost.count)
        #expect(Set(branches.map(\.source)) == [nil, peer])
        #expect(try await store.read { try $0.counts() }.workOrders == 3, "both histories are kept")
        let again = try await store.persist(batch)
        #expect(again.renewal == nil && again.stored.isEmpty)
        try await store.close()
    }

    @Test("Cuts keep what is held, or what is stamped up to a time, or the lanes that are named")
    func cuts() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let written = Mutex<[CommittedDelta]>([])
        store.onEvent { event in
            if case .committed(let deltas, _) = event { written.withLock { $0 += deltas } }
        }
        for text in ["one", "two", "three"] {
            _ = try await store.commit(site.order(text), as: site.actor)
            // Stamps are milliseconds: the next order is to be later.
            try await Task.sleep(for: .milliseconds(5))
        }
        let deltas = written.withLock { $0.map(\.delta) }.sorted { $0.header.hlc < $1.header.hlc }
        let all = try await store.read { try $0.cuts(of: site.node, upTo: nil, seqs: nil) }
        #expect(all.allSatisfy { $0.cut?.seq == $0.highest && $0.behind == 0 } && !all.isEmpty)

        let middle = try #require(deltas.dropFirst(deltas.count / 3).first)
        let time = Instant(milliseconds: middle.header.hlc.milliseconds)
        let timed = try await store.read { try $0.cuts(of: site.node, upTo: time, seqs: nil) }
        let later = deltas.count { $0.header.hlc.milliseconds > time.milliseconds }
        #expect(timed.reduce(0) { $0 + $1.behind } == later && later > 0)
        let cut = try #require(timed.first { $0.lane == middle.lane }?.cut)
        let last = deltas.last {
            $0.lane == middle.lane && $0.header.hlc.milliseconds <= time.milliseconds
        }
        #expect(cut.header == last?.id && cut.seq == last?.header.seq)

        let lane = try #require(all.first)
        let named = try await store.read { try $0.cuts(of: site.node, upTo: nil, seqs: [lane.id: 1]) }
        #expect(named.first { $0.id == lane.id }?.cut?.seq == 1)
        #expect(
            named.filter { $0.id != lane.id }.allSatisfy { $0.cut == nil && $0.behind == Int($0.highest) }
        )
        try await store.close()
    }
}
