/// Reads packed words from bytes that somebody else sent; never past their end.
package struct BoundedReader {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var isAtEnd: Bool { position >= bytes.count }

    package mutating func byte() throws(ReconciliationError) -> UInt8 {
        guard position < bytes.count else { throw ReconciliationError(.undecodable, "packed values are cut off") }
        defer { position += 1 }
        return bytes[position]
    }

    /// So many bytes as they are.
    package mutating func bytes(_ count: UInt64) throws(ReconciliationError) -> [UInt8] {
        guard count <= UInt64(bytes.count - position) else {
            throw ReconciliationError(.undecodable, "packed values are cut off")
        }
        defer { position += Int(count) }
        return Array(bytes[position..<position + Int(count)])
    }

    /// A big-endian word of up to 8 bytes.
    package mutating func word(_ count: Int) throws(ReconciliationError) -> UInt64 {
        var word: UInt64 = 0
        for _ in 0..<count { word = word << 8 | UInt64(try byte()) }
        return word
    }

    package mutating func varint() throws(ReconciliationError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw ReconciliationError(.undecodable, "a varint of more than 9 bytes")
    }
}

/// Appends the lowest bytes of a word, most significant first.
package func appendWord(_ word: UInt64, _ count: Int, to bytes: inout [UInt8]) {
    for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(index)))) }
}

package func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
    }
    bytes.append(UInt8(rest))
}
