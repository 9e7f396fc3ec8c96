import Foundation
import GRDB
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Synchronization
import Testing

@Suite("Replica store")
struct ReplicaStoreTests {
    @Test("A committed order is found by its number, and a rebuild changes no row of the read models")
    func commitAndRebuild() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        for index in 0..<20 {
            let receipt = try await store.commit(site.order("request \(index)"), as: site.actor)
            _ = try await store.commit(
                ActOnWorkOrder(.number(receipt.number), .note, text: "note \(index)"),
                as: site.actor
            )
            let found = try await store.read { try $0.workOrders(number: receipt.number) }
            #expect(found == [receipt.record])
        }
        let before = try await store.readModelDump()
        #expect(before.count >= 40)
        try await store.rebuild()
        #expect(try await store.readModelDump() == before)
        try await store.close()
    }

    @Test("Callers at the same time share transactions and signatures, and get numbers of their own")
    func groupCommit() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let before = store.statistics.transactions
        let numbers = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<256 {
                group.addTask { try await store.commit(site.order("request \(index)"), as: site.actor).number }
            }
            var numbers: Set<String> = []
            for try await number in group { numbers.insert(number) }
            return numbers
        }
        #expect(numbers.count == 256)
        #expect(store.statistics.transactions - before < 128)
        let counts = try await store.read { try $0.counts() }
        #expect(counts.workOrders == 256)
        #expect(counts.deltas < 256)
        try await store.close()
    }

    @Test("The hundredth commit is heard over no more frames than the second")
    func listenerIsNotWrapped() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let depths = Mutex<[Int]>([])
        store.onEvent { _ in
            let depth = Thread.callStackReturnAddresses.count
            depths.withLock { $0.append(depth) }
        }
        for index in 0..<100 { _ = try await store.commit(site.order("request \(index)"), as: site.actor) }
        let heard = depths.withLock { $0 }
        // One event a commit for its deltas, one for what they changed.
        #expect(heard.count == 200)
        #expect(heard.last == heard.dropFirst(3).first)
        try await store.close()
    }

    @Test("A refused command tells its caller alone and leaves nothing behind")
    func refusal() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let before = try await store.read { try $0.counts() }
        await #expect(throws: Refusal.self) {
            try await store.commit(SubmitWorkOrder(service: "none", description: "x", channel: "test"), as: site.actor)
        }
        await #expect(throws: Refusal.self) {
            try await store.commit(ActOnWorkOrder(.number("1"), .note, text: "x"), as: site.actor)
        }
        #expect(try await store.read { try $0.counts() } == before)
        _ = try await store.commit(site.order("good"), as: site.actor)
        try await store.close()
    }

    @Test("The file is flushed at every commit: synchronous is FULL and the journal a WAL")
    func durability() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        #expect(try await store.durability() == "wal 2")
        try await store.close()
    }

    @Test("A second opener is refused while the first serves")
    func locked() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        #expect(throws: StoreError.self) { try ReplicaStore(site.configuration) }
        try await store.close()
        let again = try ReplicaStore(site.configuration)
        try await again.close()
    }

    @Test("A file of a later build is refused with both versions")
    func laterSchema() async throws {
        let site = try Site()
        defer { site.remove() }
        try await site.found().close()
        let file = try DatabaseQueue(path: site.configuration.database.path)
        try await file.write { try $0.execute(sql: "PRAGMA user_version = 999") }
        let error = #expect(throws: StoreError.self) { try ReplicaStore(site.configuration) }
        #expect(error?.code == .schemaTooNew)
        #expect(error?.reason.contains("schema 999, this build knows up to ") == true)
    }

    @Test("A file from before the first release is refused")
    func earlierSchema() async throws {
        let site = try Site()
        defer { site.remove() }
        try await site.found().close()
        let file = try DatabaseQueue(path: site.configuration.database.path)
        try await file.write { try $0.execute(sql: "PRAGMA user_version = 1") }
        let error = #expect(throws: StoreError.self) { try ReplicaStore(site.configuration) }
        #expect(error?.code == .schemaTooOld)
        #expect(error?.reason.contains("schema 1") == true)
    }

    // MARK: Incarnations

    @Test("Incarnation and epoch go on after a clean stop, and only then")
    func incarnation() async throws {
        let site = try Site()
        defer { site.remove() }
        let first = try await site.found()
        _ = try await first.commit(site.order("one"), as: site.actor)
        try await first.close()

        let second = try ReplicaStore(site.configuration)
        #expect(second.incarnation == first.incarnation)
        #expect(second.storeEpoch == first.storeEpoch)
        _ = try await second.commit(site.order("two"), as: site.actor)
        second.abandon()

        let third = try ReplicaStore(site.configuration)
        #expect(third.incarnation != first.incarnation)
        #expect(third.storeEpoch != first.storeEpoch && third.isRestored, "it may be a backup of this start")
        #expect(!third.mayMissErasures, "the list of erasures beside its anchor is its own")
        #expect(try await third.read { try $0.counts() }.workOrders == 2)
        try await third.close()
    }

    @Test("A database put back from a backup gets a new incarnation and a new epoch")
    func restoredBackup() async throws {
        let site = try Site()
        defer { site.remove() }
        let first = try await site.found()
        _ = try await first.commit(site.order("one"), as: site.actor)
        try await first.close()
        let backup = try Data(contentsOf: site.configuration.database)

        let second = try ReplicaStore(site.configuration)
        _ = try await second.commit(site.order("two"), as: site.actor)
        try await second.close()
        try backup.write(to: site.configuration.database)

        let third = try ReplicaStore(site.configuration)
        #expect(third.incarnation != first.incarnation)
        #expect(third.storeEpoch != first.storeEpoch)
        try await third.close()
    }

    @Test("A database put back under an anchor that knows of later arrivals alone gets new names too")
    func restoredArrivals() async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let source = try await here.found(with: there)
        let first = try ReplicaStore(there.configuration)
        var chain = PersistBatch(peer: here.node)
        chain.authority = try await source.read { try $0.authorityEntries() }
        let state = try #require(try await first.persist(chain).authority)
        try await first.close()
        let backup = try Data(contentsOf: there.configuration.database)

        _ = try await source.commit(here.order("theirs"), as: here.actor)
        let request = ScanRequest(
            session: SessionID(raw: 1),
            deltaClass: .interactive,
            after: 0,
            byteLimit: 1 << 20,
            countLimit: 1_000,
            filter: EntitlementFilter(authority: state, peer: here.node)
        )
        var batch = PersistBatch(peer: here.node)
        batch.audiences = Array(try await source.syncStart().audiences.values)
        batch.deltas = try await source.scan(request).deltas.map(\.delta)
        let second = try ReplicaStore(there.configuration)
        #expect(second.storeEpoch == first.storeEpoch)
        #expect(try await !second.persist(batch).stored.isEmpty)
        try await second.close()
        try backup.write(to: there.configuration.database)

        let third = try ReplicaStore(there.configuration)
        #expect(third.incarnation != first.incarnation && third.storeEpoch != first.storeEpoch)
        try await third.close()
        try await source.close()
    }

    @Test("A lost anchor file costs the incarnation, and a number is still given only once")
    func lostAnchor() async throws {
        let site = try Site()
        defer { site.remove() }
        let first = try await site.found()
        try await first.close()
        try FileManager.default.removeItem(at: site.configuration.anchor)
        let second = try ReplicaStore(site.configuration)
        #expect(second.incarnation != first.incarnation)
        try await second.close()
    }

    @Test("After an unclean stop numbers go on with the next block")
    func numberBlocks() async throws {
        let site = try Site()
        defer { site.remove() }
        let first = try await site.found()
        let number = try await first.commit(site.order("one"), as: site.actor).number
        #expect(number.hasSuffix("00001"))
        first.abandon()
        let second = try ReplicaStore(site.configuration)
        let next = try await second.commit(site.order("two"), as: site.actor).number
        #expect(next.hasSuffix("00101"))
        try await second.close()
    }

    @Test("The same idempotency key gives the same answer, with another request a refusal")
    func idempotency() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let key = IdempotencyKey(key: "k", digest: [1])
        let first = try await store.commit(Numbered(order: site.order("one")), as: site.actor, idempotencyKey: key)
        let again = try await store.commit(Numbered(order: site.order("one")), as: site.actor, idempotencyKey: key)
        #expect(first == again)
        #expect(try await store.read { try $0.counts() }.workOrders == 1)
        let other = IdempotencyKey(key: "k", digest: [2])
        await #expect(throws: StoreError.self) {
            try await store.commit(Numbered(order: site.order("two")), as: site.actor, idempotencyKey: other)
        }
        try await store.close()
    }

    // MARK: Peers

    @Test("What one store streams another takes over: same rows, cursor and all, and a second time nothing")
    func replication() async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let source = try await here.found(with: there)
        for index in 0..<50 { _ = try await source.commit(here.order("request \(index)"), as: here.actor) }
        let target = try ReplicaStore(there.configuration)
        var chain = PersistBatch(peer: here.node)
        chain.authority = try await source.read { try $0.authorityEntries() }
        let state = try #require(try await target.persist(chain).authority)

        let request = ScanRequest(
            session: SessionID(raw: 1),
            deltaClass: .interactive,
            after: 0,
            byteLimit: 1 << 20,
            countLimit: 1_000,
            filter: EntitlementFilter(authority: state, peer: here.node)
        )
        let scanned = try await source.scan(request)
        #expect(scanned.reachedEnd)
        var batch = PersistBatch(peer: here.node)
        batch.audiences = Array(try await source.syncStart().audiences.values)
        batch.deltas = scanned.deltas.map(\.delta)
        batch.cursors = [
            Cursor(peer: here.node, storeEpoch: source.storeEpoch, deltaClass: .interactive, lsn: scanned.scannedTo)
        ]
        #expect(try await target.persist(batch).stored.count == scanned.deltas.count)
        #expect(try await target.persist(batch).stored.isEmpty)
        #expect(try await target.readModelDump() == source.readModelDump())
        #expect(try await target.syncStart().cursors == batch.cursors)

        // The street is not entitled to what is the district's alone.
        let stranger = ScanRequest(
            session: SessionID(raw: 1),
            deltaClass: .interactive,
            after: 0,
            byteLimit: 1 << 20,
            countLimit: 1_000,
            filter: EntitlementFilter(authority: state, peer: there.node)
        )
        let filtered = try await source.scan(stranger)
        #expect(filtered.deltas.isEmpty && filtered.reachedEnd && filtered.scannedTo == scanned.scannedTo)
        try await source.close()
        try await target.close()
    }

    @Test("A batch that cannot be taken is rolled back whole, cursor and all, and the store goes on")
    func rollback() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        _ = try await store.commit(site.order("one"), as: site.actor)
        let scan = ScanRequest(
            session: SessionID(raw: 1),
            deltaClass: .interactive,
            after: 0,
            byteLimit: 1 << 20,
            countLimit: 10,
            filter: EntitlementFilter(authority: store.authority, peer: site.node)
        )
        let delta = try #require(try await store.scan(scan).deltas.first?.delta)
        let other = try Site()
        defer { other.remove() }
        let empty = try await other.found()
        var batch = PersistBatch(peer: site.node)
        batch.deltas = [delta]
        batch.cursors = [Cursor(peer: site.node, storeEpoch: store.storeEpoch, deltaClass: .interactive, lsn: 9)]
        await #expect(throws: DeltaError.self) { try await empty.persist(batch) }
        #expect(try await empty.syncStart().cursors.isEmpty)
        _ = try await empty.commit(other.order("goes on"), as: other.actor)
        try await store.close()
        try await empty.close()
    }
}

