import LiandongCore

/// The text that stands in one value of the run and in no other: by it the op's bytes are found wherever they are.
struct SimulatedMark {
    /// The audience that the op was written in; nil until that is durable at its author.
    var audience: Int?
    /// The audiences that the op was rightly carried into.
    var further: Set<Int> = []

    /// What every mark begins with; five digits and `>>` follow.
    private static let prefix = Array("<<for-".utf8)
    private static let digitCount = 5

    static let byteCount = prefix.count + digitCount + 2

    static func bytes(_ number: Int) -> [UInt8] {
        prefix + Array("\("\(100_000 + number)".suffix(digitCount))>>".utf8)
    }

    /// The number of each mark that stands in the bytes.
    static func numbers(in bytes: [UInt8]) -> Set<Int> {
        var found: Set<Int> = []
        guard bytes.count >= prefix.count + digitCount, let first = prefix.first else { return found }
        var start = bytes.startIndex
        while let at = bytes[start...].firstIndex(of: first) {
            start = at + 1
            let end = at + prefix.count
            guard end + digitCount <= bytes.count else { break }
            guard bytes[at..<end].elementsEqual(prefix) else { continue }
            let text = String(decoding: bytes[end..<(end + digitCount)], as: UTF8.self)
            if let number = Int(text) { found.insert(number) }
        }
        return found
    }
}
