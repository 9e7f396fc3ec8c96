import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import Synchronization
import Testing

@testable import LiandongStore

@Suite("The days' files")
struct DayFileTests {
    static let noon = IngestTests.noon

    @Test("Readings lie in the day that they are of, and come back as they were")
    func days() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        let values: [Reading.Value] = [.number(1.5), .flag(true), .text("跌倒"), .flag(false)]
        let yesterday = Self.noon.advanced(byMilliseconds: -CivilDate.dayMilliseconds)
        let _: Int = try await store.ingest(as: site.actor) { _ in
            var effects = IngestEffects(receipt: 0)
            effects.batches = [
                ReadingBatch(
                    device: device,
                    receivedAt: Self.noon,
                    readings: values.map { .init(series: "n", at: Self.noon, quality: .device, value: $0) }
                        + [.init(series: "n", at: yesterday, quality: .late, value: .number(9))]
                )
            ]
            return effects
        }
        try await store.drainJournal()
        #expect(await store.series.dates().count == 2)
        let answer = try await store.query(
            device: device,
            series: "n",
            from: Instant(milliseconds: 0),
            to: Instant(milliseconds: .max),
            resolution: .raw,
            limit: 100
        )
        guard case .readings(let readings) = answer else {
            Issue.record("no readings")
            return
        }
        #expect(readings.map(\.value) == [.number(9)] + values)
        #expect(readings.first?.quality == .late && readings.first?.at == yesterday)
        #expect(try await store.series(of: device) == ["n"])
        try await store.close()
    }

    @Test("A day's file that is damaged is set aside, and the readings go to a new one", arguments: [true, false])
    func damaged(isOpen: Bool) async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        let file = site.site.folder.appendingPathComponent("series/\(CivilDate(Self.noon)).sqlite")
        if isOpen {
            for number in 1...400 as ClosedRange<UInt64> {
                _ = try await site.take(store, device, number: number, at: Self.noon)
            }
            try await store.drainJournal()
            await store.series.closeAll()
            var bytes = try Data(contentsOf: file)
            // The header stands, what is behind it does not.
            for index in bytes.indices.dropFirst(4_096) { bytes[index] = 0xA5 }
            try bytes.write(to: file)
        } else {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(repeating: 7, count: 8_192).write(to: file)
        }
        _ = try await site.take(store, device, number: 1_000, at: Self.noon)
        try await store.drainJournal()
        #expect(!store.isJournalWaiting)
        #expect(try await store.readingCount() == 1)
        let name = file.lastPathComponent + ".damaged"
        #expect(await store.takeDamagedDays() == [name])
        #expect(await store.takeDamagedDays().isEmpty)
        #expect(FileManager.default.fileExists(atPath: site.site.folder.appendingPathComponent("series/\(name)").path))
        try await store.close()
    }

    @Test("A batch that cannot be read is kept aside, and holds up none of the others")
    func rotten() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        for number in 1...3 as ClosedRange<UInt64> {
            _ = try await site.take(store, device, number: number, at: Self.noon)
        }
        try await store.work {
            try $0.db.run("UPDATE ingest_journal SET bytes = ? WHERE number = 2", [1, 2, 3] as [UInt8])
        }
        while try await store.drainJournal() > 0 {}
        #expect(try await store.readingCount() == 2)
        let held = try await store.read { try $0.quarantinedMessages() }
        #expect(held.map(\.payload) == [[1, 2, 3]] && held.first?.source == "journal")
        try await store.close()
    }

    /// The days of the device's series that the tiers above are told of.
    private func published(_ store: ReplicaStore, _ device: RecordID) async throws -> [SeriesYear.Day] {
        let record = SeriesYear.record(
            device: device,
            series: "n",
            year: CivilDate(Self.noon).year,
            community: CommunitySite.community,
            .sodium
        ).record
        return try await store.read { reader in
            try reader.record(record).flatMap { SeriesYear.fold($0, reader.authority) }?.days ?? []
        }
    }

    @Test("What could not be published is published with the next round")
    func publishedLater() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store, reported: ["n"])
        _ = try await site.take(store, device, number: 7, at: Self.noon)
        try await store.drainJournal()
        let tomorrow = CivilDate(Self.noon).next
        let nobody = Actor(node: site.site.node, place: PlaceID(raw: 99))
        await #expect(throws: (any Error).self) {
            try await store.publishRollups(reported: [(device, ["n"])], before: tomorrow, as: nobody)
        }
        #expect(try await published(store, device).isEmpty)
        try await store.publishRollups(reported: [(device, ["n"])], before: tomorrow, as: site.actor)
        #expect(try await published(store, device).map(\.sketch.sum) == [7])
        try await store.close()
    }

    @Test("A round takes no more than some MiB of the journal, however few rows it has")
    func roundBytes() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        let text = Reading.Value.text(String(repeating: "x", count: 256))
        for _ in 0..<4 {
            let _: Int = try await store.ingest(as: site.actor) { _ in
                var effects = IngestEffects(receipt: 0)
                effects.batches = [
                    ReadingBatch(
                        device: device,
                        receivedAt: Self.noon,
                        readings: (0..<10_000).map { _ in
                            .init(series: "n", at: Self.noon, quality: .device, value: text)
                        }
                    )
                ]
                return effects
            }
        }
        #expect(try await store.drainJournal() == 2)
        #expect(try await store.drainJournal() == 2)
        #expect(try await store.readingCount() == 40_000)
        try await store.close()
    }

    @Test("A day that late readings change again and again is published anew once in some hours")
    func lateDays() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let clock = Mutex(Self.noon.advanced(byMilliseconds: CivilDate.dayMilliseconds))
        let store = try await site.found { $0.now = { clock.withLock { $0 } } }
        let device = try await site.device(store, reported: ["n"])
        func round(_ number: UInt64, minutesLater: Int64) async throws -> Double? {
            clock.withLock { $0 = $0.advanced(byMilliseconds: minutesLater * 60_000) }
            _ = try await site.take(store, device, number: number, at: Self.noon)
            try await store.drainJournal()
            let today = CivilDate(Self.noon).next
            try await store.publishRollups(reported: [(device, ["n"])], before: today, as: site.actor)
            return try await published(store, device).first?.sketch.sum
        }
        #expect(try await round(1, minutesLater: 0) == 1)
        #expect(try await round(2, minutesLater: 1) == 1)
        #expect(try await round(3, minutesLater: 358) == 1)
        #expect(try await round(4, minutesLater: 1) == 10, "all that came meanwhile")
        try await store.close()
    }

    @Test(
        "A clock that leaps ahead deletes nothing before it has run like that for a day; one that is right does at once"
    )
    func clockAhead() {
        let day = CivilDate(Self.noon)
        let far = CivilDate(number: day.number + 401)
        func believed(_ days: [CivilDate], from newest: CivilDate?) -> [Bool] {
            var clock = RetentionClock(newest: newest)
            return days.map { clock.believes($0) }
        }
        #expect(believed([CivilDate(number: day.number + 7)], from: day) == [true])
        #expect(believed(Array(repeating: far, count: 25), from: day) == Array(repeating: false, count: 24) + [true])
        #expect(believed([far, day.next, far], from: day) == [false, true, false])
        #expect(believed([far], from: nil) == [true])
    }

    @Test("Who waits for what the journal holds does not wait for what comes meanwhile")
    func drainedTo() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        func fill() async throws {
            let _: Int = try await store.ingest(as: site.actor) { _ in
                var effects = IngestEffects(receipt: 0)
                effects.batches = (0..<600).map { site.batch(device, [$0], at: Self.noon) }
                return effects
            }
        }
        try await fill()
        let end = store.journalEnd
        try await fill()
        #expect(try await store.drainJournal() == 512)
        #expect(!store.isDrained(to: end))
        #expect(try await store.drainJournal() == 512)
        #expect(store.isDrained(to: end) && store.isJournalWaiting)
        try await store.close()
    }

    @Test("More days than may be open are read and written at once")
    func together() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        @Sendable func day(_ index: Int) -> Instant {
            Self.noon.advanced(byMilliseconds: Int64(index) * CivilDate.dayMilliseconds)
        }
        let _: Int = try await store.ingest(as: site.actor) { _ in
            var effects = IngestEffects(receipt: 0)
            effects.batches = (0..<8).map { site.batch(device, [$0], at: day($0)) }
            return effects
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<64 {
                group.addTask {
                    if index.isMultiple(of: 16) { try await store.drainJournal() }
                    _ = try await store.series.read(CivilDate(day(index % 8))) { try $0.readingCount() }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.readingCount() == 8)
        try await store.close()
    }

    @Test("Old readings go and their rollups stay; later those go as well")
    func retention() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store)
        _ = try await site.take(store, device, number: 1, at: Self.noon)
        try await store.drainJournal()
        func days(later: Int) -> CivilDate { CivilDate(number: CivilDate(Self.noon).number + later) }
        #expect(try await store.retainSeries(readingDays: 35, rollupDays: 400, today: days(later: 35)) == 0)
        #expect(try await store.readingCount() == 1)
        #expect(try await store.retainSeries(readingDays: 35, rollupDays: 400, today: days(later: 36)) == 1)
        #expect(try await store.readingCount() == 0)
        #expect(try await IngestTests().rollup(store, device, .day).first?.count == 1)
        #expect(try await store.retainSeries(readingDays: 35, rollupDays: 400, today: days(later: 36)) == 0)
        #expect(try await store.retainSeries(readingDays: 35, rollupDays: 400, today: days(later: 401)) == 1)
        #expect(await store.series.dates().isEmpty)
        try await store.close()
    }

    @Test("Days of reported series are published when they are over, again when late readings came, and else not")
    func publishing() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        let device = try await site.device(store, reported: ["n"])
        let reported = [(device: device, series: ["n"])]
        let (today, tomorrow) = (CivilDate(Self.noon), CivilDate(Self.noon).next)
        func publish() async throws -> Int {
            let cells = try await store.rollupsToPublish(reported: reported, before: tomorrow)
            let written = try await store.commit(PublishRollups(cells), as: site.actor)
            try await store.notePublished(cells)
            return written
        }
        _ = try await site.take(store, device, number: 1, at: Self.noon)
        try await store.drainJournal()
        #expect(try await store.rollupsToPublish(reported: reported, before: today).isEmpty)
        #expect(try await publish() == 1)
        await store.recallRollups()
        #expect(try await publish() == 0)
        _ = try await site.take(store, device, number: 2, at: Self.noon)
        try await store.drainJournal()
        #expect(try await publish() == 1)
        let record = SeriesYear.record(
            device: device,
            series: "n",
            year: today.year,
            community: CommunitySite.community,
            .sodium
        ).record
        let view = try #require(try await store.read { try $0.record(record) })
        let year = try #require(SeriesYear.fold(view, store.authority))
        #expect(year.days.map(\.sketch.count) == [2] && year.days.first?.sketch.sum == 3)
        try await store.close()
    }

    @Test("A replica's file put back under later days' files loses no reading taken in since")
    func restored() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let first = try await site.found()
        let device = try await site.device(first)
        try await first.close()
        let backup = try Data(contentsOf: site.site.configuration.database)
        let second = try site.open()
        for number in 1...3 as ClosedRange<UInt64> {
            _ = try await site.take(second, device, number: number, at: Self.noon)
        }
        try await second.drainJournal()
        try await second.close()
        try backup.write(to: site.site.configuration.database)
        let third = try site.open()
        // The journal's numbers begin anew, and the file knows them of another run.
        for number in 4...5 as ClosedRange<UInt64> {
            _ = try await site.take(third, device, number: number, at: Self.noon)
        }
        try await third.drainJournal()
        #expect(try await third.readingCount() == 5)
        #expect(try await IngestTests().rollup(third, device, .day).first?.count == 5)
        try await third.close()
    }
}
