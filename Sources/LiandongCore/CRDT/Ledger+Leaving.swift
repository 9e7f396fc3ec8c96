// A record leaves an audience (design §6): what was carried into another is let go of where it was.

/// A left that counts, and the audience that it was written in.
struct LeftOp {
    let audience: AudienceID
    let left: Left
}

extension Ledger {
    /// Takes in a left, or refuses it for good.
    ///
    /// It counts by itself: the record's home is proved by what it says, and neither the givens nor any clock is asked, as
    /// they may be gone or not have come. What it lets go of goes at the end of the transaction.
    mutating func mergeLeft(
        _ op: Op,
        _ place: OpPlace,
        stamp: HLC,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws -> Merged {
        guard place.carry == nil, let left = try? Left(decoding: op.value), mayLeave(left, op, place) else {
            try park(op, place, .refused, in: storage)
            return .parked
        }
        let home = AudienceID(left.home, cryptography)
        if try storage.audience(home) == nil { try storage.insert(audience: left.home, id: home) }
        if try storage.home(of: op.record) == nil { try storage.setHome(home, of: op.record) }
        try storage.insert(
            entry: CellEntry(
                record: op.record,
                field: .left(of: op.field.kind),
                element: [],
                stamp: stamp,
                delta: place.delta,
                index: place.index,
                lane: place.lane.number,
                seq: place.seq,
                isRemove: false,
                value: op.value,
                context: CellContext()
            )
        )
        leaving.insert(op.record)
        touched.insert(op.record)
        return .counted
    }

    /// Whether a left is of the record that it says it is of, and its author is of both audiences and takes the record
    /// from nobody of its home but from those of its own place and of places under it.
    private func mayLeave(_ left: Left, _ op: Op, _ place: OpPlace) -> Bool {
        let author = place.lane.key.origin
        let home = AudienceID(left.home, cryptography)
        return op.field.isAudiences && op.nonce == nil && op.element == place.lane.key.audience.bytes
            && RecordID(kind: op.field.kind, home: home, nonce: left.nonce, cryptography) == op.record
            && authority.mayWrite(author, in: place.audience, at: place.epoch)
            && authority.mayWrite(author, in: left.further, at: place.epoch)
            && authority.mayLetGo(author, of: left.home, for: left.further, at: place.epoch)
    }

    /// Notes that what a left names may have come, or what it waits for.
    mutating func noteLeaving(_ op: Op, _ place: OpPlace, in storage: some LedgerStorage) throws {
        guard !leaving.contains(op.record) else { return }
        let lefts = try storage.entries(of: op.record, field: .left(of: op.field.kind), element: [])
        guard !lefts.isEmpty else { return }
        let isLeft = try lefts.contains {
            try storage.laneKey(number: $0.lane)?.audience == place.lane.key.audience
        }
        if isLeft || op.change == .carry || !settled.contains(op.record) { leaving.insert(op.record) }
    }

    // MARK: Letting go

    /// Drops what may be let go of, of the records that something came of.
    mutating func settleLeaving(
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        while let record = leaving.min() {
            let isSettled = try letGo(of: record, at: now, in: storage, touching: &touched)
            leaving.remove(record)
            if settled.count >= 65_536 { settled.removeAll() }
            if isSettled { settled.insert(record) } else { settled.remove(record) }
        }
    }

    /// - Returns: whether nothing that a left names is held any more.
    private mutating func letGo(
        of record: RecordID,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws -> Bool {
        while true {
            let entries = try storage.entries(of: record)
            let lefts = try lefts(among: entries, in: storage)
            var (isChanged, isKept) = (false, false)
            for one in lefts {
                let kept = try kept(entries, of: record, one, in: storage)
                let named = Dictionary(grouping: one.left.ops, by: \.delta)
                for stored in try storage.deltas(of: record, in: one.audience) {
                    let held = (named[stored.delta.id] ?? []).filter { stored.delta.holds($0.index, of: record) }
                    let dropped = held.filter { !kept.contains($0) }
                    if dropped.count < held.count { isKept = true }
                    guard !dropped.isEmpty else { continue }
                    try drop(in: stored.number, at: dropped.map(\.index), storage)
                    erasing.changed.insert(ErasedRecord(record: record, audience: one.audience))
                    isChanged = true
                }
            }
            guard isChanged else { return !isKept }
            touched.insert(record)
            try refold(record, entries, at: now, in: storage, touching: &touched)
        }
    }

    func lefts(among entries: [CellEntry], in storage: some LedgerStorage) throws -> [LeftOp] {
        try entries.filter(\.field.isLeft).sorted { ($0.stamp, $0.delta, $0.index) < ($1.stamp, $1.delta, $1.index) }
            .compactMap { entry in
                guard let audience = try storage.laneKey(number: entry.lane)?.audience,
                    let left = try? Left(decoding: entry.value)
                else { return nil }
                return LeftOp(audience: audience, left: left)
            }
    }

    /// The ops of the audience that is left which this node keeps.
    ///
    /// Nobody who is of the further audience lets go of what has not come there. Whoever is not has no way to know, and
    /// nothing to keep it for.
    private func kept(
        _ entries: [CellEntry],
        of record: RecordID,
        _ one: LeftOp,
        in storage: some LedgerStorage
    ) throws -> Set<Dot> {
        guard let place = authority.place(of: node), authority.isEntitled(place: place, to: one.left.further) else {
            return []
        }
        let further = AudienceID(one.left.further, cryptography)
        return try uncarried(entries, from: one.audience, to: further, in: storage)
            .union(waiting(of: record, for: further, in: storage))
    }

    /// The ops of one audience that are live and were not carried into another, and the carries of such ones.
    private func uncarried(
        _ entries: [CellEntry],
        from audience: AudienceID,
        to further: AudienceID,
        in storage: some LedgerStorage
    ) throws -> Set<Dot> {
        var (live, there): (Set<[UInt8]>, Set<[UInt8]>) = ([], [])
        var candidates: [(dot: Dot, brings: [UInt8])] = []
        for entry in entries where !entry.field.isLeft {
            let delta = try storage.deltaID(number: entry.delta) ?? .unsealed
            let dot = Dot(delta: delta, index: entry.index)
            let lane = try storage.laneKey(number: entry.lane)?.audience
            if entry.field.isCarried {
                if entry.element.starts(with: further.bytes) { there.insert(Array(entry.element.dropFirst(16))) }
            } else {
                live.insert(dot.bytes)
                if entry.delta > 0, lane == further { there.insert(dot.bytes) }
            }
            guard entry.delta > 0, lane == audience else { continue }
            candidates.append((dot, entry.field.isCarried ? Array(entry.element.dropFirst(16)) : dot.bytes))
        }
        return Set(candidates.filter { live.contains($0.brings) && !there.contains($0.brings) }.map(\.dot))
    }

    /// The ops of a record that are held and may count later, but those that wait in the further audience too: what a
    /// build does not understand yet is let go of as what it does.
    private func waiting(
        of record: RecordID,
        for further: AudienceID,
        in storage: some LedgerStorage
    ) throws -> Set<Dot> {
        let others = try storage.parkedOps(because: [.unknownField, .notDue, .farFuture]).filter { $0.record == record }
        let parked = try storage.parkedOps(waitingFor: record) + others
        guard !parked.isEmpty else { return [] }
        var there: Set<Dot> = []
        for stored in try storage.deltas(of: record, in: further) where !stored.isQuarantined {
            for index in stored.delta.ops.indices where stored.delta.holds(index, of: record) {
                if let dot = written(stored.delta, index) { there.insert(dot) }
            }
        }
        var waiting: Set<Dot> = []
        for op in parked {
            guard let delta = try storage.delta(number: op.delta)?.delta else { continue }
            if let dot = written(delta, op.index), there.contains(dot) { continue }
            waiting.insert(Dot(delta: delta.id, index: op.index))
        }
        return waiting
    }

    /// Where an op that is held was written: in its delta, or, of a carry, in the one that its excerpt is of.
    private func written(_ delta: Delta, _ index: Int) -> Dot? {
        guard delta.ops.indices.contains(index), case .held(_, let bytes) = delta.ops[index],
            let op = try? Op(decoding: bytes)
        else { return nil }
        guard op.change == .carry else { return Dot(delta: delta.id, index: index) }
        guard let excerpt = try? Excerpt(decoding: op.value), let proved = excerpt.verified(cryptography) else {
            return nil
        }
        return Dot(delta: proved.delta, index: excerpt.index)
    }

    // MARK: Authoring

    /// Writes lefts that name all that is held of a record in the draft's audience and was carried into another.
    mutating func leave(
        _ draft: Draft,
        for further: Audience,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        try sealGrowing(in: storage)
        let (audience, target) = (try audienceID(draft.audience, in: storage), try audienceID(further, in: storage))
        let entries = try storage.entries(of: draft.record)
        guard let specification = specification(of: draft.field), let home = try storage.home(of: draft.record),
            let definition = try storage.audience(home), let nonce = try nonce(of: draft.record, entries, in: storage)
        else {
            throw DraftError(
                code: .unknownRecord,
                reason: "record \(draft.record) is not held here and cannot leave an audience"
            )
        }
        guard authority.mayLetGo(node, of: definition, for: further, at: authority.epoch) else {
            throw DraftError(
                code: .notPermitted,
                reason: "a place of the record's home would lose it, which only itself or a place above it may decide"
            )
        }
        let kept = try uncarried(entries, from: audience, to: target, in: storage)
            .union(waiting(of: draft.record, for: target, in: storage))
        var ops: [Dot] = []
        for stored in try storage.deltas(of: draft.record, in: audience) where !stored.isQuarantined {
            for index in stored.delta.ops.indices where stored.delta.holds(index, of: draft.record) {
                let dot = Dot(delta: stored.delta.id, index: index)
                if !kept.contains(dot) { ops.append(dot) }
            }
        }
        for start in stride(from: 0, to: ops.count, by: Left.opLimit) {
            let named = Array(ops[start..<min(start + Left.opLimit, ops.count)])
            let left = Left(further: further, home: definition, nonce: nonce, ops: named)
            let bytes = left.wireBytes
            let slot = try openDelta(draft.audience, specification.deltaClass, roomFor: bytes.count + 512, in: storage)
            let op = Op(
                record: draft.record,
                field: draft.field,
                element: audience.bytes,
                value: bytes,
                change: .left,
                floor: try floor(of: draft.record, slot: slot, in: storage)
            )
            let salt = SaltedOp.plainSalt
            try write(op, salt: salt, slot: slot, audience: draft.audience, in: storage, touching: &touched)
        }
    }

    /// Lets go of what came late in audiences that a record has left: it has been carried on now.
    mutating func leaveAgain(
        _ draft: Draft,
        for further: Audience,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        let target = try audienceID(further, in: storage)
        let left = Set(try lefts(among: storage.entries(of: draft.record), in: storage).map(\.audience))
        for id in left.sorted() where id != target {
            guard let audience = try storage.audience(id), authority.mayWrite(node, in: audience, at: authority.epoch),
                let home = try storage.home(of: draft.record).flatMap({ try storage.audience($0) }),
                authority.mayLetGo(node, of: home, for: further, at: authority.epoch)
            else { continue }
            let draft = Draft.leave(draft.record, of: draft.field.kind, audience, for: further)
            try leave(draft, for: further, in: storage, touching: &touched)
        }
    }

    /// What the record's creation commits to.
    private func nonce(of record: RecordID, _ entries: [CellEntry], in storage: some LedgerStorage) throws -> Nonce? {
        var sources = ExcerptSource(entries, cryptography)
        for entry in entries where entry.field.isCreation {
            guard let excerpt = try sources.excerpt(of: entry, in: storage) else { continue }
            if let nonce = (try? Op(decoding: excerpt.op))?.nonce { return nonce }
        }
        return nil
    }
}

extension Delta {
    /// Whether the bytes of an op of a record are held that a left may name.
    ///
    /// Lefts and erasures go on telling what must not come back: whoever gets the audience's lanes later would not know.
    func holds(_ index: Int, of record: RecordID) -> Bool {
        guard ops.indices.contains(index), case .held(_, let bytes) = ops[index],
            let op = try? Op(decoding: bytes)
        else { return false }
        return op.record == record && op.change != .left && op.change != .erase
    }
}
