import Foundation
import GRDB
import LiandongCore
import LiandongDomain

/// The days' files of raw readings and rollups: `series/2026-11-22.sqlite`, one a day at UTC+8, beside the replica.
///
/// Everything in them can be lost without an alarm being lost; nothing in them is counted twice.
actor SeriesFiles {
    /// One row of the journal, or the part of it that belongs to a day.
    struct Entry: Sendable {
        let run: Int64
        let number: Int64
        let batch: ReadingBatch
    }

    /// A stretch of a series as a rollup.
    enum Level: String, CaseIterable, Sendable {
        case minutes, hours, days

        var milliseconds: Int64 {
            switch self {
            case .minutes: 60_000
            case .hours: 3_600_000
            case .days: CivilDate.dayMilliseconds
            }
        }

        /// The number of the stretch that an instant lies in, counted at UTC+8.
        func bucket(of instant: Instant) -> Int64 {
            let local = instant.advanced(byMilliseconds: CivilDate.offsetMilliseconds).milliseconds
            return local >= 0 ? local / milliseconds : -1
        }

        func start(of bucket: Int64) -> Instant {
            Instant(milliseconds: bucket &* milliseconds).advanced(byMilliseconds: -CivilDate.offsetMilliseconds)
        }
    }

    private static let openLimit = 4

    private let folder: URL
    /// The most recently used last.
    private var open: [(date: CivilDate, file: DatabaseQueue)] = []
    /// Whether a file is being read or written; who waits for it is woken when it is not.
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// Days that were written to since their rollups were looked at.
    private(set) var touched: Set<CivilDate> = []
    /// When days were last published by this process; bounded by the days that have a file.
    private var published: [CivilDate: Instant] = [:]
    /// Names of damaged files that were set aside and not yet told of.
    private var setAside: [String] = []

    init(folder: URL) { self.folder = folder }

    private func url(_ date: CivilDate) -> URL { folder.appendingPathComponent("\(date).sqlite") }

    /// The days that have a file, sorted.
    func dates() -> [CivilDate] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".sqlite") }.compactMap { CivilDate(String($0.dropLast(7))) }.sorted()
    }

    // MARK: Writing

    /// Writes entries, each once, whatever was written of them before; returns when all are on the disk.
    func apply(_ entries: [Entry], incarnation: Incarnation) async throws {
        var byDay: [CivilDate: [Entry]] = [:]
        for entry in entries {
            var parts: [CivilDate: [Reading]] = [:]
            for reading in entry.batch.readings { parts[CivilDate(reading.at), default: []].append(reading) }
            for (date, readings) in parts {
                let batch = ReadingBatch(
                    device: entry.batch.device,
                    receivedAt: entry.batch.receivedAt,
                    readings: readings
                )
                byDay[date, default: []].append(Entry(run: entry.run, number: entry.number, batch: batch))
            }
        }
        for (date, entries) in byDay.sorted(by: { $0.key < $1.key }) {
            try await withFile(date, creates: true) { file in
                try await file.write { db in try DayFile(db).apply(entries, incarnation: incarnation) }
            }
            touched.insert(date)
        }
    }

    // MARK: Reading

    /// Runs a query on a day's file; nil when there is none.
    func read<Value: Sendable>(
        _ date: CivilDate,
        _ body: @escaping @Sendable (DayFile) throws -> Value
    ) async throws
        -> Value?
    {
        try await withFile(date, creates: false) { file in try await file.read { db in try body(DayFile(db)) } }
    }

    /// The days to look at for rollups that changed: those written to, and at first all there are.
    func takeTouched() -> [CivilDate] {
        defer { touched = [] }
        return touched.sorted()
    }

    func touch(_ dates: [CivilDate]) { touched.formUnion(dates) }

    func publishedAt(_ date: CivilDate) -> Instant? { published[date] }

    func notePublished(_ dates: Set<CivilDate>, at now: Instant) {
        for date in dates { published[date] = now }
    }

    // MARK: Retention

    /// Lets go of readings before one day, and of rollups before another.
    ///
    /// - Returns: how many files were thinned or deleted.
    func retain(readingsFrom: CivilDate, rollupsFrom: CivilDate) async throws -> Int {
        var changed = 0
        for date in dates() where date < readingsFrom {
            if date < rollupsFrom {
                while isBusy { await withCheckedContinuation { waiting.append($0) } }
                close(date)
                published[date] = nil
                for suffix in ["", "-wal", "-shm"] {
                    try? FileManager.default.removeItem(atPath: url(date).path + suffix)
                }
                changed += 1
            } else {
                let isThinned = try await withFile(date, creates: false, thenClose: true) { file in
                    guard try await file.write({ try DayFile($0).thin() }) else { return false }
                    try await file.vacuum()
                    return true
                }
                if isThinned == true { changed += 1 }
            }
        }
        return changed
    }

    private func close(_ date: CivilDate) {
        guard let index = open.firstIndex(where: { $0.date == date }) else { return }
        try? open.remove(at: index).file.close()
    }

    // MARK: Files

    /// Does something with a day's file; one that is damaged is set aside for people, so that it holds nothing else up.
    @discardableResult
    private func withFile<Value: Sendable>(
        _ date: CivilDate,
        creates: Bool,
        thenClose closes: Bool = false,
        _ body: @Sendable (DatabaseQueue) async throws -> Value
    ) async throws -> Value? {
        // One at a time: each may close the file that another is at.
        while isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            if closes { close(date) }
            isBusy = false
            let woken = waiting
            waiting = []
            for continuation in woken { continuation.resume() }
        }
        do {
            guard let file = try await file(date, creates: creates) else { return nil }
            return try await body(file)
        } catch let error as DatabaseError
            where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode.primaryResultCode)
        {
            try setAside(date)
            guard creates, let file = try await file(date, creates: true) else { return nil }
            return try await body(file)
        }
    }

    private func setAside(_ date: CivilDate) throws {
        close(date)
        let path = url(date).path
        var name = "\(date).sqlite.damaged"
        var count = 1
        while FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path) {
            count += 1
            name = "\(date).sqlite.damaged-\(count)"
        }
        let aside = folder.appendingPathComponent(name).path
        try FileManager.default.moveItem(atPath: path, toPath: aside)
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.moveItem(atPath: path + suffix, toPath: aside + suffix)
        }
        setAside.append(name)
    }

    /// Names of damaged files that were set aside since this was asked.
    func takeSetAside() -> [String] {
        defer { setAside = [] }
        return setAside
    }

    private func file(_ date: CivilDate, creates: Bool) async throws -> DatabaseQueue? {
        if let index = open.firstIndex(where: { $0.date == date }) {
            let known = open.remove(at: index)
            open.append(known)
            return known.file
        }
        guard creates || FileManager.default.fileExists(atPath: url(date).path) else { return nil }
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        var settings = Configuration()
        settings.label = "liandong-series"
        settings.busyMode = .timeout(5)
        settings.prepareDatabase { db in
            // Journal rows are deleted after this commit: it must hold through a power cut as theirs did.
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -4096;")
        }
        let file = try DatabaseQueue(path: url(date).path, configuration: settings)
        try await file.write { try DayFile.prepare($0) }
        if open.count >= SeriesFiles.openLimit { try? open.removeFirst().file.close() }
        open.append((date, file))
        return file
    }

    func closeAll() {
        for (_, file) in open { try? file.close() }
        open = []
    }
}
