import GRDB
package import LiandongCore
package import LiandongDomain
import Synchronization

/// A reading as it is kept.
package struct SeriesReading: Sendable, Hashable {
    package let at: Instant
    package let receivedAt: Instant
    package let quality: TimeQuality
    package let value: Reading.Value
}

/// A stretch of a series, summed over its writers.
package struct SeriesStretch: Sendable, Hashable {
    package let start: Instant
    package let sketch: Sketch

    package init(start: Instant, sketch: Sketch) {
        self.start = start
        self.sketch = sketch
    }
}

/// How finely a series is asked for.
package enum SeriesResolution: String, Sendable, CaseIterable {
    case raw, minute, hour, day
}

/// What a series holds of a stretch of time.
package enum SeriesAnswer: Sendable, Hashable {
    case readings([SeriesReading])
    case stretches([SeriesStretch])
}

extension ReplicaStore {
    private static let drainRows = 512
    /// What a round takes into memory at most, and a row more.
    private static let drainBytes: Int64 = 4 << 20
    private static let cellsAtOnce = 200
    /// A day that goes on changing is published again so often: each revision is signed and kept by all above.
    private static let restMilliseconds: Int64 = 6 * 3_600_000

    /// Whether readings wait for their days' files.
    package var isJournalWaiting: Bool { journalState.withLock { $0.byteCount > 0 } }

    /// Where the journal ends now; ``isDrained(to:)`` says when what stands before it lies in the days' files.
    package var journalEnd: Int64 { journalState.withLock { $0.next } }

    package func isDrained(to end: Int64) -> Bool { journalState.withLock { $0.drained + 1 >= end } }

    /// Brings what the journal holds to the days' files; call it again and again.
    ///
    /// One at a time: the node has one loop for it.
    /// - Returns: how many batches were brought there; less than are held when there are many.
    @discardableResult
    package func drainJournal() async throws -> Int {
        let rows = try await pool.read { db in
            let sizes = try db.rows(
                "SELECT number, length(bytes) FROM ingest_journal ORDER BY number LIMIT ?",
                Self.drainRows
            ) { (number: try $0.integer(0), byteCount: try $0.integer(1)) }
            var (last, sum): (Int64, Int64) = (0, 0)
            for row in sizes where sum < Self.drainBytes { (last, sum) = (row.number, sum + row.byteCount) }
            return try db.rows("SELECT number, run, bytes FROM ingest_journal WHERE number <= ? ORDER BY number", last)
            {
                row in
                (number: try row.integer(0), run: try row.integer(1), bytes: try row.bytes(2))
            }
        }
        guard let last = rows.last?.number else { return 0 }
        var entries: [SeriesFiles.Entry] = []
        var unreadable: [(number: Int64, bytes: [UInt8])] = []
        for row in rows {
            if let batch = ReadingBatch(packed: row.bytes) {
                entries.append(.init(run: row.run, number: row.number, batch: batch))
            } else {
                unreadable.append((row.number, row.bytes))
            }
        }
        try await series.apply(entries, incarnation: incarnation)
        let bytes = rows.reduce(0) { $0 + $1.bytes.count }
        try await work { [unreadable] transaction in
            // One that rotted holds up none of the others.
            for (number, bytes) in unreadable {
                let reason = "batch \(number) of the readings' journal cannot be read"
                let message = QuarantineEntry(
                    device: nil,
                    source: "journal",
                    format: "application/octet-stream",
                    reason: reason,
                    payload: bytes
                )
                try self.quarantine(message, transaction.db, at: transaction.now)
            }
            try transaction.db.run("DELETE FROM ingest_journal WHERE number <= ?", last)
        }
        journalState.withLock { state in
            state.byteCount = max(0, state.byteCount - bytes)
            state.drained = max(state.drained, last)
        }
        return rows.count
    }

    /// Names of the days' files that were found damaged and set aside since this was asked, beside the others.
    package func takeDamagedDays() async -> [String] { await series.takeSetAside() }

    /// What a series holds from one instant up to before another, oldest first.
    ///
    /// What the journal still holds is not in it: drain first for all that was acknowledged.
    /// - Parameter limit: of rows.
    package func query(
        device: RecordID,
        series name: String,
        from: Instant,
        to: Instant,
        resolution: SeriesResolution,
        limit: Int
    ) async throws -> SeriesAnswer {
        let node = configuration.node
        var readings: [SeriesReading] = []
        var stretches: [SeriesStretch] = []
        for date in await series.dates() where date.start < to && date.next.start > from {
            guard readings.count + stretches.count < limit else { break }
            if resolution == .raw {
                let found = try await series.read(date) {
                    try $0.readings(device: device, series: name, from: from, to: to, limit: limit)
                }
                readings += found ?? []
                continue
            }
            let level: SeriesFiles.Level =
                switch resolution {
                case .minute: .minutes
                case .hour: .hours
                case .day, .raw: .days
                }
            let found = try await series.read(date) { file in
                try file.rollups(level, device: device, series: name, writer: node).map {
                    SeriesStretch(start: level.start(of: $0.bucket), sketch: $0.sketch)
                }
            }
            stretches += (found ?? []).filter { $0.start >= from && $0.start < to }
        }
        return resolution == .raw
            ? .readings(Array(readings.prefix(limit))) : .stretches(Array(stretches.prefix(limit)))
    }

