package import LiandongCore

/// Entries of one record in few bytes: what they share with others of their delta is named once.
///
///     pack   = version count*origin count*entry
///     origin = delta lane seq stamp(8)
///     entry  = field origin×4+flags index element value [context]     flags: 1 removes, 2 with a context
///
/// Numbers are varints, least significant bits first; element, value and context have their length before them.
package enum CellPack {
    /// A pack is begun anew beyond so many bytes: what one entry more costs a record of thousands.
    package static let byteGoal = 2_048

    private static let version: UInt8 = 1

    /// What the ops of one delta have in common; those with a floor of their own stand apart.
    private struct Origin: Hashable {
        let delta: Int64
        let lane: Int64
        let seq: UInt64
        let stamp: HLC

        init(_ entry: CellEntry) {
            delta = entry.delta
            lane = entry.lane
            seq = entry.seq
            stamp = entry.stamp
        }
    }

    /// About the bytes that an entry takes.
    package static func byteCount(of entry: CellEntry) -> Int {
        entry.element.count + entry.value.count + 24 * entry.context.entries.count + 12
    }

    package static func bytes(of entries: [CellEntry]) -> [UInt8] {
        var origins: [Origin] = []
        var body: [UInt8] = []
        body.reserveCapacity(entries.reduce(0) { $0 + byteCount(of: $1) })
        for entry in entries {
            let origin = Origin(entry)
            // Mostly one delta wrote them all.
            let place = origins.lastIndex(of: origin) ?? origins.count
            if place == origins.count { origins.append(origin) }
            let flags: UInt64 = (entry.isRemove ? 1 : 0) | (entry.context.isEmpty ? 0 : 2)
            appendVarint(UInt64(entry.field.code), to: &body)
            appendVarint(UInt64(place) << 2 | flags, to: &body)
            appendVarint(UInt64(clamping: entry.index), to: &body)
            append(entry.element, to: &body)
            append(entry.value, to: &body)
            if !entry.context.isEmpty { append(entry.context.columnBytes, to: &body) }
        }
        var bytes = [version]
        bytes.reserveCapacity(body.count + 24 * origins.count + 4)
        appendVarint(UInt64(origins.count), to: &bytes)
        for origin in origins {
            appendVarint(UInt64(bitPattern: origin.delta), to: &bytes)
            appendVarint(UInt64(bitPattern: origin.lane), to: &bytes)
            appendVarint(origin.seq, to: &bytes)
            appendWord(origin.stamp.raw, 8, to: &bytes)
        }
        appendVarint(UInt64(entries.count), to: &bytes)
        bytes += body
        return bytes
    }

    private static func append(_ part: [UInt8], to bytes: inout [UInt8]) {
        appendVarint(UInt64(part.count), to: &bytes)
        bytes += part
    }

    /// - Throws: ``StoreError`` with `corrupt`.
    package static func entries(_ bytes: [UInt8], of record: RecordID) throws -> [CellEntry] {
        do {
            return try unpack(bytes, record)
        } catch let error as ReconciliationError {
            throw StoreError(.corrupt, "a stored pack of \(bytes.count) bytes: \(error.reason)")
        }
    }

    private static func unpack(_ bytes: [UInt8], _ record: RecordID) throws -> [CellEntry] {
        var reader = BoundedReader(bytes)
        let found = try reader.byte()
        guard found == version else { throw StoreError(.corrupt, "a stored pack of version \(found)") }
        var origins: [(delta: Int64, lane: Int64, seq: UInt64, stamp: HLC)] = []
        for _ in 0..<(try count(&reader, within: bytes)) {
            origins.append(
                (
                    Int64(bitPattern: try reader.varint()), Int64(bitPattern: try reader.varint()),
                    try reader.varint(), HLC(raw: try reader.word(8))
                )
            )
        }
        var entries: [CellEntry] = []
        let entryCount = try count(&reader, within: bytes)
        entries.reserveCapacity(entryCount)
        for _ in 0..<entryCount {
            let code = try reader.varint()
            guard let field = UInt32(exactly: code) else { throw StoreError(.corrupt, "a stored field \(code)") }
            let word = try reader.varint()
            guard word >> 2 < UInt64(origins.count) else { throw StoreError(.corrupt, "a stored origin \(word >> 2)") }
            let origin = origins[Int(word >> 2)]
            let index = Int(clamping: try reader.varint())
            let element = try reader.bytes(try reader.varint())
            let value = try reader.bytes(try reader.varint())
            entries.append(
                CellEntry(
                    record: record,
                    field: Field(code: field),
                    element: element,
                    stamp: origin.stamp,
                    delta: origin.delta,
                    index: index,
                    lane: origin.lane,
                    seq: origin.seq,
                    isRemove: word & 1 != 0,
                    value: value,
                    context: word & 2 == 0
                        ? CellContext() : try CellContext(columnBytes: reader.bytes(try reader.varint()))
                )
            )
        }
        guard reader.isAtEnd else { throw StoreError(.corrupt, "bytes behind the last entry of a stored pack") }
        return entries
    }

    /// A count of things that take a byte each at least.
    private static func count(_ reader: inout BoundedReader, within bytes: [UInt8]) throws -> Int {
        let count = try reader.varint()
        guard count <= UInt64(bytes.count) else { throw StoreError(.corrupt, "a stored pack counts \(count) parts") }
        return Int(count)
    }
}
