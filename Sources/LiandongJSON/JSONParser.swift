/// Why bytes are no JSON, or beyond a bound.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where, counted from 0.
    package let byte: Int
    package let reason: String

    package var description: String { "the JSON is wrong at byte \(byte): \(reason)" }
}

extension JSONValue {
    /// Reads a text: at most ``JSONParser/depthLimit`` deep, names of an object once and at most 256, numbers finite.
    ///
    /// - Complexity: O(bytes), and O(names²) in each object.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes)
        self = try parser.whole()
    }
}

/// Reads JSON from bytes, byte by byte.
struct JSONParser {
    static let depthLimit = 16

    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func whole() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipBlanks()
        guard offset == bytes.count else { throw wrong("something follows its end") }
        return value
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    private func wrong(_ what: String) -> JSONError { JSONError(byte: offset, reason: what) }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= JSONParser.depthLimit else { throw wrong("it is nested too deep") }
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try list(depth)
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for byte in word.utf8 {
            guard take(byte) else { throw wrong("\(word) was expected") }
        }
        return value
    }

    private mutating func list(_ depth: Int) throws(JSONError) -> JSONValue {
        offset += 1
        var values: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            values.append(try value(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw wrong("a comma or ] was expected") }
        }
    }

    private mutating func object(_ depth: Int) throws(JSONError) -> JSONValue {
        offset += 1
        var members: [JSONValue.Member] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw wrong("a name was expected") }
            let name = try text()
            // Two values of one name mean different things to different readers.
            guard !members.contains(where: { $0.name == name }) else { throw wrong("a name stands there twice") }
            guard members.count < 256 else { throw wrong("an object has more than 256 names") }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw wrong("a colon was expected") }
            members.append(.init(name: name, value: try value(depth: depth + 1)))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw wrong("a comma or } was expected") }
        }
    }

    private mutating func number() throws(JSONError) -> Double {
        let start = offset
        _ = take(UInt8(ascii: "-"))
        let isZero = next == UInt8(ascii: "0")
        guard try digits() == 1 || !isZero else { throw wrong("a number begins with 0") }
        if take(UInt8(ascii: ".")) { _ = try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            _ = try digits()
        }
        // Most numbers are short integers; the library's way is several times slower.
        if offset - start <= 15, let whole = whole(start..<offset) { return whole }
        guard let number = Double(String(decoding: bytes[start..<offset], as: UTF8.self)), number.isFinite else {
            throw wrong("a number is too large")
        }
        return number
    }

    private func whole(_ range: Range<Int>) -> Double? {
        var number: Int64 = 0
        var isNegative = false
        for byte in bytes[range] {
            switch byte {
            case 0x30...0x39: number = number * 10 + Int64(byte - 0x30)
            case UInt8(ascii: "-") where number == 0 && !isNegative: isNegative = true
            default: return nil
            }
        }
        return Double(isNegative ? -number : number)
    }

    private mutating func digits() throws(JSONError) -> Int {
        let start = offset
        while let byte = next, (0x30...0x39).contains(byte) { offset += 1 }
        guard offset > start else { throw wrong("a value was expected") }
        return offset - start
    }

    private mutating func text() throws(JSONError) -> String {
        offset += 1
        let start = offset
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { offset += 1 }
        if next == UInt8(ascii: "\"") {
            defer { offset += 1 }
            return try string(bytes[start..<offset])
        }
        var collected = Array(bytes[start..<offset])
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return try string(collected[...])
            case UInt8(ascii: "\\"): try escape(into: &collected)
            case 0..<0x20: throw wrong("a text holds a control character")
            default: collected.append(byte)
            }
        }
        throw wrong("a text has no end")
    }

    private func string(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> String {
        // Most texts are short and of ASCII; validating takes several times as long.
        if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw wrong("a text is not UTF-8") }
        return text
    }

    private mutating func escape(into collected: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw wrong("a text has no end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): collected.append(byte)
        case UInt8(ascii: "b"): collected.append(0x08)
        case UInt8(ascii: "f"): collected.append(0x0C)
        case UInt8(ascii: "n"): collected.append(0x0A)
        case UInt8(ascii: "r"): collected.append(0x0D)
        case UInt8(ascii: "t"): collected.append(0x09)
        case UInt8(ascii: "u"): try unicode(into: &collected)
        default: throw wrong("an escape is not known")
        }
    }

    private mutating func unicode(into collected: inout [UInt8]) throws(JSONError) {
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw wrong("half a character") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw wrong("half a character") }
        collected += Array(String(Character(scalar)).utf8)
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw wrong("4 hexadecimal digits were expected")
            }
            offset += 1
            code = code << 4 | UInt32(digit)
        }
        return code
    }
}
