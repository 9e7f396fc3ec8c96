import LiandongCore

/// An audience of the run, and the text that stands in every value written in it.
struct SimulatedAudience {
    /// Members by index of their place.
    let places: [Int]
    let isBelow: Bool
    let audience: Audience
    let marker: [UInt8]

    /// What every marker begins with; three digits follow.
    static let prefix = Array("<<for-".utf8)

    init(number: Int, places: [Int], isBelow: Bool, audience: Audience) {
        self.places = places
        self.isBelow = isBelow
        self.audience = audience
        self.marker = SimulatedAudience.prefix + Array("\("00\(number)".suffix(3))>>".utf8)
    }

    /// The marker as text.
    var tag: String { String(decoding: marker, as: UTF8.self) }

    /// The number of each marker that stands in the bytes.
    static func markers(in bytes: [UInt8]) -> Set<Int> {
        var found: Set<Int> = []
        guard bytes.count >= prefix.count + 3, let first = prefix.first else { return found }
        var start = bytes.startIndex
        while let at = bytes[start...].firstIndex(of: first) {
            start = at + 1
            let end = at + prefix.count
            guard end + 3 <= bytes.count else { break }
            guard bytes[at..<end].elementsEqual(prefix) else { continue }
            let text = String(decoding: bytes[end..<(end + 3)], as: UTF8.self)
            if let number = Int(text) { found.insert(number) }
        }
        return found
    }
}
