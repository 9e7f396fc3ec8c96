import GRDB
import LiandongCore
import LiandongDomain

/// One day of readings and rollups, on its connection.
struct DayFile {
    let db: Database

    init(_ db: Database) { self.db = db }

    /// The tables of a file that is new.
    static func prepare(_ db: Database) throws {
        guard try db.first("PRAGMA user_version", read: { try $0.integer(0) }) ?? 0 == 0 else { return }
        var sql = """
            CREATE TABLE series(
                number INTEGER PRIMARY KEY, device BLOB NOT NULL, name TEXT NOT NULL, UNIQUE(device, name)) STRICT;
            CREATE TABLE readings(
                series INTEGER NOT NULL, at INTEGER NOT NULL, received_at INTEGER NOT NULL, quality INTEGER NOT NULL,
                number REAL, text TEXT) STRICT;
            CREATE INDEX readings_by_time ON readings(series, at);
            CREATE TABLE applied(run INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;
            CREATE TABLE state(thinned INTEGER NOT NULL) STRICT;
            INSERT INTO state VALUES(0);

            """
        for level in SeriesFiles.Level.allCases {
            sql += """
                CREATE TABLE \(level.rawValue)(
                    series INTEGER NOT NULL, bucket INTEGER NOT NULL, incarnation INTEGER NOT NULL,
                    revision INTEGER NOT NULL, count INTEGER NOT NULL, sum REAL NOT NULL, squares REAL NOT NULL,
                    least REAL NOT NULL, greatest REAL NOT NULL, last REAL NOT NULL, last_at INTEGER NOT NULL,
                    PRIMARY KEY(series, bucket, incarnation)) STRICT, WITHOUT ROWID;

                """
        }
        try db.execute(sql: sql + "PRAGMA user_version = 1;")
    }

    // MARK: Writing

    /// Writes what was not applied before, and notes up to where it is now.
    func apply(_ entries: [SeriesFiles.Entry], incarnation: Incarnation) throws {
        var marks: [Int64: Int64] = [:]
        var sketches: [SeriesFiles.Level: [Cell: Sketch]] = [:]
        for entry in entries {
            let mark = try marks[entry.run] ?? applied(entry.run)
            marks[entry.run] = mark
            guard entry.number > mark else { continue }
            marks[entry.run] = entry.number
            var numbers: [String: Int64] = [:]
            for reading in entry.batch.readings {
                let series = try numbers[reading.series] ?? series(entry.batch.device, reading.series)
                numbers[reading.series] = series
                try insert(reading, series, entry.batch.receivedAt)
                guard let value = reading.value.number else { continue }
                let sketch = Sketch(value, at: reading.at)
                for level in SeriesFiles.Level.allCases {
                    let cell = Cell(series: series, bucket: level.bucket(of: reading.at))
                    if sketches[level]?[cell]?.join(sketch) == nil { sketches[level, default: [:]][cell] = sketch }
                }
            }
        }
        for level in SeriesFiles.Level.allCases {
            for (cell, sketch) in sketches[level] ?? [:] { try join(sketch, level, cell, incarnation) }
        }
        for (run, number) in marks {
            try db.run("INSERT OR REPLACE INTO applied(run, number) VALUES(?, ?)", run, number)
        }
    }

    private struct Cell: Hashable {
        let series: Int64
        let bucket: Int64
    }

    private func applied(_ run: Int64) throws -> Int64 {
        try db.first("SELECT number FROM applied WHERE run = ?", run) { try $0.integer(0) } ?? 0
    }

    private func series(_ device: RecordID, _ name: String) throws -> Int64 {
        if let known = try number(device, name) { return known }
        try db.run("INSERT INTO series(device, name) VALUES(?, ?)", device, name)
        return try number(device, name) ?? 0
    }

    private func number(_ device: RecordID, _ name: String) throws -> Int64? {
        try db.first("SELECT number FROM series WHERE device = ? AND name = ?", device, name) { try $0.integer(0) }
    }

    private func insert(_ reading: Reading, _ series: Int64, _ receivedAt: Instant) throws {
        var text: String?
        // What is neither true nor false as a number keeps its words.
        var number: DoubleColumn?
        switch reading.value {
        case .number(let value): number = DoubleColumn(value)
        case .flag(let flag): (number, text) = (DoubleColumn(flag ? 1 : 0), flag ? "true" : "false")
        case .text(let words): text = words
        }
        try db.run(
            "INSERT INTO readings(series, at, received_at, quality, number, text) VALUES(?, ?, ?, ?, ?, ?)",
            series,
            reading.at.milliseconds,
            receivedAt.milliseconds,
            reading.quality.rawValue,
            number,
            text
        )
    }

