/// Whom a record is for: its home, all that it was given to, and which of them is current.
///
/// Only givens that count are entries of a record, so what is here is a function of the set of ops.
package struct RecordAudiences: Sendable, Hashable {
    /// One audience that the record is or was for.
    package struct Member: Sendable, Hashable {
        package let id: AudienceID
        package let audience: Audience
        /// The op that gave it; nil for the home.
        package let dot: Dot?
    }

    /// The home first, then what the record was given to, in the order of stamps.
    package let all: [Member]
    /// Those that no given has replaced, the one to write to last: two or more were given at the same time, neither
    /// author knowing of the other, and are to be joined.
    package let current: [Member]
    /// Whether an op of the record, live here, has not come to the current audience.
    package let isScattered: Bool

    /// - Parameter entries: all of the record's.
    init(_ entries: [CellEntry], home: Member, in storage: some LedgerStorage) throws {
        var givens: [(stamp: HLC, given: Given, member: Member)] = []
        for entry in entries where entry.field.isAudiences && !entry.isRemove {
            guard let given = try? Given(decoding: entry.value), let id = AudienceID(entry.element) else { continue }
            let dot = Dot(delta: try storage.deltaID(number: entry.delta) ?? .unsealed, index: entry.index)
            givens.append((entry.stamp, given, Member(id: id, audience: given.audience, dot: dot)))
        }
        guard !givens.isEmpty else {
            self.init(all: [home], current: [home], isScattered: false)
            return
        }
        givens.sort { ($0.stamp, $0.member.dot ?? .first) < ($1.stamp, $1.member.dot ?? .first) }
        let replaced = Set(givens.flatMap(\.given.replaces))
        let current = givens.map(\.member).filter { member in member.dot.map { !replaced.contains($0) } ?? true }
        // Names of givens that are not older make circles possible: the latest is current then.
        let shown = current.isEmpty ? givens.suffix(1).map(\.member) : current
        self.init(
            all: [home] + givens.map(\.member),
            current: shown,
            isScattered: try shown.last.map { try !RecordAudiences.missing(entries, in: $0.id, storage).isEmpty }
                ?? false
        )
    }

    private init(all: [Member], current: [Member], isScattered: Bool) {
        self.all = all
        self.current = current
        self.isScattered = isScattered
    }

    /// The live entries whose ops are neither held as they were written in an audience, nor carried into it.
    ///
    /// What was let go of there is known from elsewhere, and is missing; what was erased there is not brought there again.
    static func missing(
        _ entries: [CellEntry],
        in audience: AudienceID,
        _ storage: some LedgerStorage
    ) throws -> [CellEntry] {
        var carried: Set<[UInt8]> = []
        for entry in entries where entry.field.isCarried { carried.insert(entry.element) }
        let missing = try entries.filter { entry in
            guard !entry.field.isCarried, !entry.field.isLeft,
                try entry.delta < 0 || storage.laneKey(number: entry.lane)?.audience != audience,
                let delta = try storage.deltaID(number: entry.delta)
            else { return false }
            return !carried.contains(audience.bytes + Dot(delta: delta, index: entry.index).bytes)
        }
        guard let record = missing.first?.record,
            try storage.erasures(of: record).contains(where: { $0.target.audience == audience })
        else { return missing }
        return try missing.filter { try !isPersonal($0, entries, storage) }
    }

    /// Whether an entry's op is salted, as authors do with what is personal; a carry is as the op that it brings.
    private static func isPersonal(
        _ entry: CellEntry,
        _ entries: [CellEntry],
        _ storage: some LedgerStorage
    ) throws -> Bool {
        var place = (delta: entry.delta, index: entry.index)
        if entry.delta < 0 {
            guard let id = try storage.deltaID(number: entry.delta) else { return false }
            let dot = Dot(delta: id, index: entry.index).bytes
            guard let mark = entries.first(where: { $0.field.isCarried && $0.element.dropFirst(16).elementsEqual(dot) })
            else { return false }
            place = (mark.delta, mark.index)
        }
        guard let ops = try storage.delta(number: place.delta)?.delta.ops, ops.indices.contains(place.index),
            case .held(let salt, _) = ops[place.index]
        else { return false }
        return salt != SaltedOp.plainSalt
    }
}

extension Dot {
    fileprivate static let first = Dot(delta: DeltaID(raw: Bytes32(word0: 0, word1: 0, word2: 0, word3: 0)), index: 0)
}

extension DeltaID {
    /// Stands for a delta that is not sealed yet, within its own group commit: it sorts last.
    static let unsealed = DeltaID(raw: .greatest)
}

extension LedgerStorage {
    /// Whom a record is for; nil when its creating op was not seen.
    package func audiences(of record: RecordID) throws -> RecordAudiences? {
        guard let id = try home(of: record), let home = try audience(id) else { return nil }
        let member = RecordAudiences.Member(id: id, audience: home, dot: nil)
        return try RecordAudiences(try entries(of: record), home: member, in: self)
    }

    /// The lane of each op of a record that is live here and has not come to its current audience.
    package func scattered(of record: RecordID) throws -> [LaneKey] {
        guard let current = try audiences(of: record)?.current.last else { return [] }
        return try RecordAudiences.missing(try entries(of: record), in: current.id, self)
            .sorted { ($0.stamp, $0.lane, $0.index) < ($1.stamp, $1.lane, $1.index) }
            .compactMap { try laneKey(number: $0.lane) }
    }

    /// The newest left of a record, when it was written and by whom; nil when there is none.
    package func lastLeft(of record: RecordID) throws -> (left: Left, at: Instant, author: NodeID)? {
        let last = try entries(of: record).filter(\.field.isLeft).max {
            ($0.stamp, $0.delta, $0.index) < ($1.stamp, $1.delta, $1.index)
        }
        guard let last, let lane = try laneKey(number: last.lane) else { return nil }
        return (try Left(decoding: last.value), Instant(milliseconds: last.stamp.milliseconds), lane.origin)
    }
}
