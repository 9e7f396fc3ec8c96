import GRDB
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Testing

@Suite("Snapshots in the store")
struct SnapshotTests {
    /// A district with orders for its street and one for itself alone, and the street's empty store with the chain.
    struct Pair {
        let here: Site
        let there: Site
        let source: ReplicaStore
        let target: ReplicaStore
        /// The orders that the street is entitled to, and the one that it is not.
        var shared: [SubmitWorkOrder.Receipt] = []
        var own: SubmitWorkOrder.Receipt?

        init(orders: Int, target schema: Schema = LiandongSchema.current) async throws {
            here = try Site()
            there = try Site(tier: .street)
            source = try await here.found(with: there)
            for index in 0..<orders {
                let order = SubmitWorkOrder(
                    service: "0101",
                    place: there.place,
                    description: "request \(index)",
                    channel: "test"
                )
                shared.append(try await source.commit(order, as: here.actor))
            }
            own = try await source.commit(here.order("the district's own"), as: here.actor)
            var configuration = there.configuration
            configuration.schema = schema
            target = try ReplicaStore(configuration)
            var chain = PersistBatch(peer: here.node)
            chain.authority = try await source.read { try $0.authorityEntries() }
            _ = try await target.persist(chain)
        }

        func end() async throws {
            try await source.close()
            try await target.close()
            here.remove()
            there.remove()
        }

        func filter() -> EntitlementFilter { EntitlementFilter(authority: source.authority, peer: there.node) }

        /// Reads the whole snapshot page by page.
        func pages(of byteLimit: Int, since: LSN = 0) async throws -> [SnapshotPage] {
            var pages: [SnapshotPage] = []
            while pages.last?.reachedEnd != true {
                let query = SnapshotQuery(
                    after: pages.last?.last,
                    since: since,
                    byteLimit: byteLimit,
                    filter: filter()
                )
                pages.append(try await source.readSnapshot(query))
                try #require(pages.count < 1_000)
            }
            return pages
        }

        /// Keeps pages at the target as the engine would.
        func keep(_ pages: some Sequence<SnapshotPage>) async throws {
            for (index, page) in pages.enumerated() {
                let progress = PreviewProgress(
                    source: here.node,
                    storeEpoch: source.storeEpoch,
                    since: 0,
                    last: page.last,
                    isWhole: page.reachedEnd,
                    startedAt: Instant(milliseconds: 1)
                )
                try await target.keepPreview(
                    PreviewBatch(records: page.records, progress: progress, isFirst: index == 0)
                )
            }
        }

        /// Streams the deltas that the target is entitled to.
        func stream() async throws {
            for deltaClass in DeltaClass.allCases {
                let scanned = try await source.scan(
                    ScanRequest(
                        session: SessionID(raw: 1),
                        deltaClass: deltaClass,
                        after: 0,
                        byteLimit: 1 << 24,
                        countLimit: 10_000,
                        filter: filter()
                    )
                )
                var batch = PersistBatch(peer: here.node)
                batch.audiences = Array(try await source.syncStart().audiences.values)
                batch.deltas = scanned.deltas.map(\.delta)
                _ = try await target.persist(batch)
            }
        }
    }

    @Test(
        "Pages hold each record once, in order, and only what the peer is entitled to",
        arguments: [1, 2_000, 1 << 20]
    )
    func pages(_ byteLimit: Int) async throws {
        let pair = try await Pair(orders: 20)
        let pages = try await pair.pages(of: byteLimit)
        let records = pages.flatMap(\.records).map(\.record)
        #expect(records == pair.shared.map(\.record).sorted())
        if byteLimit == 1 { #expect(pages.count >= 20) }
        for record in pages.flatMap(\.records) {
            let view = try await pair.source.read { try $0.record(record.record) }
            #expect(try record.view() == view)
        }
        try await pair.end()
    }

    @Test("Only records touched since an LSN are in a snapshot for who holds the rest")
    func since() async throws {
        let pair = try await Pair(orders: 10)
        let last = try await pair.source.syncStart().lastLSN
        let number = try #require(pair.shared.dropFirst(3).first?.number)
        _ = try await pair.source.commit(ActOnWorkOrder(.number(number), .note, text: "late"), as: pair.here.actor)
        let records = try await pair.pages(of: 1 << 20, since: last).flatMap(\.records).map(\.record)
        #expect(records == pair.shared.dropFirst(3).prefix(1).map(\.record))
        try await pair.end()
    }

    @Test("Records are read at once, marked, are not acted upon, and are verified when their deltas come")
    func verifying() async throws {
        let pair = try await Pair(orders: 20)
        try await pair.keep(try await pair.pages(of: 4_000))
        let record = try #require(pair.shared.first)
        let shown = try await pair.target.read { reader in
            (
                try reader.workOrder(record.record), try reader.isBeingVerified(record.record),
                try reader.workOrders(.init()), try reader.workOrders(number: record.number), try reader.counts()
            )
        }
        let original = try await pair.source.read { try $0.workOrder(record.record) }
        #expect(shown.0?.summary == original?.summary)
        #expect(shown.1)
        #expect(Set(shown.2) == Set(pair.shared.map(\.record)))
        #expect(shown.3 == [record.record])
        #expect(shown.4.workOrders == 20 && shown.4.verifying == 20 && shown.4.records == 0)
        #expect(try await pair.target.readModelDump().isEmpty)

        let note = ActOnWorkOrder(.number(record.number), .note, text: "too early")
        let refusal = await #expect(throws: StoreError.self) {
            try await pair.target.commit(note, as: pair.there.actor)
        }
        #expect(refusal?.code == .verifying)

        try await pair.stream()
        let after = try await pair.target.read { reader in
            (try reader.isBeingVerified(record.record), try reader.counts())
        }
        #expect(!after.0 && after.1.verifying == 0 && after.1.workOrders == 20)
        _ = try await pair.target.commit(note, as: pair.there.actor)
        #expect(try await pair.target.endPreview() == 0)
        #expect(try await pair.target.read { try $0.workOrders(.init()).count } == 20)
        try await pair.end()
    }

