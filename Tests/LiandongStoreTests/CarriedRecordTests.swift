import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Testing

/// A record of the district's own that a street is given: the street's file holds excerpts only.
@Suite("Records that came by excerpts, in the file")
struct CarriedRecordTests {
    /// What a node may have of a store, in the order of its arrival there.
    private func deltas(of store: ReplicaStore, for node: NodeID) async throws -> [Delta] {
        let request = ScanRequest(
            session: SessionID(raw: 1),
            deltaClass: .interactive,
            after: 0,
            byteLimit: 1 << 24,
            countLimit: 10_000,
            filter: EntitlementFilter(authority: store.authority, peer: node)
        )
        return try await store.scan(request).deltas.map(\.delta)
    }

    private func batch(_ deltas: [Delta], from store: ReplicaStore, _ site: Site) async throws -> PersistBatch {
        var batch = PersistBatch(peer: site.node)
        let used = Set(deltas.map(\.lane.audience))
        batch.audiences = try await store.syncStart().audiences.filter { used.contains($0.key) }.map(\.value)
        batch.deltas = deltas
        return batch
    }

    private func opened(_ here: Site, _ there: Site) async throws -> (source: ReplicaStore, target: ReplicaStore) {
        let source = try await here.found(with: there)
        let target = try ReplicaStore(there.configuration)
        var chain = PersistBatch(peer: here.node)
        chain.authority = try await source.read { try $0.authorityEntries() }
        _ = try await target.persist(chain)
        return (source, target)
    }

    @Test("A street that is given an order reads it, works on it, and a rebuild changes no row", arguments: [1, 9])
    func givenOrder(stretch: Int) async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let (source, target) = try await opened(here, there)
        let receipt = try await source.commit(here.order("plainly told"), as: here.actor)
        _ = try await source.commit(here.order("planted elsewhere"), as: here.actor)
        _ = try await source.commit(
            ActOnWorkOrder(.record(receipt.record), .offer(to: there.place)),
            as: here.actor
        )
        let given = try await deltas(of: source, for: there.node)
        #expect(!given.isEmpty)
        var rest = given
        while !rest.isEmpty {
            let next = Array(rest.suffix(stretch))
            rest.removeLast(next.count)
            _ = try await target.persist(try await batch(next, from: source, here))
        }
        _ = try await target.commit(ActOnWorkOrder(.record(receipt.record), .take), as: there.actor)
        let before = try await target.readModelDump()
        #expect(before.contains { $0.hasPrefix("work_orders ") })
        try await target.rebuild()
        #expect(try await target.readModelDump() == before)
        let counts = try await target.read { try $0.counts() }
        #expect(counts.parked == 0 && counts.workOrders == 1)

        let back = try await deltas(of: target, for: here.node).filter { $0.lane.origin == there.node }
        _ = try await source.persist(try await batch(back, from: target, there))
        let ours = try await source.read { try $0.workOrder(receipt.record) }
        #expect(ours?.holders == [there.place])
        #expect(try await target.read { try $0.workOrder(receipt.record) } == ours)

