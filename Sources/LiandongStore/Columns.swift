import LiandongCore

// How the core's values stand in columns. Unsigned words are kept by their bits.

extension FixedIdentifier where Raw == UInt64 {
    var column: Int64 { Int64(bitPattern: raw) }

    init(column: Int64) { self.init(raw: UInt64(bitPattern: column)) }
}

extension HLC {
    var column: Int64 { Int64(bitPattern: raw) }

    init(column: Int64) { self.init(raw: UInt64(bitPattern: column)) }
}

extension CellContext {
    /// 24 bytes a lane: its id and the position.
    var columnBytes: [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries { bytes += entry.lane.bytes + entry.position.raw.bigEndianBytes }
        return bytes
    }

    init(columnBytes bytes: [UInt8]) throws {
        var entries: [Entry] = []
        for start in stride(from: 0, to: bytes.count, by: 24) {
            guard start + 24 <= bytes.count, let lane = LaneID(bytes[start..<start + 16]),
                let position = UInt64(bigEndianBytes: bytes[start + 16..<start + 24])
            else { throw StoreError(.corrupt, "a stored context of \(bytes.count) bytes") }
            entries.append(Entry(lane: lane, position: LanePosition(raw: position)))
        }
        self.init(entries)
    }
}

extension SQLRow {
    func identifier<ID: StoredIdentifier>(_ index: Int) throws -> ID {
        try unsafe withBytes(index) { stored in
            guard let id = unsafe ID(stored: stored) else {
                throw StoreError(.corrupt, "a stored identifier of \(stored.count) bytes")
            }
            return id
        }
    }

    func optionalIdentifier<ID: StoredIdentifier>(_ index: Int) throws -> ID? {
        isNull(index) ? nil : try identifier(index)
    }

    /// Pairs of big-endian words.
    func ranges(_ index: Int) throws -> [ClosedRange<UInt64>] {
        let bytes = try bytes(index)
        var ranges: [ClosedRange<UInt64>] = []
        for start in stride(from: 0, to: bytes.count, by: 16) {
            guard start + 16 <= bytes.count, let lower = UInt64(bigEndianBytes: bytes[start..<start + 8]),
                let upper = UInt64(bigEndianBytes: bytes[start + 8..<start + 16]), lower <= upper
            else { throw StoreError(.corrupt, "stored ranges of \(bytes.count) bytes") }
            ranges.append(lower...upper)
        }
        return ranges
    }
}

/// An identifier that stands in a column as its bytes.
protocol StoredIdentifier: SQLBindable {
    init?(stored bytes: UnsafeRawBufferPointer)
    var bytes: [UInt8] { get }
}

extension StoredIdentifier {
    func bind(to parameter: SQLParameter) throws { try parameter.set(blob: bytes) }
}

extension NodeID: StoredIdentifier {
    init?(stored bytes: UnsafeRawBufferPointer) { unsafe self.init(bytes) }
}

extension DeltaID: StoredIdentifier {
    init?(stored bytes: UnsafeRawBufferPointer) { unsafe self.init(bytes) }
}

extension RecordID: StoredIdentifier {
    init?(stored bytes: UnsafeRawBufferPointer) { unsafe self.init(bytes) }
}

extension AudienceID: StoredIdentifier {
    init?(stored bytes: UnsafeRawBufferPointer) { unsafe self.init(bytes) }
}

extension Hash: StoredIdentifier {
    init?(stored bytes: UnsafeRawBufferPointer) { unsafe self.init(bytes) }
}

extension LaneID: StoredIdentifier {
    init?(stored bytes: UnsafeRawBufferPointer) { unsafe self.init(bytes) }
}