    /// The series that a device had in the last days that there are.
    package func series(of device: RecordID, days: Int = 7) async throws -> [String] {
        var names: Set<String> = []
        for date in await series.dates().suffix(days) {
            names.formUnion(try await series.read(date) { try $0.series(of: device) } ?? [])
        }
        return names.sorted()
    }

    /// How many readings lie in the days' files: for checks.
    package func readingCount() async throws -> Int {
        var count = 0
        for date in await series.dates() { count += try await series.read(date) { try $0.readingCount() } ?? 0 }
        return count
    }

    // MARK: Day rollups

    /// Looks at all days again for rollups that the tiers above have not: after a start.
    package func recallRollups() async { await series.touch(await series.dates()) }

    /// Has days looked at again: what was to be published of them was not.
    package func recallRollups(of dates: Set<CivilDate>) async { await series.touch(dates.sorted()) }

    /// The days' rollups of reported series that have changed since they were published, of days that are over.
    ///
    /// Each day is looked at once for each change: who does not publish what is given calls ``recallRollups(of:)``. A day
    /// that cannot be read keeps none of the others, and is looked at again.
    package func rollupsToPublish(
        reported: [(device: RecordID, series: [String])],
        before today: CivilDate
    ) async throws -> [PublishRollups.Cell] {
        var cells: [PublishRollups.Cell] = []
        var notYet: [CivilDate] = []
        let now = configuration.now()
        for date in await series.takeTouched() {
            let hasRest = await series.publishedAt(date).map {
                (0..<Self.restMilliseconds).contains(now.milliseconds(since: $0))
            }
            guard date < today, hasRest != true else {
                notYet.append(date)
                continue
            }
            do {
                let found = try await series.read(date) { file in
                    try reported.flatMap { device, names in
                        try names.flatMap { try file.dayCells(date, device: device, series: $0) }
                    }
                }
                cells += found ?? []
            } catch { notYet.append(date) }
        }
        await series.touch(notYet)
        let known = try await pool.read { [cells] db in
            try cells.map { cell in
                try db.first(
                    """
                    SELECT revision FROM published_rollups
                    WHERE device = ? AND series = ? AND day = ? AND incarnation = ?
                    """,
                    cell.device,
                    cell.series,
                    cell.date.number,
                    cell.incarnation.column
                ) { UInt64(bitPattern: try $0.integer(0)) } ?? 0
            }
        }
        return zip(cells, known).filter { $0.0.revision > $0.1 }.map(\.0)
    }

    /// Publishes what there is to publish; what fails is looked at again with the next call.
    package func publishRollups(
        reported: [(device: RecordID, series: [String])],
        before today: CivilDate,
        as actor: Actor
    ) async throws {
        let touched = Set(await series.touched)
        do {
            let cells = try await rollupsToPublish(reported: reported, before: today)
            for start in stride(from: 0, to: cells.count, by: Self.cellsAtOnce) {
                let some = Array(cells[start..<min(start + Self.cellsAtOnce, cells.count)])
                _ = try await commit(PublishRollups(some), as: actor)
                try await notePublished(some)
            }
            await series.notePublished(Set(cells.map(\.date)), at: configuration.now())
        } catch {
            await recallRollups(of: touched)
            throw error
        }
    }

    /// Notes what was published, after it was committed; forgetting it costs a look, as publishing twice writes once.
    package func notePublished(_ cells: [PublishRollups.Cell]) async throws {
        try await work { transaction in
            for cell in cells {
                try transaction.db.run(
                    """
                    INSERT OR REPLACE INTO published_rollups(device, series, day, incarnation, revision)
                    VALUES(?, ?, ?, ?, ?)
                    """,
                    cell.device,
                    cell.series,
                    cell.date.number,
                    cell.incarnation.column,
                    Int64(bitPattern: cell.revision)
                )
            }
        }
    }

    // MARK: Retention

    /// The newest day that has a file.
    package func newestDay() async -> CivilDate? { await series.dates().last }

    /// Lets go of raw readings and rollups that are older than is wanted.
    ///
    /// - Returns: how many days' files became smaller or went.
    package func retainSeries(readingDays: Int, rollupDays: Int, today: CivilDate) async throws -> Int {
        try await series.retain(
            readingsFrom: CivilDate(number: today.number - readingDays),
            rollupsFrom: CivilDate(number: today.number - max(readingDays, rollupDays))
        )
    }
}

extension DayFile {
    /// Of one day of a series the part of each incarnation of this node.
    func dayCells(_ date: CivilDate, device: RecordID, series name: String) throws -> [PublishRollups.Cell] {
        try parts(
            .days,
            "series = (SELECT number FROM series WHERE device = ? AND name = ?)",
            [device, name]
        ).map { part in
            PublishRollups.Cell(
                device: device,
                series: name,
                date: date,
                incarnation: part.incarnation,
                revision: part.revision,
                sketch: part.sketch
            )
        }
    }
}
