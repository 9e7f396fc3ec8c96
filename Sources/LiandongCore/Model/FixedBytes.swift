/// Sixteen bytes held as two words: no heap, cheap to hash and compare.
package struct Bytes16: Hashable, Comparable, Sendable {
    @usableFromInline let high: UInt64
    @usableFromInline let low: UInt64

    var words: (UInt64, UInt64) { (high, low) }

    /// - Returns: nil unless there are exactly 16 bytes.
    @inlinable
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var reader = WordReader(bytes)
        self.high = reader.next()
        self.low = reader.next()
    }

    /// The first 16 bytes of a hash.
    package init(prefixOf hash: Bytes32) {
        self.high = hash.words.0
        self.low = hash.words.1
    }

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        high.appendBigEndian(to: &bytes)
        low.appendBigEndian(to: &bytes)
        return bytes
    }

    package static func < (a: Bytes16, b: Bytes16) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

/// Thirty-two bytes held as four words: no heap, cheap to hash and compare.
package struct Bytes32: Hashable, Comparable, Sendable {
    @usableFromInline let word0: UInt64
    @usableFromInline let word1: UInt64
    @usableFromInline let word2: UInt64
    @usableFromInline let word3: UInt64

    fileprivate var words: (UInt64, UInt64) { (word0, word1) }

    /// - Returns: nil unless there are exactly 32 bytes.
    @inlinable
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var reader = WordReader(bytes)
        self.word0 = reader.next()
        self.word1 = reader.next()
        self.word2 = reader.next()
        self.word3 = reader.next()
    }

    /// Thirty-two bytes of 0xFF: sorts after every other value.
    static let greatest = Bytes32(word0: .max, word1: .max, word2: .max, word3: .max)

    package init(word0: UInt64, word1: UInt64, word2: UInt64, word3: UInt64) {
        self.word0 = word0
        self.word1 = word1
        self.word2 = word2
        self.word3 = word3
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        word0.appendBigEndian(to: &bytes)
        word1.appendBigEndian(to: &bytes)
        word2.appendBigEndian(to: &bytes)
        word3.appendBigEndian(to: &bytes)
        return bytes
    }

    package static func < (a: Bytes32, b: Bytes32) -> Bool {
        (a.word0, a.word1, a.word2, a.word3) < (b.word0, b.word1, b.word2, b.word3)
    }
}

/// Reads big-endian words from bytes that were counted beforehand; past the end it reads zeros.
@usableFromInline
struct WordReader<Bytes: Collection<UInt8>> {
    @usableFromInline var iterator: Bytes.Iterator

    @inlinable
    init(_ bytes: Bytes) { self.iterator = bytes.makeIterator() }

    @inlinable
    mutating func next() -> UInt64 {
        var word: UInt64 = 0
        for _ in 0..<8 { word = word << 8 | UInt64(iterator.next() ?? 0) }
        return word
    }
}

extension FixedWidthInteger {
    /// The integer's bytes, most significant first.
    @inlinable
    package var bigEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.bitWidth / 8)
        appendBigEndian(to: &bytes)
        return bytes
    }

    @inlinable
    package func appendBigEndian(to bytes: inout [UInt8]) {
        var rest = bigEndian
        for _ in 0..<Self.bitWidth / 8 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// Reads an integer of this width from its big-endian bytes; nil when the count is wrong.
    @inlinable
    package init?(bigEndianBytes bytes: some Collection<UInt8>) {
        guard bytes.count == Self.bitWidth / 8 else { return nil }
        var value: Self = 0
        for byte in bytes { value = value << 8 | Self(truncatingIfNeeded: byte) }
        self = value
    }
}

/// Hexadecimal text of bytes, lower case.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    let digits: [UInt8] = Array("0123456789abcdef".utf8)
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

/// Bytes from hexadecimal text of either case; nil at an odd count or a foreign character.
package func bytes(hexadecimal text: String) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count.isMultiple(of: 2) else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(characters.count / 2)
    var high: UInt8?
    for character in characters {
        let digit: UInt8
        switch character {
        case 0x30...0x39: digit = character - 0x30
        case 0x41...0x46: digit = character - 0x41 + 10
        case 0x61...0x66: digit = character - 0x61 + 10
        default: return nil
        }
        if let top = high {
            result.append(top << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    return result
}
