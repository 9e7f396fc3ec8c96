import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Synchronization
import Testing

/// Erasure down to the bytes of the files, on real SQLite.
@Suite("Erasure in the store")
struct ErasureStoreTests {
    /// A community's store, and the chain of its district.
    struct Community {
        let site: Site
        let store: ReplicaStore
        let chain: [SignedAuthorityEntry]

        func register(_ mark: String) async throws -> RecordID {
            let command = RegisterResident(
                name: "NAME\(mark)",
                phone: "PHONE\(mark)",
                address: "ADDRESS\(mark)",
                note: String(repeating: "NOTE\(mark) ", count: 80),
                provenance: Provenance(source: .cardRead, evidence: "EVIDENCE\(mark)")
            )
            return try await store.commit(command, as: site.actor).record
        }
    }

    private static func configuration(_ site: Site) -> StoreConfiguration {
        var configuration = site.configuration
        // What is sealed can be grepped for as well.
        configuration.purposes = { _ in
            Purposes(
                holds: { _ in true },
                seal: { _, plaintext, _ in plaintext },
                open: { _, sealed, _ in sealed },
                matchTag: { (1, Array("TAG\($0)".utf8)) }
            )
        }
        return configuration
    }

    /// A district, and the stores of two nodes of one community in it.
    func communities() async throws -> (Site, Community, Community) {
        let district = try Site()
        let sites = [try Site(tier: .community), try Site(tier: .community)]
        let source = try await district.found()
        let place = Place(
            id: sites[0].place,
            tier: .community,
            parent: district.place,
            code: "441202001001",
            name: "东一社区"
        )
        let enrolments = sites.enumerated().map { index, site in
            Enrolment(
                node: site.node,
                sealingKey: site.keys.sealingKey,
                place: site.place,
                name: "node \(index)",
                ordinal: index + 1,
                addresses: []
            )
        }
        _ = try await source.appendAuthority(by: district.keys.signer) { _ in
            [.place(place)] + enrolments.map { AuthorityEntryContent.Body.enrol($0, invite: nil) }
        }
        let chain = try await source.read { try $0.authorityEntries() }
        try await source.close()
        var made: [Community] = []
        for site in sites {
            let store = try ReplicaStore(Self.configuration(site))
            var batch = PersistBatch(peer: district.node)
            batch.authority = chain
            _ = try await store.persist(batch)
            made.append(Community(site: site, store: store, chain: chain))
        }
        return (district, made[0], made[1])
    }

    /// Which of the texts stand in any file under a folder.
    func found(_ texts: [String], in folder: URL) throws -> [String] {
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in files {
            guard let whole = try? Data(contentsOf: file), let end = whole.lastIndex(where: { $0 != 0 }) else {
                continue
            }
            // Without the log's padding.
            let data = whole[...end]
            for text in texts where data.range(of: Data(text.utf8)) != nil { found.insert(text) }
        }
        return found.sorted()
    }

    func deltas(in store: ReplicaStore, for node: NodeID) async throws -> [Delta] {
        var deltas: [Delta] = []
        for deltaClass in DeltaClass.allCases {
            let request = ScanRequest(
                session: SessionID(raw: 1),
                deltaClass: deltaClass,
                after: 0,
                byteLimit: 1 << 26,
                countLimit: 100_000,
                filter: EntitlementFilter(authority: store.authority, peer: node)
            )
            deltas += try await store.scan(request).deltas.map(\.delta)
        }
        return deltas
    }

    func batch(_ deltas: [Delta], from community: Community) async throws -> PersistBatch {
        var batch = PersistBatch(peer: community.site.node)
        batch.audiences = Array(try await community.store.syncStart().audiences.values)
        batch.deltas = deltas
        return batch
    }

    // MARK: -

