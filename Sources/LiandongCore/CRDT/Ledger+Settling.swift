// What waits for the end of a transaction: folding anew what was erased, and letting go of what a left names.

extension Ledger {
    /// Ends what the ops of a transaction began; no delta is growing any more.
    mutating func settle(
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        repeat {
            try settleErasures(at: now, in: storage, touching: &touched)
            try settleLeaving(at: now, in: storage, touching: &touched)
        } while !refolding.isEmpty
    }

    /// Notes that what an erasure in one audience leaves of a record may be another than what is there.
    ///
    /// Of a record of one audience that cannot be: all ops of a personal cell go together. Of several, a cell may have to
    /// show again what an erased op had superseded, and carries of ops that are not live have to go.
    mutating func noteErased(_ record: RecordID, in storage: some LedgerStorage) throws {
        let isOfSeveral = try storage.entries(of: record).contains {
            $0.field.isAudiences || $0.field.isCarried || $0.field.isLeft
        }
        if try isOfSeveral || !storage.parkedOps(waitingFor: record).isEmpty { refolding.insert(record) }
    }

    /// Folds anew the records that were erased in one of several audiences: what is left is what a rebuild gives.
    private mutating func settleErasures(
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        while let record = refolding.min() {
            refolding.remove(record)
            touched.insert(record)
            try refold(record, try storage.entries(of: record), at: now, in: storage, touching: &touched)
            // Carries that wait bring nothing that was erased either.
            for parked in try storage.parkedOps(waitingFor: record) {
                try storage.unpark(parked)
                try mergeAgain(parked, at: now, in: storage, touching: &touched)
            }
        }
    }

    /// Folds one record anew from what is held of it in its audiences.
    ///
    /// - Parameter entries: all of the record's.
    mutating func refold(
        _ record: RecordID,
        _ entries: [CellEntry],
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        var audiences = try Set(entries.compactMap { try storage.laneKey(number: $0.lane)?.audience })
        audiences.formUnion(entries.compactMap { $0.field.isAudiences ? AudienceID($0.element) : nil })
        if let home = try storage.home(of: record) { audiences.insert(home) }
        try storage.removeCells(of: record)
        var held: [StoredDelta] = []
        for audience in audiences.sorted() { held += try storage.deltas(of: record, in: audience) }
        for stored in held.sorted(by: { $0.number < $1.number }) where !stored.isQuarantined {
            guard let audience = try storage.audience(stored.delta.lane.audience) else { continue }
            for index in stored.delta.ops.indices where stored.delta.holds(index, of: record) {
                try storage.unpark(delta: stored.number, index: index)
            }
            try merge(stored, audience: audience, only: [record], at: now, in: storage, touching: &touched)
        }
    }
}