    @Test("A node killed half-way knows how far it was, and goes on")
    func resumes() async throws {
        let pair = try await Pair(orders: 20)
        let pages = try await pair.pages(of: 1_500)
        try #require(pages.count > 3)
        try await pair.keep(pages.prefix(2))
        pair.target.abandon()
        let again = try ReplicaStore(pair.there.configuration)
        let progress = try #require(try await again.syncStart().preview)
        #expect(progress.last == pages[1].last && !progress.isWhole && progress.source == pair.here.node)
        let shown = try await again.read { try $0.workOrders(.init()) }
        #expect(Set(shown) == Set(pages.prefix(2).flatMap(\.records).map(\.record)))
        try await again.close()
        try await pair.source.close()
        pair.here.remove()
        pair.there.remove()
    }

    @Test("What no delta bears out is dropped in the end, and counted")
    func unproven() async throws {
        let pair = try await Pair(orders: 3)
        let page = try #require(try await pair.pages(of: 1 << 20).first)
        let invented = try #require(page.records.first).renamed(RecordID(raw: Bytes16(high: 7, low: 7)))
        let lie = SnapshotPage(records: page.records + [invented], last: page.last, reachedEnd: true)
        try await pair.keep([lie])
        #expect(try await pair.target.read { try $0.workOrders(.init()).count } == 4)
        try await pair.stream()
        #expect(try await pair.target.endPreview() == 1)
        #expect(try await pair.target.read { try $0.workOrders(.init()).count } == 3)
        #expect(try await pair.target.syncStart().preview == nil)
        try await pair.end()
    }

    @Test("What a build a schema behind holds and cannot read is not taken for unproven")
    func unread() async throws {
        let older = Schema(
            version: 0,
            fields: LiandongSchema.current.fields.filter { $0.key.kind != .workOrder },
            acceptableForOthers: LiandongSchema.current.acceptableForOthers
        )
        let pair = try await Pair(orders: 3, target: older)
        try await pair.keep(try await pair.pages(of: 1 << 20))
        try await pair.stream()
        #expect(try await pair.target.read { try $0.counts() }.records == 0)
        #expect(try await pair.target.endPreview() == 0)
        try await pair.end()
    }

    @Test("A record that does not read is not shown, and one that is held as new already is not shown anew")
    func unreadable() async throws {
        let pair = try await Pair(orders: 2)
        let page = try #require(try await pair.pages(of: 1 << 20).first)
        let record = try #require(page.records.first)
        let damaged = SnapshotRecord(
            record: record.record,
            home: record.home,
            stamp: record.stamp,
            entryCount: record.entryCount,
            entries: Array(record.entries.dropLast())
        )
        try await pair.keep([SnapshotPage(records: [damaged], last: page.last, reachedEnd: true)])
        #expect(try await pair.target.read { try $0.counts() }.verifying == 0)
        try await pair.stream()
        try await pair.keep([page])
        #expect(try await pair.target.read { try $0.counts() }.verifying == 0)
        try await pair.end()
    }
}

extension SnapshotRecord {
    fileprivate func renamed(_ id: RecordID) -> SnapshotRecord {
        SnapshotRecord(record: id, home: home, stamp: stamp, entryCount: entryCount, entries: entries)
    }
}
