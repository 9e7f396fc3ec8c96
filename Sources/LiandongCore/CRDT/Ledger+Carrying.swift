// Ops that come as excerpts: their audience is not this replica's, their record is (design §6).

extension Ledger {
    /// Merges the op that a carry brings as if its delta had come.
    ///
    /// A carry whose excerpt proves nothing is refused for good: the excerpt is part of what the carrier signed, so
    /// nobody on the way can have spoilt it.
    mutating func mergeCarried(
        _ carry: Op,
        _ place: OpPlace,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws -> Merged {
        guard authority.mayWrite(place.lane.key.origin, in: place.audience, at: place.epoch),
            let excerpt = try? Excerpt(decoding: carry.value), let proved = proved(by: excerpt, carry, place)
        else {
            try park(carry, place, .refused, in: storage)
            return .parked
        }
        let key = proved.header.lane
        // What was erased where it was written is not shown anywhere else.
        if isPersonal(carry.field), erased.contains(ErasedRecord(record: carry.record, audience: key.audience)) {
            try drop(in: place.delta, at: [place.index], storage)
            return .parked
        }
        if try storage.audience(key.audience) == nil {
            try storage.insert(audience: excerpt.audience, id: key.audience)
        }
        let number = try storage.number(ofExcerpted: proved.delta, lane: key)
        let source = OpPlace(
            delta: number,
            index: excerpt.index,
            carry: (place.delta, place.index),
            lane: LaneState(key: key, id: LaneID(key, cryptography), number: number),
            header: proved.header.hlc,
            seq: proved.header.seq,
            audience: excerpt.audience,
            epoch: proved.header.epoch
        )
        let merged = try mergeAlone(proved.op, source, at: now, in: storage, touching: &touched)
        if merged != .parked {
            let mark = mark(carry, place, Dot(delta: proved.delta, index: excerpt.index))
            if try !mergeTwin(of: mark, in: storage) { try storage.insert(entry: mark) }
        }
        return merged
    }

    /// The op that an excerpt proves, if it is of the carry's record and its author had the right to write it.
    private func proved(by excerpt: Excerpt, _ carry: Op, _ place: OpPlace) -> ExcerptedOp? {
        guard let proved = excerpt.verified(cryptography), proved.op.record == carry.record,
            proved.op.field == carry.field, proved.op.change != .carry, proved.op.change != .left,
            proved.header.cluster == authority.cluster,
            // The carrier had accepted the op, so it held the chain to there; so does whoever accepts the carry.
            proved.header.epoch.district <= place.epoch.district
        else { return nil }
        let admission = authority.admission(of: proved.header, in: excerpt.audience) {
            LaneID(proved.header.lane, cryptography)
        }
        return admission == .granted ? proved : nil
    }

    /// Notes in the record's cells what a carry brought where: whoever gives the record on finds the excerpt by it.
    private func mark(_ carry: Op, _ place: OpPlace, _ dot: Dot) -> CellEntry {
        CellEntry(
            record: carry.record,
            field: .carried(of: carry.field.kind),
            element: place.lane.key.audience.bytes + dot.bytes,
            stamp: place.header,
            delta: place.delta,
            index: place.index,
            lane: place.lane.number,
            seq: place.seq,
            isRemove: false,
            value: [],
            context: CellContext()
        )
    }

    /// Whether the very op stands in its cell already: it came with its delta and by a carry, or by two.
    ///
    /// The delta that is held names it, so that the order of arrival leaves no trace.
    func mergeTwin(of entry: CellEntry, in storage: some LedgerStorage) throws -> Bool {
        let held = try storage.entries(of: entry.record, field: entry.field, element: entry.element)
        for other in held where other.index == entry.index && other.seq == entry.seq && other.stamp == entry.stamp {
            guard other.delta != entry.delta else { return true }
            guard let first = try storage.deltaID(number: other.delta),
                try first == storage.deltaID(number: entry.delta)
            else { continue }
            if other.delta < 0, entry.delta > 0 {
                try storage.remove(entry: other)
                try storage.insert(entry: entry)
            }
            return true
        }
        return false
    }
}
