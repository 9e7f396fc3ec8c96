import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Testing

@testable import LiandongNode

@Suite("Orders that figures are made of")
struct KeptOrdersTests {
    private func order(_ text: String = "path blocked") -> SubmitWorkOrder {
        SubmitWorkOrder(service: "0101", description: text, channel: "test")
    }

    /// What is kept of a site's orders, as a node keeps it.
    private func kept(_ store: ReplicaStore) -> KeptOrders {
        let orders = KeptOrders(store)
        store.onEvent { event in
            if case .changed(let changes) = event { orders.note(changes.records) }
        }
        return orders
    }

    private func count(_ orders: KeptOrders, at now: Instant) async throws -> Int {
        try await orders.ask(at: now) { $0.count }
    }

    private func overdue(_ orders: KeptOrders, at now: Instant) async throws -> Int {
        let bounds = OverdueBounds(.current, .mainlandChina, at: now)
        return try await orders.ask(at: now) { $0.figures(of: nil, overdue: bounds, at: now).overdue }
    }

    @Test("What was written is counted at once: what is new, changed, erased")
    func follows() async throws {
        try await DeskSite.with { site in
            let orders = kept(site.store)
            let first = try await site.store.commit(order(), as: site.actor)
            #expect(try await count(orders, at: site.clock.now) == 1)
            _ = try await site.store.commit(order(), as: site.actor)
            #expect(try await count(orders, at: site.clock.now) == 2)
            let decline = ActOnWorkOrder(.number(first.number), .decline(reason: .outsideRemit, whereTo: "the court"))
            _ = try await site.store.commit(decline, as: site.actor)
            let open = try await orders.ask(at: site.clock.now) { orders in
                orders.loads(of: nil, overdue: OverdueBounds(.current, .mainlandChina, at: DeskSite.start)).map(\.open)
            }
            #expect(open == [1])
            let erase = EraseRecord(.workOrder(.record(first.record)), reason: .consentWithdrawn)
            _ = try await site.store.commit(erase, as: site.actor)
            let anew = try await count(KeptOrders(site.store), at: site.clock.now)
            #expect(try await count(orders, at: site.clock.now) == anew)
            #expect(try await overdue(orders, at: site.clock.now) == 0)
            site.clock.advance(seconds: 10 * 86_400)
            #expect(try await overdue(orders, at: site.clock.now) == 1, "a deadline passes by itself")
        }
    }

    @Test("They are read anew after some days or with the clock back, and where more has changed than is noted")
    func anew() async throws {
        try await DeskSite.with { site in
            // Of this one no change is told: what it tells it has read.
            let orders = KeptOrders(site.store)
            #expect(try await count(orders, at: site.clock.now) == 0)
            _ = try await site.store.commit(order(), as: site.actor)
            #expect(try await count(orders, at: site.clock.now) == 0)
            site.clock.advance(seconds: Int64(KeptOrders.days - 1) * 86_400)
            #expect(try await count(orders, at: site.clock.now) == 0)
            site.clock.advance(seconds: 86_400)
            #expect(try await count(orders, at: site.clock.now) == 1)
            _ = try await site.store.commit(order(), as: site.actor)
            let changed = (0...UInt64(KeptOrders.room)).map { RecordID(raw: Bytes16(high: 0, low: $0)) }
            orders.note(Array(changed.dropLast()))
            #expect(try await count(orders, at: site.clock.now) == 1, "so many are looked at one by one")
            orders.note(changed)
            #expect(try await count(orders, at: site.clock.now) == 2)
            _ = try await site.store.commit(order(), as: site.actor)
            #expect(try await count(orders, at: site.clock.now.advanced(byMilliseconds: -86_400_000)) == 3)
        }
    }

    @Test("They can be read in advance, once", .timeLimit(.minutes(1)))
    func inAdvance() async throws {
        try await DeskSite.with { site in
            let orders = KeptOrders(site.store)
            orders.ready(at: site.clock.now)
            while await !orders.isReady { await Task.yield() }
            _ = try await site.store.commit(order(), as: site.actor)
            // It would be read anew so much later.
            orders.ready(at: site.clock.now.advanced(byMilliseconds: Int64(KeptOrders.days) * 86_400_000))
            for _ in 0..<1_000 { await Task.yield() }
            #expect(try await count(orders, at: site.clock.now) == 0, "no change was told, and nothing read again")
        }
    }

    @Test("Who asks while others write misses nothing that was written before")
    func together() async throws {
        try await DeskSite.with { site in
            let orders = kept(site.store)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        for round in 1...20 {
                            _ = try await site.store.commit(order("\(index)"), as: site.actor)
                            #expect(try await count(orders, at: site.clock.now) >= round)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await count(orders, at: site.clock.now) == 160)
        }
    }

    @Test("What a snapshot shows is counted, though no change of it is told")
    func preview() async throws {
        try await DeskSite.with { site in
            for _ in 0..<3 { _ = try await site.store.commit(order(), as: site.actor) }
            let filter = EntitlementFilter(authority: site.store.authority, peer: site.actor.node)
            let query = SnapshotQuery(after: nil, since: 0, byteLimit: 1 << 20, filter: filter)
            let page = try await site.store.readSnapshot(query)
            try #require(page.reachedEnd && page.records.count == 3)

            let target = try ReplicaStore(site.configuration(named: "target"))
            var chain = PersistBatch(peer: site.actor.node)
            chain.authority = try await site.store.read { try $0.authorityEntries() }
            _ = try await target.persist(chain)
            let orders = kept(target)
            var now = site.clock.now
            #expect(try await count(orders, at: now) == 0)
            let progress = PreviewProgress(
                source: site.actor.node,
                storeEpoch: site.store.storeEpoch,
                since: 0,
                last: page.last,
                isWhole: true,
                startedAt: now
            )
            try await target.keepPreview(PreviewBatch(records: page.records, progress: progress, isFirst: true))
            now = now.advanced(byMilliseconds: KeptOrders.life)
            #expect(try await count(orders, at: now) == 3)
            #expect(try await target.endPreview() == 3)
            orders.note(page.records.prefix(1).map(\.record))
            #expect(try await count(orders, at: now) == 0, "what is told of is not left for later")
            try await target.close()
        }
    }
}