/// A work order whose answer can be kept.
private struct Numbered: Command {
    let order: SubmitWorkOrder

    func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<String> {
        let plan = try order.plan(reader, context)
        return Plan(drafts: plan.drafts, receipt: plan.receipt.number)
    }
}

/// A node's folder, keys and place, for one test.
struct Site: Sendable {
    let folder: URL
    let keys = NodeKeys.generate()
    let place: PlaceID
    let tier: Tier
    let root = SigningKey.generate()

    init(tier: Tier = .district) throws {
        self.tier = tier
        self.place = PlaceID(raw: tier == .district ? 1 : 2)
        self.folder = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    var node: NodeID { keys.nodeID }
    var actor: Actor { Actor(node: node, place: place) }

    var configuration: StoreConfiguration {
        StoreConfiguration(
            database: folder.appendingPathComponent("replica.sqlite"),
            anchor: folder.appendingPathComponent("anchor"),
            node: node,
            signer: keys.signer,
            cryptography: .sodium,
            purposes: { _ in .none },
            now: { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) },
            random: { secureRandomBytes($0) }
        )
    }

    func order(_ text: String) -> SubmitWorkOrder {
        SubmitWorkOrder(service: "0101", description: text, channel: "test")
    }

    /// Opens the store of a district with this node as its first, and perhaps a street with another.
    ///
    /// - Parameter changed: in place of the site's own configuration.
    func found(with other: Site? = nil, _ changed: StoreConfiguration? = nil) async throws -> ReplicaStore {
        let store = try ReplicaStore(changed ?? configuration)
        let district = Place(id: place, tier: .district, parent: nil, code: "441202000000", name: "端州区")
        let (genesis, own) = (root.publicKey, enrolment(ordinal: 1))
        _ = try await store.appendAuthority(by: keys.signer, root: root.signer) { [node] _ in
            [.genesis(root: genesis, signer: node, district: district), .enrol(own, invite: nil)]
        }
        if let other {
            let street = Place(
                id: other.place,
                tier: .street,
                parent: place,
                code: "441202001000",
                name: "城东街道"
            )
            let enrolment = other.enrolment(ordinal: 1)
            _ = try await store.appendAuthority(by: keys.signer) { _ in
                [.place(street), .enrol(enrolment, invite: nil)]
            }
        }
        return store
    }

    private func enrolment(ordinal: Int) -> Enrolment {
        Enrolment(
            node: node,
            sealingKey: keys.sealingKey,
            place: place,
            name: "node",
            ordinal: ordinal,
            addresses: []
        )
    }
}