        // Neither what is told of lanes nor the file knows the deltas that the excerpts are of.
        let audience = try #require(Audience(lines: [here.place, there.place]))
        let own = AudienceID(audience, .sodium)
        let start = try await target.syncStart()
        #expect(!start.lanes.isEmpty && start.lanes.allSatisfy { $0.key.audience == own })
        try await source.close()
        try await target.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: there.folder.path)
        let files = try names.map { try Data(contentsOf: there.folder.appendingPathComponent($0)) }
        #expect(files.contains { $0.range(of: Data("plainly told".utf8)) != nil }, "the search finds what is there")
        #expect(files.allSatisfy { $0.range(of: Data("planted elsewhere".utf8)) == nil })
    }

    /// Whether a text stands in any file of a store, without its log's padding.
    private func holds(_ text: String, _ site: Site) throws -> Bool {
        let names = try FileManager.default.contentsOfDirectory(atPath: site.folder.path)
        return try names.contains { name in
            let data = try Data(contentsOf: site.folder.appendingPathComponent(name))
            return data.range(of: Data(text.utf8)) != nil
        }
    }

    @Test(
        "Taken back, no byte of it is left in the street's files, and all of it in the district's",
        arguments: [1, 9]
    )
    func takenBack(stretch: Int) async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let (source, target) = try await opened(here, there)
        let receipt = try await source.commit(here.order("TEXTQ7 plainly told"), as: here.actor)
        let order = WorkOrderSelector.record(receipt.record)
        _ = try await source.commit(ActOnWorkOrder(order, .offer(to: there.place), text: "OFFERQ7"), as: here.actor)
        _ = try await target.persist(try await batch(deltas(of: source, for: there.node), from: source, here))
        let refusal = ActOnWorkOrder(order, .refuse(reason: "REASONQ7"))
        _ = try await target.commit(refusal, as: there.actor)
        let back = try await deltas(of: target, for: here.node).filter { $0.lane.origin == there.node }
        _ = try await source.persist(try await batch(back, from: target, there))
        let marks = ["TEXTQ7", "OFFERQ7", "REASONQ7"]
        for mark in marks { #expect(try holds(mark, there), "the search finds what is there: \(mark)") }
        let before = try await source.read { try $0.workOrder(receipt.record) }

        let narrowed = try await source.commit(NarrowWorkOrder(order), as: here.actor)
        #expect(narrowed.takenFrom == [there.place])
        // Late: the street has not heard of it.
        _ = try await target.commit(ActOnWorkOrder(order, .note, text: "LATEQ7"), as: there.actor)
        var news = try await deltas(of: source, for: there.node)
        while !news.isEmpty {
            let next = Array(news.suffix(stretch))
            news.removeLast(next.count)
            _ = try await target.persist(try await batch(next, from: source, here))
        }
        try await target.finishErasures()
        for mark in marks { #expect(try !holds(mark, there), "\(mark)") }
        #expect(try await target.read { try $0.workOrder(receipt.record) } == nil)
        #expect(try await target.readModelDump().isEmpty)
        let told = try await target.read { try $0.recordsLetGo(limit: 10) }
        #expect(told.map(\.record) == [receipt.record] && told.map(\.late) == [2] && told.map(\.author) == [here.node])
        let index = try await target.laneIndexDump()
        try await target.rebuild()
        #expect(try await target.readModelDump().isEmpty)
        #expect(try await target.laneIndexDump() == index)
        #expect(try holds("LATEQ7", there), "nothing is lost before it is taken over")

        let after = try await source.read { try $0.workOrder(receipt.record) }
        #expect(after?.events == before?.events && after?.description == before?.description)
        let late = try await deltas(of: target, for: here.node).filter { $0.lane.origin == there.node }
        _ = try await source.persist(try await batch(late, from: target, there))
        let scattered = try await source.read { try $0.scatteredRecords(limit: 10) }
        #expect(scattered.map(\.number) == [receipt.number])
        #expect(Set(scattered.flatMap(\.lanes).map(\.origin)) == [there.node])
        #expect(try await source.commit(TakeOver(receipt.record), as: here.actor).isDone)
        #expect(try await source.read { try $0.scatteredRecords(limit: 10) }.isEmpty)
        _ = try await target.persist(try await batch(deltas(of: source, for: there.node), from: source, here))
        try await target.finishErasures(now: .now + .seconds(3_600))
        #expect(try !holds("LATEQ7", there))
        #expect(try await target.read { try $0.recordsLetGo(limit: 10) }.map(\.late) == [0])

        let rows = try await source.readModelDump()
        try await source.rebuild()
        #expect(try await source.readModelDump() == rows)
        let order7 = try await source.read { try $0.workOrder(receipt.record) }
        #expect(order7?.events.contains { $0.text == "LATEQ7" } == true)
        #expect(order7?.description == "TEXTQ7 plainly told")
        try await source.close()
        try await target.close()
    }

    @Test("What a revoked node wrote vanishes with the entry, though no delta of it is held")
    func revoked() async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let (source, target) = try await opened(here, there)
        let receipt = try await source.commit(here.order("open"), as: here.actor)
        _ = try await source.commit(ActOnWorkOrder(.record(receipt.record), .offer(to: there.place)), as: here.actor)
        _ = try await target.persist(try await batch(deltas(of: source, for: there.node), from: source, here))
        #expect(try await target.read { try $0.workOrder(receipt.record) } != nil)
        _ = try await source.appendAuthority(by: here.keys.signer) { [here] _ in
            [.revoke(here.node, AuthorityState.Revocation(cuts: [:], reason: "stolen"))]
        }
        var chain = PersistBatch(peer: here.node)
        chain.authority = try await source.read { try $0.authorityEntries() }
        _ = try await target.persist(chain)
        #expect(try await target.read { try $0.workOrder(receipt.record) } == nil)
        #expect(try await target.readModelDump().isEmpty)
        try await source.close()
        try await target.close()
    }
}
