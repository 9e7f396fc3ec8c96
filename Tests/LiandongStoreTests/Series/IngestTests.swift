import Foundation
import GRDB
import LiandongCore
import LiandongDomain
import Testing

@testable import LiandongStore

@Suite("What devices send, in the store")
struct IngestTests {
    static let noon = CivilDate(number: 20_700).start.advanced(byMilliseconds: 12 * 3_600_000)

    func rollup(_ store: ReplicaStore, _ device: RecordID, _ resolution: SeriesResolution) async throws -> [Sketch] {
        let answer = try await store.query(
            device: device,
            series: "n",
            from: Instant(milliseconds: 0),
            to: Instant(milliseconds: 4_000_000_000_000),
            resolution: resolution,
            limit: 10_000
        )
        guard case .stretches(let stretches) = answer else { return [] }
        return stretches.map(\.sketch)
    }

    @Test("Killed anywhere, each message that was acknowledged has its effect once", arguments: 1...4)
    func kills(seed: UInt64) async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        var store = try await site.found()
        let device = try await site.device(store)
        var random = seed
        func next(_ limit: UInt64) -> UInt64 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (random >> 33) % limit
        }
        var acknowledged: [UInt64] = []
        var number: UInt64 = 0
        for _ in 0..<50 {
            for _ in 0...next(4) {
                number += 1
                let raises = number.isMultiple(of: 7)
                let at = Self.noon.advanced(byMilliseconds: Int64(number) * 1_000)
                #expect(try await site.take(store, device, number: number, at: at, raises: raises) == 1)
                acknowledged.append(number)
                // It is sent again, as one does who did not hear the answer.
                if next(3) == 0 {
                    #expect(try await site.take(store, device, number: number, at: at, raises: raises) == 0)
                }
            }
            switch next(4) {
            case 0: break
            case 1: try await store.drainJournal()
            case 2: try await store.applyWithoutForgetting()
            default:
                try await store.applyWithoutForgetting()
                try await store.applyWithoutForgetting()
            }
            store.abandon()
            await store.series.closeAll()
            store = try site.open()
        }
        while try await store.drainJournal() > 0 {}
        #expect(try await store.readingCount() == acknowledged.count)
        for resolution in [SeriesResolution.minute, .hour, .day] {
            let sketches = try await rollup(store, device, resolution)
            #expect(sketches.reduce(0) { $0 + $1.count } == UInt64(acknowledged.count))
            #expect(sketches.reduce(0) { $0 + $1.sum } == Double(acknowledged.reduce(0, +)))
        }
        let (alarms, orders) = try await store.read { reader in
            (try reader.alarms(.init()), try reader.workOrders(.init()))
        }
        #expect(alarms.count == acknowledged.count { $0.isMultiple(of: 7) })
        #expect(orders.count == alarms.count)
        try await store.close()
    }

    @Test("A refused message leaves nothing: no reading, no state, no alarm")
    func refused() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        let actor = site.actor
        await #expect(throws: Refusal.self) {
            let _: Int = try await store.ingest(as: actor) { _ in throw Refusal(.nothingChanged) }
        }
        // An op in an audience that the node may not write in is found when the drafts are checked.
        await #expect(throws: (any Error).self) {
            let _: Int = try await store.ingest(as: actor) { scope in
                var effects = IngestEffects(receipt: 1)
                effects.states = [.init(device: device, bytes: [1], due: nil)]
                effects.batches = [site.batch(device, [1], at: Self.noon)]
                effects.drafts = [
                    Draft(
                        record: device,
                        field: DeviceField.block,
                        value: [],
                        audience: Audience(below: PlaceID(raw: 99))
                    )
                ]
                return effects
            }
        }
        #expect(try await store.drainJournal() == 0)
        #expect(try await store.read { try $0.deviceState(device) } == nil)
        try await store.close()
    }

    @Test("The same key with the same bytes is taken once, with other bytes refused")
    func keys() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        let key = IdempotencyKey(key: "k", digest: [1])
        #expect(try await site.take(store, device, number: 1, at: Self.noon, key: key) == 1)
        #expect(try await site.take(store, device, number: 2, at: Self.noon, key: key) == 1, "the first one's answer")
        while try await store.drainJournal() > 0 {}
        #expect(try await store.readingCount() == 1)
        await #expect(throws: StoreError.self) {
            try await site.take(store, device, number: 3, at: Self.noon, key: .init(key: "k", digest: [2]))
        }
        try await store.close()
    }

    @Test("Where the days' files do not keep up nothing more is taken but what is a matter of life")
    func full() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found { $0.journalByteLimit = 200 }
        let device = try await site.device(store)
        let error = await #expect(throws: StoreError.self) {
            for number in 1...100 as ClosedRange<UInt64> {
                _ = try await site.take(store, device, number: number, at: Self.noon)
            }
        }
        #expect(error?.code == .busy)
        #expect(try await site.take(store, device, number: 200, at: Self.noon, isUrgent: true) == 1)
        try await store.drainJournal()
        #expect(try await site.take(store, device, number: 201, at: Self.noon) == 1)
        try await store.close()
    }

    @Test("A thousand callers share commits")
    func together() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        var devices: [RecordID] = []
        for index in 0..<10 { devices.append(try await site.device(store, "S\(index)")) }
        let before = store.statistics.transactions
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<1_000 {
                let device = devices[index % 10]
                group.addTask { try await site.take(store, device, number: UInt64(index + 1), at: Self.noon) }
            }
            for try await _ in group {}
        }
        #expect(store.statistics.transactions - before < 500)
        try await store.close()
    }

    // MARK: Quarantine

    @Test("What cannot be decoded is kept, the oldest goes first, and what went is counted")
    func quarantine() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found { $0.quarantineByteLimit = 3_000 }
        let device = try await site.device(store)
        for index in 0..<10 {
            let _: Int = try await store.ingest(as: site.actor) { _ in
                var effects = IngestEffects(receipt: 0)
                effects.quarantined = [
                    .init(
                        device: device,
                        source: "http",
                        format: "application/json",
                        reason: "wrong",
                        payload: [UInt8](repeating: UInt8(index), count: 300)
                    )
                ]
                return effects
            }
        }
        let (held, counts) = try await store.read { (try $0.quarantinedMessages(), try $0.quarantineCounts()) }
        #expect(counts.held == 6 && counts.dropped == 4)
        #expect(held.first?.payload.first == 4 && held.first?.device == device)
        let number = try #require(held.first?.number)
        let _: Int = try await store.ingest(as: site.actor) { _ in
            var effects = IngestEffects(receipt: 0)
            effects.released = [number]
            return effects
        }
        #expect(try await store.read { try $0.quarantineCounts() }.held == 5)
        try await store.close()
    }

    @Test("A device that floods quarantine drives out its own messages, and no other's")
    func share() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found { $0.quarantineByteLimit = 10_000 }
        let (quiet, loud) = (try await site.device(store, "S1"), try await site.device(store, "S2"))
        func keep(_ device: RecordID) async throws {
            let _: Int = try await store.ingest(as: site.actor) { _ in
                var effects = IngestEffects(receipt: 0)
                effects.quarantined = [
                    .init(
                        device: device,
                        source: "http",
                        format: "",
                        reason: "",
                        payload: [UInt8](repeating: 1, count: 300)
                    )
                ]
                return effects
            }
        }
        for _ in 0..<3 { try await keep(quiet) }
        for _ in 0..<100 { try await keep(loud) }
        let held = try await store.read { try $0.quarantinedMessages() }
        #expect(held.count { $0.device == quiet } == 3)
        #expect(held.count <= 20 && held.count >= 15)
        // The sum is kept through what is taken out.
        let numbers = held.map(\.number)
        let _: Int = try await store.ingest(as: site.actor) { _ in
            var effects = IngestEffects(receipt: 0)
            effects.released = numbers + numbers
            return effects
        }
        for _ in 0..<20 { try await keep(loud) }
        #expect(try await store.read { try $0.quarantineCounts() }.held == 20)
        try await store.close()
    }

    @Test("A token speaks for its device until another replaces it")
    func tokens() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        try await store.keepDeviceToken(hash: [1], brokerSecret: "1", of: device, replacing: true)
        try await store.keepDeviceToken(hash: [2], brokerSecret: "2", of: device, replacing: false)
        #expect(try await store.read { try $0.device(tokenHash: [1]) } == device)
        try await store.keepDeviceToken(hash: [3], brokerSecret: "3", of: device, replacing: true)
        #expect(try await store.read { try $0.device(tokenHash: [1]) } == nil)
        #expect(try await store.read { try $0.device(tokenHash: [3]) } == device)
        try await store.close()
    }

    @Test("A broker checks the newest token of a device, and none of a blocked one")
    func brokerSecrets() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        let community = site.actor.place
        func secrets() async throws -> [String] {
            try await store.read { Array(try $0.brokerSecrets(of: community).values) }
        }
        #expect(try await secrets().isEmpty)
        try await store.keepDeviceToken(hash: [2], brokerSecret: "first", of: device, replacing: false)
        try await store.keepDeviceToken(hash: [3], brokerSecret: "second", of: device, replacing: false)
        #expect(try await secrets() == ["second"])
        let code = try #require(try await store.read { try $0.brokerSecrets(of: community).keys.first })
        #expect(try await store.read { try $0.brokerDevice(code: code, of: community) } == device)
        #expect(try await store.read { try $0.brokerDevice(code: code + "x", of: community) } == nil)
        _ = try await store.commit(BlockDevice(.record(device), isBlocked: true, reason: ""), as: site.actor)
        #expect(try await secrets().isEmpty)
        try await store.close()
    }

    @Test("A rebuild changes no row of the read models of devices and alarms")
    func rebuild() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        for number in 1...5 as ClosedRange<UInt64> {
            _ = try await site.take(store, device, number: number, at: Self.noon, raises: true)
        }
        let before = try await store.readModelDump()
        #expect(before.count >= 11)
        try await store.rebuild()
        #expect(try await store.readModelDump() == before)
        try await store.close()
    }
}

extension ReplicaStore {
    /// Writes the journal's readings to their days' files and ends before they are taken from the journal.
    func applyWithoutForgetting() async throws {
        let rows = try await pool.read { db in
            try db.rows("SELECT number, run, bytes FROM ingest_journal ORDER BY number") { row in
                SeriesFiles.Entry(
                    run: try row.integer(1),
                    number: try row.integer(0),
                    batch: try #require(ReadingBatch(packed: try row.bytes(2)))
                )
            }
        }
        try await series.apply(rows, incarnation: incarnation)
    }
}
