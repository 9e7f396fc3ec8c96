// A record's entries in few bytes: deltas and authors are named once, whatever number of entries they wrote.

extension RecordView {
    /// Bounds of one record's packed entries, checked before anything is made of them.
    private static let nameLimit = 1 << 16

    /// Authors, deltas, entries (docs/protocol, section 13).
    var packedEntries: [UInt8] {
        var authors: [NodeID: UInt64] = [:]
        var authorBytes: [UInt8] = []
        var deltas: [DeltaID: UInt64] = [:]
        var deltaBytes: [UInt8] = []
        var entryBytes: [UInt8] = []
        entryBytes.reserveCapacity(entries.count * 48)
        for entry in entries {
            let author = authors[entry.author] ?? UInt64(authors.count)
            if authors.updateValue(author, forKey: entry.author) == nil { authorBytes += entry.author.bytes }
            let delta = deltas[entry.dot.delta] ?? UInt64(deltas.count)
            if deltas.updateValue(delta, forKey: entry.dot.delta) == nil {
                deltaBytes += entry.dot.delta.bytes
                appendVarint(author, to: &deltaBytes)
            }
            appendVarint(UInt64(entry.field.code), to: &entryBytes)
            appendVarint(delta, to: &entryBytes)
            appendVarint(UInt64(clamping: entry.dot.index), to: &entryBytes)
            appendWord(entry.stamp.raw, 8, to: &entryBytes)
            appendVarint(UInt64(entry.element.count), to: &entryBytes)
            entryBytes += entry.element
            appendVarint(UInt64(entry.value.count), to: &entryBytes)
            entryBytes += entry.value
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(authorBytes.count + deltaBytes.count + entryBytes.count + 9)
        appendVarint(UInt64(authors.count), to: &bytes)
        bytes += authorBytes
        appendVarint(UInt64(deltas.count), to: &bytes)
        bytes += deltaBytes
        appendVarint(UInt64(entries.count), to: &bytes)
        bytes += entryBytes
        return bytes
    }

    /// The entries of packed bytes, in the order of a view.
    ///
    /// - Throws: ``DeltaError`` with `undecodable`.
    static func entries(unpacking bytes: [UInt8]) throws(DeltaError) -> [EntryView] {
        do {
            return try unpack(bytes)
        } catch {
            throw DeltaError(.undecodable, "a record of a snapshot: \(error.reason)")
        }
    }

    private static func unpack(_ bytes: [UInt8]) throws(ReconciliationError) -> [EntryView] {
        var reader = BoundedReader(bytes)
        var authors: [NodeID] = []
        for _ in 0..<(try count(&reader)) {
            guard let author = NodeID(try reader.bytes(32)) else { throw undecodable("an author's id") }
            authors.append(author)
        }
        var deltas: [(id: DeltaID, author: NodeID)] = []
        for _ in 0..<(try count(&reader)) {
            guard let id = DeltaID(try reader.bytes(32)) else { throw undecodable("a delta's id") }
            deltas.append((id, try element(authors, try reader.varint())))
        }
        var entries: [EntryView] = []
        for _ in 0..<(try count(&reader)) {
            guard let field = UInt32(exactly: try reader.varint()) else { throw undecodable("a field") }
            let delta = try element(deltas, try reader.varint())
            let index = try reader.varint()
            guard index < UInt64(Delta.opLimit) else { throw undecodable("op \(index) of a delta") }
            let stamp = HLC(raw: try reader.word(8))
            let name = try reader.bytes(try reader.varint())
            let value = try reader.bytes(try reader.varint())
            entries.append(
                EntryView(
                    field: Field(code: field),
                    element: name,
                    value: value,
                    stamp: stamp,
                    dot: Dot(delta: delta.id, index: Int(index)),
                    author: delta.author
                )
            )
        }
        guard reader.isAtEnd else { throw undecodable("bytes behind the last entry") }
        return entries.sorted(by: EntryView.isInViewOrder)
    }

    private static func count(_ reader: inout BoundedReader) throws(ReconciliationError) -> Int {
        let count = try reader.varint()
        guard count <= UInt64(nameLimit) else { throw undecodable("\(count) values, at most \(nameLimit) are allowed") }
        return Int(count)
    }

    private static func element<T>(_ list: [T], _ index: UInt64) throws(ReconciliationError) -> T {
        guard index < UInt64(list.count) else { throw undecodable("a name that was not given") }
        return list[Int(index)]
    }

    private static func undecodable(_ what: String) -> ReconciliationError { ReconciliationError(.undecodable, what) }
}