    @Test("No byte of what was erased is left in the file, its pages' unused room, its log or beside it")
    func noByteLeft() async throws {
        let (district, here, there) = try await communities()
        defer { for site in [district, here.site, there.site] { site.remove() } }
        var records: [(mark: String, record: RecordID)] = []
        for index in 0..<240 {
            let mark = String(format: "Q%05dZ", index * 7_919 % 100_000)
            records.append((mark, try await here.register(mark)))
        }
        let gone = records.enumerated().filter { $0.offset.isMultiple(of: 3) }.map(\.element)
        // What was written over is still in the deltas.
        for (mark, record) in gone.prefix(10) {
            let values = RegistrationValues(name: "LATER\(mark)", note: "SHORT\(mark)")
            _ = try await here.store.commit(
                AmendRegistration(record, values, provenance: Provenance(source: .homeVisit)),
                as: here.site.actor
            )
        }
        let marks = gone.map(\.mark)
        #expect(try found(marks, in: here.site.folder).count == marks.count)
        // The pairs of characters that names are searched by stand before their record's id.
        let pairs = gone.map { Data("na".utf8) + Data($0.record.bytes) }
        let database = here.site.configuration.database
        let log = try Data(contentsOf: URL(fileURLWithPath: database.path + "-wal"))
        #expect(pairs.contains { log.range(of: $0) != nil })

        for (_, record) in gone {
            let receipt = try await here.store.commit(
                EraseRecord(.registration(record), reason: .retentionEnded),
                as: here.site.actor
            )
            #expect(receipt.fields.map(\.name) == ["name", "phone", "address", "note"])
        }
        #expect(here.store.isErasing)
        #expect(!here.store.unfinishedErasures.isEmpty)
        #expect(try await here.store.finishErasures())
        #expect(here.store.unfinishedErasures.isEmpty)
        #expect(try found(marks, in: here.site.folder).isEmpty)
        let file = try Data(contentsOf: database)
        #expect(pairs.allSatisfy { file.range(of: $0) == nil })

        for (mark, record) in gone {
            let registration = try #require(try await here.store.read { try $0.registration(record) })
            #expect(registration.erasedAt != nil && registration.name == nil && registration.phone == nil)
            #expect(try await here.store.read { try $0.registrations(named: "NAME\(mark)") }.isEmpty)
        }
        // Those beside them are as they were.
        let kept = records.enumerated().filter { !$0.offset.isMultiple(of: 3) }.map(\.element)
        #expect(try found(kept.map(\.mark), in: here.site.folder).count == kept.count)
        let before = try await here.store.readModelDump()
        let index = try await here.store.laneIndexDump()
        try await here.store.rebuild()
        #expect(try await here.store.readModelDump() == before)
        #expect(try await here.store.laneIndexDump() == index)
        try await here.store.close()
        #expect(try found(marks, in: here.site.folder).isEmpty)
        try await there.store.close()
    }

    @Test("An order loses its texts and its requester, an answer that was kept for it goes, its events stay")
    func order() async throws {
        let (district, here, there) = try await communities()
        defer { for site in [district, here.site, there.site] { site.remove() } }
        var order = here.site.order("TEXTQ1")
        order.contact = Contact(name: "NAMEQ1", phone: "PHONEQ1")
        order.address = "ADDRESSQ1"
        order.media = ["https://example.org/MEDIAQ1"]
        let key = IdempotencyKey(key: "KEYQ1", digest: [1])
        let receipt = try await here.store.commit(Receipted(order: order), as: here.site.actor, idempotencyKey: key)
        _ = try await here.store.commit(
            ActOnWorkOrder(.number(receipt.number), .accept, text: "NOTEQ1"),
            as: Actor(node: here.site.node, place: here.site.place, name: "CLERKQ1", role: "clerk")
        )
        let marks = ["TEXTQ1", "NAMEQ1", "PHONEQ1", "ADDRESSQ1", "MEDIAQ1", "NOTEQ1", "CLERKQ1", "KEYQ1"]
        #expect(try found(marks, in: here.site.folder) == marks.sorted())
        let erase = EraseRecord(.workOrder(.number(receipt.number)), reason: .consentWithdrawn)
        #expect(try await here.store.rehearse(erase, as: here.site.actor).fields.count == 5)
        #expect(!here.store.isErasing)
        _ = try await here.store.commit(erase, as: here.site.actor)
        #expect(try await here.store.finishErasures())
        #expect(try found(marks, in: here.site.folder).isEmpty)

        let found = try await here.store.read { reader in
            try reader.workOrders(number: receipt.number).first.flatMap { try reader.workOrder($0) }
        }
        let left = try #require(found)
        #expect(left.status == .accepted && left.events.count == 1 && left.erasedAt != nil)
        #expect(left.description == nil && left.sealedContact == nil && left.media.isEmpty)
        // Once more is no mistake, and changes nothing.
        let again = try await here.store.commit(erase, as: here.site.actor)
        #expect(again.erasedBefore == left.erasedAt)
        #expect(!here.store.isErasing)
        try await here.store.close()
        try await there.store.close()
    }

    @Test("Two replicas are equal again once both have the erasure, whichever came first", arguments: [false, true])
    func replicas(erasureFirst: Bool) async throws {
        let (district, here, there) = try await communities()
        defer { for site in [district, here.site, there.site] { site.remove() } }
        let record = try await here.register("Q7")
        _ = try await here.register("Q8")
        let full = try await deltas(in: here.store, for: there.site.node)
        if !erasureFirst { _ = try await there.store.persist(try await batch(full, from: here)) }
        _ = try await here.store.commit(
            EraseRecord(.registration(record), reason: .byLaw),
            as: here.site.actor
        )
        let erasure = try #require(try await deltas(in: here.store, for: there.site.node).first)
        #expect(erasure.lane.deltaClass == .interactive)
        #expect(try await there.store.laneIndexDump() != here.store.laneIndexDump())
        _ = try await there.store.persist(try await batch([erasure], from: here))
        if erasureFirst {
            // Whoever did not know of it still sends the bytes: they do not even come to the disk.
            _ = try await there.store.persist(try await batch(full, from: here))
            #expect(try found(["NAMEQ7"], in: there.site.folder).isEmpty)
        }
        #expect(try await there.store.finishErasures())
        #expect(try found(["NAMEQ7", "PHONEQ7", "ADDRESSQ7", "NOTEQ7"], in: there.site.folder).isEmpty)
        #expect(try found(["NAMEQ8"], in: there.site.folder) == ["NAMEQ8"])
        #expect(try await there.store.readModelDump() == here.store.readModelDump())
        let sent = try await deltas(in: there.store, for: here.site.node)
        #expect(Set(sent) == Set(try await deltas(in: here.store, for: there.site.node)))
        try await here.store.close()
        try await there.store.close()
    }

