/// Where an op stands: what its delta says of it.
struct OpPlace {
    let delta: Int64
    let index: Int
    /// The carry that brought it, where it did not come with its delta.
    var carry: (delta: Int64, index: Int)?
    let lane: LaneState
    let header: HLC
    let seq: UInt64
    let audience: Audience
    let epoch: AuthorityEpoch
}

extension Ledger {
    /// Merges the ops of one stored delta.
    ///
    /// - Parameter only: leaves out ops of other records, when given.
    mutating func merge(
        _ stored: StoredDelta,
        audience: Audience,
        only: Set<RecordID>? = nil,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        for index in stored.delta.ops.indices {
            try merge(
                stored,
                index: index,
                audience: audience,
                only: only,
                at: now,
                in: storage,
                touching: &touched
            )
        }
    }

    /// Merges an op that had to wait.
    mutating func mergeAgain(
        _ parked: ParkedOp,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        guard let (op, place) = try held(parked, in: storage) else { return }
        try merge(op, place, at: now, in: storage, touching: &touched)
    }

    private func held(_ parked: ParkedOp, in storage: some LedgerStorage) throws -> (Op, OpPlace)? {
        guard let stored = try storage.delta(number: parked.delta), !stored.isQuarantined,
            stored.delta.ops.indices.contains(parked.index),
            case .held(_, let bytes) = stored.delta.ops[parked.index], let op = try? Op(decoding: bytes),
            let audience = try storage.audience(stored.delta.lane.audience), let lane = lanes[stored.delta.lane]
        else { return nil }
        return (op, OpPlace(stored, index: parked.index, lane, audience))
    }

    mutating func merge(
        _ stored: StoredDelta,
        index: Int,
        audience: Audience,
        only: Set<RecordID>?,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        guard case .held(let salt, let bytes) = stored.delta.ops[index] else { return }
        guard let op = try? Op(decoding: bytes) else {
            let nobody = RecordID(raw: Bytes16(high: 0, low: 0))
            if only == nil {
                try storage.park(
                    ParkedOp(delta: stored.number, index: index, record: nobody, reason: .undecodable)
                )
            }
            return
        }
        if let only, !only.contains(op.record) { return }
        if isErased(op, salt: salt, in: stored.delta.lane.audience) {
            return try drop(in: stored.number, at: [index], storage)
        }
        guard let lane = lanes[stored.delta.lane] else { return }
        try merge(op, OpPlace(stored, index: index, lane, audience), at: now, in: storage, touching: &touched)
    }

    /// Merges one op, or parks it with the reason why it does not count, or not yet; then what had waited for it.
    mutating func merge(
        _ op: Op,
        _ place: OpPlace,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        var isWider = try mergeAlone(op, place, at: now, in: storage, touching: &touched) == .widened
        try noteLeaving(op, place, in: storage)
        while isWider {
            isWider = false
            for parked in try storage.parkedOps(waitingFor: op.record) {
                try storage.unpark(parked)
                guard let (op, place) = try held(parked, in: storage) else { continue }
                if try mergeAlone(op, place, at: now, in: storage, touching: &touched) == .widened { isWider = true }
            }
        }
    }

    /// What became of one op.
    enum Merged {
        case parked
        case counted
        /// It counts, and its record is known in an audience in which it was not: others may count now.
        case widened
    }