    /// Joins a sketch to what this incarnation has of the cell; other incarnations' parts stay as they are.
    private func join(_ sketch: Sketch, _ level: SeriesFiles.Level, _ cell: Cell, _ incarnation: Incarnation) throws {
        let known = try parts(
            level,
            "series = ? AND bucket = ? AND incarnation = ?",
            [cell.series, cell.bucket, incarnation.column]
        ).first
        var joined = sketch
        if let known {
            joined = known.sketch
            joined.join(sketch)
        }
        try db.run(
            """
            INSERT OR REPLACE INTO \(level.rawValue)(series, bucket, incarnation, revision, count, sum, squares, least,
                greatest, last, last_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            cell.series,
            cell.bucket,
            incarnation.column,
            Int64(bitPattern: (known?.revision ?? 0) + 1),
            Int64(clamping: joined.count),
            DoubleColumn(joined.sum),
            DoubleColumn(joined.squares),
            DoubleColumn(joined.least),
            DoubleColumn(joined.greatest),
            DoubleColumn(joined.last),
            joined.lastAt.milliseconds
        )
    }

    /// Lets go of the raw readings; rollups stay.
    ///
    /// - Returns: whether there was anything to be done.
    func thin() throws -> Bool {
        guard try db.first("SELECT thinned FROM state", read: { try $0.integer(0) }) == 0 else { return false }
        try db.execute(sql: "DELETE FROM readings; UPDATE state SET thinned = 1;")
        return true
    }

    // MARK: Reading

    struct Part {
        let series: Int64
        let bucket: Int64
        let incarnation: Incarnation
        let revision: UInt64
        let sketch: Sketch
    }

    func parts(_ level: SeriesFiles.Level, _ condition: String, _ arguments: [any SQLBindable]) throws -> [Part] {
        try db.rows(
            """
            SELECT series, bucket, incarnation, revision, count, sum, squares, least, greatest, last, last_at
            FROM \(level.rawValue) WHERE \(condition) ORDER BY bucket, incarnation
            """,
            arguments: arguments
        ) { row in
            Part(
                series: try row.integer(0),
                bucket: try row.integer(1),
                incarnation: Incarnation(column: try row.integer(2)),
                revision: UInt64(bitPattern: try row.integer(3)),
                sketch: Sketch(
                    count: UInt64(clamping: try row.integer(4)),
                    sum: try row.double(5),
                    squares: try row.double(6),
                    least: try row.double(7),
                    greatest: try row.double(8),
                    last: try row.double(9),
                    lastAt: Instant(milliseconds: try row.integer(10))
                )
            )
        }
    }

    /// What a series amounts to, stretch by stretch: its writers' parts summed.
    func rollups(
        _ level: SeriesFiles.Level,
        device: RecordID,
        series name: String,
        writer: NodeID
    ) throws -> [(bucket: Int64, sketch: Sketch)] {
        guard let series = try number(device, name) else { return [] }
        var byBucket: [Int64: [SketchPart]] = [:]
        for part in try parts(level, "series = ?", [series]) {
            byBucket[part.bucket, default: []].append(
                SketchPart(
                    writer: writer,
                    incarnation: part.incarnation,
                    revision: part.revision,
                    sketch: part.sketch
                )
            )
        }
        return byBucket.sorted { $0.key < $1.key }.compactMap { bucket, parts in
            SketchPart.sum(parts).map { (bucket, $0) }
        }
    }

    func readings(
        device: RecordID,
        series name: String,
        from: Instant,
        to: Instant,
        limit: Int
    ) throws -> [SeriesReading] {
        guard let series = try number(device, name) else { return [] }
        return try db.rows(
            """
            SELECT at, received_at, quality, number, text FROM readings
            WHERE series = ? AND at >= ? AND at < ? ORDER BY at, rowid LIMIT ?
            """,
            series,
            from.milliseconds,
            to.milliseconds,
            limit
        ) { row in
            let text = row.isNull(4) ? nil : try row.text(4)
            let value: Reading.Value =
                if row.isNull(3) {
                    .text(text ?? "")
                } else {
                    text == nil ? .number(try row.double(3)) : .flag(try row.double(3) != 0)
                }
            return SeriesReading(
                at: Instant(milliseconds: try row.integer(0)),
                receivedAt: Instant(milliseconds: try row.integer(1)),
                quality: UInt8(exactly: try row.integer(2)).flatMap(TimeQuality.init(rawValue:)) ?? .received,
                value: value
            )
        }
    }

    /// The names of a device's series on this day.
    func series(of device: RecordID) throws -> [String] {
        try db.rows("SELECT name FROM series WHERE device = ? ORDER BY name", device) { try $0.text(0) }
    }

    /// How many readings lie here.
    func readingCount() throws -> Int {
        try db.first("SELECT count(*) FROM readings") { Int(clamping: try $0.integer(0)) } ?? 0
    }
}

/// A floating-point number as a parameter.
struct DoubleColumn: SQLBindable {
    let value: Double

    init(_ value: Double) { self.value = value }

    func bind(to parameter: SQLParameter) throws { try parameter.set(double: value) }
}