    @Test("A data directory put back from a backup is cleaned before anything is read of it")
    func backup() async throws {
        let (district, here, there) = try await communities()
        defer { for site in [district, here.site, there.site] { site.remove() } }
        let record = try await here.register("Q3")
        try await here.store.close()
        let database = here.site.configuration.database
        let copy = try Data(contentsOf: database)

        let second = try ReplicaStore(Self.configuration(here.site))
        _ = try await second.commit(EraseRecord(.registration(record), reason: .unlawful), as: here.site.actor)
        #expect(try await second.finishErasures())
        try await second.close()
        try copy.write(to: database)
        #expect(try found(["NAMEQ3"], in: here.site.folder) == ["NAMEQ3"])

        let third = try ReplicaStore(Self.configuration(here.site))
        let registration = try #require(try await third.read { try $0.registration(record) })
        #expect(registration.name == nil && registration.erasedAt != nil)
        #expect(try await third.read { try $0.registrations(named: "NAMEQ3") }.isEmpty)
        #expect(third.isErasing)
        #expect(try await third.finishErasures())
        #expect(try found(["NAMEQ3"], in: here.site.folder).isEmpty)
        try await third.close()
        try await there.store.close()
    }

    @Test("A node that stops between an erasure and its scrub says nothing of it, and scrubs when it is back")
    func crash() async throws {
        let (district, here, there) = try await communities()
        defer { for site in [district, here.site, there.site] { site.remove() } }
        let record = try await here.register("Q4")
        _ = try await here.store.commit(
            EraseRecord(.registration(record), reason: .unlawful),
            as: here.site.actor
        )
        let unfinished = here.store.unfinishedErasures
        here.store.abandon()
        let again = try ReplicaStore(Self.configuration(here.site))
        #expect(again.unfinishedErasures == unfinished)
        #expect(try await again.finishErasures())
        #expect(try found(["NAMEQ4", "PHONEQ4", "ADDRESSQ4", "NOTEQ4"], in: here.site.folder).isEmpty)
        try await again.close()
        try await there.store.close()
    }

    @Test("While somebody reads what is to go the scrub does not count as done, and it is tried again")
    func reader() async throws {
        let (district, here, there) = try await communities()
        defer { for site in [district, here.site, there.site] { site.remove() } }
        let record = try await here.register("Q5")
        let (began, goOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let store = here.store
        async let reading: Void = store.read { reader in
            _ = try reader.counts()
            began.signal()
            goOn.wait()
        }
        // Whatever happens the reader ends.
        defer { goOn.signal() }
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                began.wait()
                continuation.resume()
            }
        }
        _ = try await store.commit(EraseRecord(.registration(record), reason: .unlawful), as: here.site.actor)
        await #expect(throws: StoreError.self) { try await store.finishErasures() }
        #expect(store.isErasing && store.erasingComplaint != nil)
        goOn.signal()
        try await reading
        #expect(try await store.finishErasures())
        #expect(store.erasingComplaint == nil)
        #expect(try found(["NAMEQ5"], in: here.site.folder).isEmpty)
        try await store.close()
        try await there.store.close()
    }

    @Test("What lost bytes is told of with what is left of it, before the erasure itself")
    func events() async throws {
        let (district, here, there) = try await communities()
        defer { for site in [district, here.site, there.site] { site.remove() } }
        let record = try await here.register("Q6")
        let told = Mutex<[String]>([])
        here.store.onEvent { event in
            let line: String? =
                switch event {
                case .dropped(let deltas): "dropped \(deltas.map(\.lsn))"
                case .committed(let deltas, _): "committed \(deltas.count)"
                case .changed: nil
                }
            if let line { told.withLock { $0.append(line) } }
        }
        _ = try await here.store.commit(EraseRecord(.registration(record), reason: .byLaw), as: here.site.actor)
        #expect(told.withLock { $0 } == ["dropped [1]", "committed 1"])
        try await here.store.close()
        try await there.store.close()
    }
}

/// A work order whose answer is kept, as the faces keep it.
private struct Receipted: Command {
    let order: SubmitWorkOrder

    struct Receipt: Codable, Sendable {
        let record: String
        let number: String
    }

    func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        let plan = try order.plan(reader, context)
        return Plan(
            drafts: plan.drafts,
            receipt: Receipt(record: "\(plan.receipt.record)", number: plan.receipt.number)
        )
    }
}
