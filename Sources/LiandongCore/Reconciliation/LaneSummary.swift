/// What a reconciliation compares of one lane: which seqs are held, and the digest of what they are.
package struct LaneSummary: Sendable, Hashable {
    package let key: LaneKey
    package let id: LaneID
    /// The storage's local number.
    package let number: Int64
    package let held: SeqSet
    /// ``LaneDigest/root(_:)``.
    package let digest: Hash
    /// The node of the digest's tree that all of the lane is in.
    package let top: LaneNodeName

    package init(key: LaneKey, id: LaneID, number: Int64, held: SeqSet, digest: Hash, top: LaneNodeName) {
        self.key = key
        self.id = id
        self.number = number
        self.held = held
        self.digest = digest
        self.top = top
    }
}

/// A stretch of the order that lanes have in one pass: those whose place begins with the same hexadecimal digits.
package struct LanePrefix: Sendable, Hashable {
    /// How many digits, 0 to ``depthLimit``.
    package let depth: Int
    /// The digits at the top, zeros below.
    package let bits: UInt64

    package static let depthLimit = 12
    package static let root = LanePrefix(depth: 0, bits: 0)

    init(depth: Int, bits: UInt64) {
        self.depth = depth
        self.bits = bits
    }

    /// - Precondition: `depth` is below ``depthLimit``, `digit` below 16.
    func child(_ digit: Int) -> LanePrefix {
        LanePrefix(depth: depth + 1, bits: bits | UInt64(digit) << UInt64(60 - 4 * depth))
    }

    var first: UInt64 { bits }
    var last: UInt64 { depth == 0 ? .max : bits | (UInt64.max >> UInt64(4 * depth)) }
}

/// One side's lanes in the order of one pass.
///
/// A lane's place in it, and the tags that stand for it, are hashes with a salt that the initiator draws for the pass.
/// Whoever writes deltas or picks incarnations cannot know it beforehand: nobody can crowd lanes into one stretch, nor
/// find two states whose short tags are equal, nor sets whose tags cancel out in the exclusive or that is a stretch's
/// fingerprint. So a few bytes are enough; what chance lets pass is found in the next pass, with another salt.
package struct SaltedLanes: Sendable {
    /// Sixteen bytes, of this pass alone.
    package let salt: [UInt8]
    /// In the order of their places.
    package let lanes: [LaneSummary]
    let places: [UInt64]
    private let tags: [UInt64]
    /// The exclusive or of the tags before each lane, in two words: a stretch's fingerprint is two of them.
    private let before: [(UInt64, UInt64)]

    /// - Complexity: two hashes a lane, and a sort: 40 ms for 20,000 lanes, so not where something waits.
    package init(_ lanes: [LaneSummary], salt: [UInt8], _ cryptography: Cryptography) {
        self.salt = salt
        var salted: [(place: UInt64, tag: (UInt64, UInt64), lane: LaneSummary)] = []
        salted.reserveCapacity(lanes.count)
        for lane in lanes {
            let id = lane.id.bytes
            let place = cryptography.hash([0x22] + salt + id).leadingWords.0
            salted.append((place, cryptography.hash([0x23] + salt + id + lane.digest.bytes).leadingWords, lane))
        }
        salted.sort { ($0.place, $0.lane.id) < ($1.place, $1.lane.id) }
        self.lanes = salted.map(\.lane)
        self.places = salted.map(\.place)
        self.tags = salted.map(\.tag.1)
        var sum: (UInt64, UInt64) = (0, 0)
        var before = [sum]
        before.reserveCapacity(salted.count + 1)
        for entry in salted {
            sum = (sum.0 ^ entry.tag.0, sum.1 ^ entry.tag.1)
            before.append(sum)
        }
        self.before = before
    }

    /// The lanes of a stretch, as indices.
    func indices(of prefix: LanePrefix) -> Range<Int> {
        let lower = firstIndex(from: prefix.first)
        return lower..<(prefix.last == .max ? places.count : firstIndex(from: prefix.last + 1))
    }

    private func firstIndex(from place: UInt64) -> Int {
        var (lower, upper) = (0, places.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if places[middle] < place { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }

    /// Sixteen bytes for everything.
    var root: (UInt64, UInt64) { before[lanes.count] }

    /// Four bytes for a stretch; 0 for none.
    func fingerprint(of prefix: LanePrefix) -> UInt64 {
        let range = indices(of: prefix)
        return (before[range.lowerBound].0 ^ before[range.upperBound].0) >> 32
    }

    /// Four bytes for one lane.
    func tag(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: tags[index] >> 32) }

    /// The six bytes that name a lane.
    func name(_ index: Int) -> UInt64 { places[index] >> 16 }

    /// The lane of a name; nil when it is not known here.
    func index(named name: UInt64) -> Int? {
        let index = firstIndex(from: name << 16)
        return index < places.count && places[index] >> 16 == name ? index : nil
    }

    /// The six bytes that stand for a node or an element of a lane's digest tree.
    func tag(of digest: Hash, _ cryptography: Cryptography) -> UInt64 {
        cryptography.hash([0x24] + salt + digest.bytes).leadingWords.0 >> 16
    }
}

extension Hash {
    fileprivate var leadingWords: (UInt64, UInt64) {
        let prefix = Bytes16(prefixOf: raw)
        return (prefix.words.0, prefix.words.1)
    }
}
