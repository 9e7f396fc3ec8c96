// Erasing what is personal of a record (design §7): PIPL art. 47.
//
// An erasure counts for its own audience, by its author's grant alone: neither the record's home nor any clock is asked,
// so it never waits, and the order in which it and what it erases arrive makes no difference.

extension Ledger {
    /// The most bytes of an erasure's reason: a code, never a text.
    package static let erasureReasonLimit = 64

    /// What was erased since this was last asked: the caller cleans up behind it once a transaction.
    package mutating func takeErasing() -> ErasureOutcome {
        defer { erasing = ErasureOutcome() }
        return erasing
    }

    /// Takes in an erasure, and drops at once what it erases; parks one that its author may not write.
    mutating func mergeErasure(
        _ op: Op,
        _ place: OpPlace,
        stamp: HLC,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        guard op.field.isCreation, op.nonce == nil, op.element.isEmpty, op.value.count <= Ledger.erasureReasonLimit,
            authority.mayErase(place.lane.key.origin, in: place.audience, at: place.epoch)
        else {
            return try storage.park(
                ParkedOp(delta: place.delta, index: place.index, record: op.record, reason: .refused)
            )
        }
        let target = ErasedRecord(record: op.record, audience: place.lane.key.audience)
        try storage.insert(
            erasure: Erasure(
                target: target,
                stamp: stamp,
                place: .init(delta: place.delta, index: place.index, lane: place.lane.number, seq: place.seq),
                reason: String(decoding: op.value, as: UTF8.self)
            )
        )
        erasing.note(target, at: place.seq, of: place.lane.key)
        touched.insert(op.record)
        try erase(target, in: storage)
    }

    /// Erases what is known to be erased from outside the database: a backup put back does not show it again.
    package mutating func erase(
        known erasures: [Erasure],
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        for erasure in erasures where !erased.contains(erasure.target) {
            try storage.insert(erasure: erasure)
            erasing.changed.insert(erasure.target)
            touched.insert(erasure.target.record)
            try erase(erasure.target, in: storage)
        }
        try settle(at: now, in: storage, touching: &touched)
    }

    private mutating func erase(_ target: ErasedRecord, in storage: some LedgerStorage) throws {
        guard erased.insert(target).inserted else { return }
        for stored in try storage.deltas(of: target.record, in: target.audience) {
            try drop(in: stored, storage) { $0 == target.record }
        }
        // While the marks tell of what came by carries.
        try noteErased(target.record, in: storage)
        try removePersonal(of: target, in: storage)
    }

    /// Removes what was merged of a record's personal ops that were written in an audience, or carried into it alone.
    ///
    /// An op that was carried on from there is dropped where it was carried to as well. What else there is to undo of a
    /// record of several audiences is undone at the end of the transaction.
    private mutating func removePersonal(of target: ErasedRecord, in storage: some LedgerStorage) throws {
        let entries = try storage.entries(of: target.record)
        let marks = Dictionary(grouping: entries.filter(\.field.isCarried)) { Array($0.element.dropFirst(16)) }
        for entry in entries where isPersonal(entry.field) {
            let delta = try storage.deltaID(number: entry.delta)
            let carries = delta.flatMap { marks[Dot(delta: $0, index: entry.index).bytes] } ?? []
            let isWrittenThere = try storage.laneKey(number: entry.lane)?.audience == target.audience
            let isLost =
                isWrittenThere
                || entry.delta < 0 && !carries.contains { !$0.element.starts(with: target.audience.bytes) }
            for mark in carries where isWrittenThere || mark.element.starts(with: target.audience.bytes) {
                if isWrittenThere { try drop(in: mark.delta, at: [mark.index], storage) }
                try storage.remove(entry: mark)
            }
            if isLost { try storage.remove(entry: entry) }
        }
    }

    /// Forgets the erasures of deltas that a revocation cuts off; what they dropped stays dropped here.
    mutating func forgetErasures(ofDeltas numbers: [Int64], in storage: some LedgerStorage) throws {
        guard !erased.isEmpty, !numbers.isEmpty else { return }
        for number in numbers { try storage.removeErasures(ofDelta: number) }
        let left = Set(try storage.erasures().map(\.target))
        erasing.changed.formUnion(erased.symmetricDifference(left))
        erased = left
    }

    // MARK: What is personal

    /// Whether an op holds what an erasure takes away.
    ///
    /// Of a field that this build does not know the salt tells: authors salt what is personal.
    func isErasable(_ op: Op, salt: [UInt8]) -> Bool {
        guard op.change != .erase else { return false }
        return schema.fields[op.field]?.isPersonal ?? (salt != SaltedOp.plainSalt)
    }

