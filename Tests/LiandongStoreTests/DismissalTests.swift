import Foundation
import LiandongCore
import LiandongSigning
import LiandongStore
import Synchronization
import Testing

/// What an operator has looked at stays marked until more is learnt of the same.
@Suite("Dismissals of forks and alarms") struct DismissalTests {
    private let peer = NodeKeys.generate().nodeID

    private func alarm(_ theirs: UInt64, of subject: [UInt8] = [1, 2]) -> Alarm {
        Alarm(kind: .rewoundLane, subject: subject, peer: peer, ours: 1, theirs: theirs)
    }

    private func names(_ store: ReplicaStore) async throws -> [String: String] {
        try await store.read { try $0.dismissals().mapValues(\.operatorName) }
    }

    @Test("A peer that says more takes an alarm's mark away, one that says the same does not, and no clock is asked")
    func alarms() async throws {
        let site = try Site()
        defer { site.remove() }
        // A clock that goes back between the two: what is learnt later is stamped before.
        let clock = Mutex<Int64>(1_700_000_000_000)
        var configuration = site.configuration
        configuration.now = { Instant(milliseconds: clock.withLock { $0 }) }
        let store = try await site.found(with: nil, configuration)
        for one in [alarm(5), alarm(5, of: [3])] { try await store.keep(one) }
        let (name, other) = (Dismissal.subject(of: alarm(5)), Dismissal.subject(of: alarm(5, of: [3])))
        #expect(name == "rewound-lane:0102")
        for subject in [name, other] { try await store.dismiss(subject, by: "李工") }
        clock.withLock { $0 -= 3_600_000 }
        try await store.keep(alarm(5))
        #expect(try await names(store) == [name: "李工", other: "李工"], "nothing new")
        try await store.keep(alarm(6))
        #expect(try await names(store) == [other: "李工"], "the one that more is known of")
        #expect(try await store.read { try $0.alarms(limit: 10) }.count == 2, "both are kept")
        try await store.close()
    }

    @Test("A fork is marked across restarts and rebuilds until a further branch comes")
    func forks() async throws {
        let site = try Site()
        defer { site.remove() }
        let history = try await site.found()
        _ = try await history.commit(site.order("before"), as: site.actor)
        try await history.close()
        let backup = try Backup(site)
        // The same positions three times over, each by a replica that does not know of the others.
        var branches: [[Delta]] = []
        for text in ["one", "two", "three"] {
            try backup.putBack()
            let store = try ReplicaStore(site.configuration)
            let written = Mutex<[Delta]>([])
            store.onEvent { event in
                if case .committed(let deltas, _) = event { written.withLock { $0 += deltas.map(\.delta) } }
            }
            _ = try await store.commit(site.order(text), as: site.actor)
            branches.append(written.withLock { $0 })
            try await store.close()
        }
        func persist(_ deltas: [Delta], in store: ReplicaStore) async throws -> Int {
            var batch = PersistBatch(peer: peer)
            batch.deltas = deltas
            return try await store.persist(batch).forks.count
        }
        var store = try ReplicaStore(site.configuration)
        let count = try await persist(branches[0], in: store)
        #expect(count > 0)
        let first = try #require(try await store.read { try $0.forkBranches(limit: 10) }.first)
        let subject = Dismissal.subject(ofFork: LaneID(first.lane, .sodium), seq: first.seq)
        try await store.dismiss(subject, by: "李工")
        #expect(try await persist(branches[0], in: store) == 0, "it is held")
        try await store.rebuild()
        try await store.close()
        store = try ReplicaStore(site.configuration)
        #expect(try await names(store) == [subject: "李工"])
        #expect(try await persist(branches[1], in: store) == count)
        #expect(try await names(store) == [:], "a third history is news")
        let known = try await store.read { try $0.forkBranches(limit: 100) }
        #expect(known.count == 3 * count && known.count { $0.lane == first.lane && $0.seq == first.seq } == 3)
        try await store.close()
    }
}

/// A site's database and anchor file as they were.
private struct Backup {
    private let files: [(url: URL, data: Data)]
    private let logs: [URL]

    init(_ site: Site) throws {
        let configuration = site.configuration
        files = try [configuration.database, configuration.anchor].map { ($0, try Data(contentsOf: $0)) }
        logs = ["-wal", "-shm"].map { URL(filePath: configuration.database.path + $0) }
    }

    func putBack() throws {
        for log in logs { try? FileManager.default.removeItem(at: log) }
        for (url, data) in files { try data.write(to: url) }
    }
}