    mutating func mergeAlone(
        _ op: Op,
        _ place: OpPlace,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws -> Merged {
        if op.change == .carry { return try mergeCarried(op, place, at: now, in: storage, touching: &touched) }
        let stamp = op.floor.map { max($0, place.header) } ?? place.header
        if op.change == .erase {
            try mergeErasure(op, place, stamp: stamp, in: storage, touching: &touched)
            return .counted
        }
        if op.change == .left { return try mergeLeft(op, place, stamp: stamp, in: storage, touching: &touched) }
        var merged = op.change == .given ? Merged.widened : .counted
        switch try standing(of: op, place, stamp: stamp, at: now, in: storage) {
        case .counts: break
        case .opensRecord: merged = .widened
        case .parked(let reason, let due):
            try park(op, place, reason, due: due, in: storage)
            return .parked
        }
        guard let specification = specification(of: op.field) else { return .parked }
        let entry = CellEntry(
            record: op.record,
            field: op.field,
            element: op.element,
            stamp: stamp,
            delta: place.delta,
            index: place.index,
            lane: place.lane.number,
            seq: place.seq,
            isRemove: op.change == .remove,
            value: specification.isLarge ? [] : op.value,
            context: op.context
        )
        touched.insert(op.record)
        if try mergeTwin(of: entry, in: storage) { return merged }
        switch specification.rule {
        case .register: try mergeRegister(entry, in: storage)
        case .multiValue, .set: try mergeByContext(entry, in: storage)
        case .log: try storage.insert(entry: entry)
        }
        return merged
    }

    func park(
        _ op: Op,
        _ place: OpPlace,
        _ reason: ParkedOp.Reason,
        due: HLC? = nil,
        in storage: some LedgerStorage
    ) throws {
        try storage.park(
            ParkedOp(
                delta: place.carry?.delta ?? place.delta,
                index: place.carry?.index ?? place.index,
                record: op.record,
                reason: reason,
                dueAt: due
            )
        )
    }

    private enum Standing {
        case counts
        case opensRecord
        case parked(ParkedOp.Reason, due: HLC?)
    }

    /// Whether an op counts (design §6): its field is known, its record is for this audience, its author had the
    /// grant, and its stamp has come.
    private func standing(
        of op: Op,
        _ place: OpPlace,
        stamp: HLC,
        at now: Instant,
        in storage: some LedgerStorage
    ) throws -> Standing {
        guard let specification = specification(of: op.field), !op.change.isUnknown else {
            return .parked(.unknownField, due: nil)
        }
        guard (op.change == .given) == op.field.isAudiences, op.change != .given || mayGive(op, place) else {
            return .parked(.refused, due: nil)
        }
        if op.change == .remove, specification.rule == .register || specification.rule == .log {
            return .parked(.refused, due: nil)
        }
        let author = place.lane.key.origin
        guard authority.mayWrite(author, in: place.audience, at: place.epoch) else {
            return .parked(.refused, due: nil)
        }
        if let nonce = op.nonce {
            let committed = RecordID(
                kind: op.field.kind,
                home: place.lane.key.audience,
                nonce: nonce,
                cryptography
            )
            guard op.field.isCreation, committed == op.record,
                authority.mayCreate(op.field.kind, by: author, in: place.audience, at: place.epoch, schema)
            else { return .parked(.refused, due: nil) }
        } else if op.field.isCreation {
            return .parked(.refused, due: nil)
        }
        let home = try storage.home(of: op.record)
        // A left says where a record is at home, and does not open it.
        if op.nonce == nil, try !isKind(op.field.kind, of: op.record, in: storage),
            try !storage.entries(of: op.record, field: .left(of: op.field.kind), element: []).isEmpty
        {
            return .parked(.unknownHome, due: nil)
        }
        if let home, try !isFor(place.lane.key.audience, op.record, op.field.kind, home: home, in: storage) {
            return .parked(.stray, due: nil)
        }
        if home == nil && op.nonce == nil { return .parked(.unknownHome, due: nil) }
        if op.change == .given, try !isKind(op.field.kind, of: op.record, in: storage) {
            return .parked(.refused, due: nil)
        }
        if author != node {
            let verdict = ClockGuard.verdict(
                stamp: stamp,
                rule: specification.rule,
                isCreation: op.nonce != nil,
                at: now
            )
            if case .wait(let reason, let due) = verdict { return .parked(reason, due: due) }
        }
        if home == nil { try storage.setHome(place.lane.key.audience, of: op.record) }
        return op.nonce != nil ? .opensRecord : .counts
    }

    // MARK: Cells

    /// The greatest in (stamp, dot) wins.
    private func mergeRegister(_ entry: CellEntry, in storage: some LedgerStorage) throws {
        let held = try storage.entries(of: entry.record, field: entry.field, element: [])
        for other in held {
            guard try precedes(other, entry, in: storage) else { return }
            try storage.remove(entry: other)
        }
        try storage.insert(entry: entry)
    }

    /// Concurrent entries survive; what a context covers does not.
    ///
    /// Removes stay as tombstones.
    private func mergeByContext(_ entry: CellEntry, in storage: some LedgerStorage) throws {
        let held = try storage.entries(of: entry.record, field: entry.field, element: entry.element)
        let covered = try held.contains { try covers($0.context, entry, in: storage) }
        guard !covered else { return }
        for other in held where try covers(entry.context, other, in: storage) {
            try storage.remove(entry: other)
        }
        try storage.insert(entry: entry)
    }

    private func covers(_ context: CellContext, _ entry: CellEntry, in storage: some LedgerStorage) throws -> Bool {
        guard !context.isEmpty, let lane = try laneID(number: entry.lane, in: storage) else { return false }
        return context.covers(lane, entry.position)
    }

    /// Order between writes to one cell: (stamp, delta id, index).
    ///
    /// A delta not sealed yet comes last.
    private func precedes(_ a: CellEntry, _ b: CellEntry, in storage: some LedgerStorage) throws -> Bool {
        if a.stamp != b.stamp { return a.stamp < b.stamp }
        if a.delta == b.delta { return a.index < b.index }
        guard let first = try storage.deltaID(number: a.delta) else { return false }
        guard let second = try storage.deltaID(number: b.delta) else { return true }
        return (first, a.index) < (second, b.index)
    }

    func laneID(number: Int64, in storage: some LedgerStorage) throws -> LaneID? {
        guard let key = try storage.laneKey(number: number) else { return nil }
        return lanes[key]?.id ?? LaneID(key, cryptography)
    }
}

extension OpPlace {
    init(_ stored: StoredDelta, index: Int, _ lane: LaneState, _ audience: Audience) {
        self.init(
            delta: stored.number,
            index: index,
            lane: lane,
            header: stored.delta.header.hlc,
            seq: stored.delta.header.seq,
            audience: audience,
            epoch: stored.delta.header.epoch
        )
    }
}

extension Op.Change {
    fileprivate var isUnknown: Bool {
        if case .unknown = self { true } else { false }
    }
}