    func isPersonal(_ field: Field) -> Bool { schema.fields[field]?.isPersonal ?? false }

    func isErased(_ op: Op, salt: [UInt8], in audience: AudienceID) -> Bool {
        !erased.isEmpty && erased.contains(ErasedRecord(record: op.record, audience: audience))
            && isErasable(op, salt: salt)
    }

    // MARK: Dropping

    /// A delta without the bytes of what is erased; its header and signature still verify.
    package func withoutErased(_ delta: Delta) -> Delta {
        guard !erased.isEmpty else { return delta }
        let audience = delta.lane.audience
        return dropping(delta) { erased.contains(ErasedRecord(record: $0, audience: audience)) } ?? delta
    }

    /// - Returns: nil when nothing of the delta is dropped.
    private func dropping(_ delta: Delta, _ isErased: (RecordID) -> Bool) -> Delta? {
        var ops = delta.ops
        var isChanged = false
        for (index, salted) in delta.ops.enumerated() {
            guard case .held(let salt, let bytes) = salted, Op.leadingRecord(of: bytes).map(isErased) ?? true,
                let op = try? Op(decoding: bytes), isErased(op.record), isErasable(op, salt: salt)
            else { continue }
            ops[index] = .dropped(leaf: salted.leaf(cryptography))
            isChanged = true
        }
        return isChanged ? delta.with(ops) : nil
    }

    private mutating func drop(
        in stored: StoredDelta,
        _ storage: some LedgerStorage,
        _ isErased: (RecordID) -> Bool
    ) throws {
        guard let kept = dropping(stored.delta, isErased) else { return }
        let indices = kept.ops.indices.filter { kept.ops[$0] != stored.delta.ops[$0] }
        try keep(kept.ops, of: stored, dropped: indices, storage)
    }

    /// Drops ops of a delta that was stored before they were known to be erased.
    mutating func drop(in number: Int64, at indices: [Int], _ storage: some LedgerStorage) throws {
        guard let stored = try storage.delta(number: number) else { return }
        var ops = stored.delta.ops
        for index in indices where ops.indices.contains(index) {
            ops[index] = .dropped(leaf: ops[index].leaf(cryptography))
        }
        try keep(ops, of: stored, dropped: indices, storage)
    }

    private mutating func keep(
        _ ops: [SaltedOp],
        of stored: StoredDelta,
        dropped indices: [Int],
        _ storage: some LedgerStorage
    ) throws {
        erasing.dropped.insert(stored.number)
        try storage.setOps(ops, ofDelta: stored.number)
        for index in indices { try storage.unpark(delta: stored.number, index: index) }
    }

    // MARK: Authoring

    /// What is erased is not written again: a registration begins anew, an order goes on without names.
    func checkErasure(_ draft: Draft) throws(DraftError) {
        guard draft.change == .erase else {
            guard !erased.isEmpty, isPersonal(draft.field) else { return }
            let target = ErasedRecord(record: draft.record, audience: AudienceID(draft.audience, cryptography))
            guard !erased.contains(target) else {
                throw DraftError(
                    code: .erased,
                    reason:
                        "what is personal of record \(draft.record) was erased, and field \(draft.field) is personal; "
                        + "open a new record"
                )
            }
            return
        }
        guard draft.value.count <= Ledger.erasureReasonLimit else {
            throw DraftError(
                code: .tooLarge,
                reason: "an erasure's reason has \(draft.value.count) bytes, at most \(Ledger.erasureReasonLimit) are "
                    + "allowed; give a code"
            )
        }
        guard authority.mayErase(node, in: draft.audience, at: authority.epoch) else {
            throw DraftError(
                code: .notPermitted,
                reason: "this node may not erase what is for that audience; erase it at a node of its places or of one "
                    + "above them"
            )
        }
    }
}

extension Op {
    /// The record that an op's bytes begin with, as canonical ones do, without reading the rest.
    fileprivate static func leadingRecord(of bytes: [UInt8]) -> RecordID? {
        // Field 1, length-delimited, 16 bytes.
        guard bytes.count >= 18, bytes[0] == 0x0A, bytes[1] == 16 else { return nil }
        return RecordID(bytes[2..<18])
    }
}

extension Draft {
    var opChange: Op.Change {
        switch change {
        case .write: .write
        case .remove: .remove
        case .erase: .erase
        case .give: .given
        case .leave: .left
        }
    }
}

extension Delta {
    /// The same delta with the bytes of some ops held or dropped; the leaves must be the same.
    package func with(_ ops: [SaltedOp]) -> Delta {
        Delta(headerBytes: headerBytes, signature: signature, ops: ops, header: header, id: id)
    }
}
