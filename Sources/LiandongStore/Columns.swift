import Foundation
import GRDB
import LiandongCore

// How the core's values stand in columns. Unsigned words are kept by their bits.

extension FixedIdentifier {
    var data: Data { Data(bytes) }
}

extension FixedIdentifier where Raw == UInt64 {
    var column: Int64 { Int64(bitPattern: raw) }

    init(column: Int64) { self.init(raw: UInt64(bitPattern: column)) }
}

extension HLC {
    var column: Int64 { Int64(bitPattern: raw) }

    init(column: Int64) { self.init(raw: UInt64(bitPattern: column)) }
}

extension [UInt8] {
    var data: Data { Data(self) }
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

extension Row {
    func integer(_ index: Int) throws -> Int64 { try decode(Int64.self, atIndex: index) }

    func optionalInteger(_ index: Int) throws -> Int64? { try decode(Int64?.self, atIndex: index) }

    func bytes(_ index: Int) throws -> [UInt8] { [UInt8](try decode(Data.self, atIndex: index)) }

    func identifier<ID: StoredIdentifier>(_ index: Int) throws -> ID {
        let stored = try bytes(index)
        guard let id = ID(stored: stored) else {
            throw StoreError(.corrupt, "a stored identifier of \(stored.count) bytes")
        }
        return id
    }

    func optionalIdentifier<ID: StoredIdentifier>(_ index: Int) throws -> ID? {
        try decode(Data?.self, atIndex: index) == nil ? nil : identifier(index)
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
protocol StoredIdentifier {
    init?(stored bytes: [UInt8])
}

extension NodeID: StoredIdentifier {
    init?(stored bytes: [UInt8]) { self.init(bytes) }
}

extension DeltaID: StoredIdentifier {
    init?(stored bytes: [UInt8]) { self.init(bytes) }
}

extension RecordID: StoredIdentifier {
    init?(stored bytes: [UInt8]) { self.init(bytes) }
}

extension AudienceID: StoredIdentifier {
    init?(stored bytes: [UInt8]) { self.init(bytes) }
}

extension LaneID: StoredIdentifier {
    init?(stored bytes: [UInt8]) { self.init(bytes) }
}

extension LaneKey {
    /// From four columns: origin, incarnation, audience, class.
    init(_ row: Row, from index: Int) throws {
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
    static let columns = "number, lane, header, signature, body, id, source, received_at, quarantined, lsn"

    init(_ row: Row) throws {
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
    init(_ row: Row) throws {
        let stored = try StoredDelta(row)
        self.init(lsn: try row.integer(9), delta: stored.delta, source: stored.source)
    }
}

extension CellEntry {
    init(_ row: Row) throws {
        let code = try row.integer(1)
        guard let field = UInt32(exactly: code) else { throw StoreError(.corrupt, "a stored field \(code)") }
        self.init(
            record: try row.identifier(0),
            field: Field(code: field),
            element: try row.bytes(2),
            stamp: HLC(column: try row.integer(3)),
            delta: try row.integer(4),
            index: Int(try row.integer(5)),
            lane: try row.integer(6),
            seq: UInt64(bitPattern: try row.integer(7)),
            isRemove: try row.integer(8) != 0,
            value: try row.bytes(9),
            context: try CellContext(columnBytes: row.bytes(10))
        )
    }
}

extension ParkedOp {
    init(_ row: Row) throws {
        let code = try row.integer(3)
        guard let reason = UInt8(exactly: code).flatMap(Reason.init(rawValue:)) else {
            throw StoreError(.corrupt, "a stored reason \(code)")
        }
        self.init(
            delta: try row.integer(0),
            index: Int(try row.integer(1)),
            record: try row.identifier(2),
            reason: reason,
            dueAt: try row.optionalInteger(4).map(HLC.init(column:))
        )
    }
}