extension LaneKey {
    /// From four columns: origin, incarnation, audience, class.
    init(_ row: SQLRow, from index: Int) throws {
        let code = try row.integer(index + 3)
        guard let deltaClass = UInt8(exactly: code).flatMap(DeltaClass.init(rawValue:)) else {
            throw StoreError(.corrupt, "a stored class \(code)")
        }
        self.init(
            origin: try row.identifier(index),
            incarnation: Incarnation(column: try row.integer(index + 1)),
            audience: try row.identifier(index + 2),
            deltaClass: deltaClass
        )
    }
}

extension StoredDelta {
    static let columns = "number, lane, header, signature, body, id, source, received_at, quarantined"

    init(_ row: SQLRow) throws {
        self.init(
            number: try row.integer(0),
            lane: try row.integer(1),
            delta: try Delta(
                storedHeader: row.bytes(2),
                signature: row.bytes(3),
                body: row.bytes(4),
                id: row.identifier(5)
            ),
            source: try row.optionalIdentifier(6),
            receivedAt: Instant(milliseconds: try row.integer(7)),
            isQuarantined: try row.integer(8) != 0
        )
    }
}

extension CommittedDelta {
    /// From the columns of ``StoredDelta``.
    init(_ row: SQLRow) throws {
        let stored = try StoredDelta(row)
        self.init(lsn: stored.number, delta: stored.delta, source: stored.source)
    }
}

extension CellEntry {
    static let columns = "field, element, stamp, delta, idx, lane, seq, removes, value, context"

    init(_ row: SQLRow, of record: RecordID) throws {
        let code = try row.integer(0)
        guard let field = UInt32(exactly: code) else { throw StoreError(.corrupt, "a stored field \(code)") }
        self.init(
            record: record,
            field: Field(code: field),
            element: try row.bytes(1),
            stamp: HLC(column: try row.integer(2)),
            delta: try row.integer(3),
            index: Int(clamping: try row.integer(4)),
            lane: try row.integer(5),
            seq: UInt64(bitPattern: try row.integer(6)),
            isRemove: try row.integer(7) != 0,
            value: try row.bytes(8),
            context: try CellContext(columnBytes: row.bytes(9))
        )
    }
}

extension ParkedOp {
    static let columns = "delta, idx, record, reason, due"

    init(_ row: SQLRow) throws {
        let code = try row.integer(3)
        guard let reason = UInt8(exactly: code).flatMap(Reason.init(rawValue:)) else {
            throw StoreError(.corrupt, "a stored reason \(code)")
        }
        self.init(
            delta: try row.integer(0),
            index: Int(clamping: try row.integer(1)),
            record: try row.identifier(2),
            reason: reason,
            dueAt: try row.optionalInteger(4).map(HLC.init(column:))
        )
    }
}

extension Cursor {
    /// From peer, class, epoch and LSN; nil for a class this build does not know.
    init?(_ row: SQLRow) throws {
        let code = try row.integer(1)
        guard let deltaClass = UInt8(exactly: code).flatMap(DeltaClass.init(rawValue:)) else { return nil }
        self.init(
            peer: try row.identifier(0),
            storeEpoch: StoreEpoch(column: try row.integer(2)),
            deltaClass: deltaClass,
            lsn: try row.integer(3)
        )
    }
}

extension KeptBeat {
    /// From node, incarnation, number, time and bytes.
    init(_ row: SQLRow) throws {
        self.init(
            node: try row.identifier(0),
            incarnation: Incarnation(column: try row.integer(1)),
            number: UInt64(bitPattern: try row.integer(2)),
            time: Instant(milliseconds: try row.integer(3)),
            bytes: try row.bytes(4)
        )
    }
}

extension KeptBeatPart {
    /// From node, audience, incarnation, number, time and bytes; nil when the bytes are no part.
    init?(_ row: SQLRow) throws {
        self.init(
            node: try row.identifier(0),
            audience: try row.identifier(1),
            incarnation: Incarnation(column: try row.integer(2)),
            number: UInt64(bitPattern: try row.integer(3)),
            time: Instant(milliseconds: try row.integer(4)),
            signed: try row.bytes(5)
        )
    }
}
