/// Counts what a frame holds before it is decoded.
///
/// A protobuf decoder makes an object of every two bytes that say "an empty message": a frame of 1 MiB could ask for
/// hundreds of megabytes. This walk over the bytes allocates nothing and refuses such frames first.
package enum FrameBounds {
    /// The most bytes of a frame before the handshake is over.
    package static let handshakeByteLimit = 4 * 1024
    /// The most bytes of a frame after it.
    package static let byteLimit = 1024 * 1024
    /// The most fields of a frame's body: entries, deltas, lane heads, beats.
    package static let bodyFieldLimit = 8_192
    /// The most fields of one delta of a batch: its ops and the rest of it.
    package static let deltaFieldLimit = Delta.opLimit + 64

    /// Number of `deltas` in `Frame` and of `deltas` in `DeltaBatch` (session.proto).
    private static let batchField: UInt64 = 10
    private static let deltaField: UInt64 = 1

    /// - Throws: ``DeltaError`` with `tooLarge` or `undecodable`.
    /// - Complexity: O(*n*) in the bytes.
    package static func check(_ frame: [UInt8]) throws(DeltaError) {
        guard frame.count <= byteLimit else {
            throw DeltaError(.tooLarge, "a frame of \(frame.count) bytes, at most \(byteLimit) are allowed")
        }
        var outer = FieldWalk(frame[...])
        var bodies = 0
        while let field = try outer.next() {
            bodies += 1
            guard bodies <= 1 else { throw DeltaError(.undecodable, "a frame with more than one body") }
            guard let body = field.payload else { throw DeltaError(.undecodable, "a frame whose body is no message") }
            try check(body: body, isBatch: field.number == batchField)
        }
    }

    /// The same bound for a signed message within a frame, before it is decoded.
    static func check(message: [UInt8]) throws(DeltaError) {
        try check(body: message[...], isBatch: false)
    }

    private static func check(body: ArraySlice<UInt8>, isBatch: Bool) throws(DeltaError) {
        var walk = FieldWalk(body)
        var count = 0
        while let field = try walk.next() {
            count += 1
            guard count <= bodyFieldLimit else {
                throw DeltaError(.tooLarge, "a frame of more than \(bodyFieldLimit) fields")
            }
            guard isBatch, field.number == deltaField, let delta = field.payload else { continue }
            var inner = FieldWalk(delta)
            var fields = 0
            while try inner.next() != nil {
                fields += 1
                guard fields <= deltaFieldLimit else {
                    throw DeltaError(.tooLarge, "a delta of more than \(deltaFieldLimit) fields")
                }
            }
        }
    }
}

/// Walks the fields of one protobuf message without decoding them.
private struct FieldWalk {
    struct FoundField {
        let number: UInt64
        /// Of a length-delimited field.
        let payload: ArraySlice<UInt8>?
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.position = bytes.startIndex
    }

    /// The next field, or nil at the end.
    mutating func next() throws(DeltaError) -> FoundField? {
        guard position < bytes.endIndex else { return nil }
        let tag = try varint()
        switch tag & 7 {
        case 0:
            _ = try varint()
            return FoundField(number: tag >> 3, payload: nil)
        case 1:
            try skip(8)
            return FoundField(number: tag >> 3, payload: nil)
        case 2:
            let length = try varint()
            guard length <= UInt64(bytes.endIndex - position) else { throw cut }
            let start = position
            try skip(Int(length))
            return FoundField(number: tag >> 3, payload: bytes[start..<position])
        case 5:
            try skip(4)
            return FoundField(number: tag >> 3, payload: nil)
        default:
            throw DeltaError(.undecodable, "a field of wire type \(tag & 7)")
        }
    }

    private var cut: DeltaError { DeltaError(.undecodable, "a message is cut off") }

    private mutating func skip(_ count: Int) throws(DeltaError) {
        guard count <= bytes.endIndex - position else { throw cut }
        position += count
    }

    private mutating func varint() throws(DeltaError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < bytes.endIndex else { throw cut }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw DeltaError(.undecodable, "a varint of more than 10 bytes")
    }
}
