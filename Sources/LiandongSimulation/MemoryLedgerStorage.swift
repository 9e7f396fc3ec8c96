package import LiandongCore

/// A ``LedgerStorage`` over dictionaries.
///
/// Its whole content is one value: a snapshot is a copy, and a crash or a rollback puts a snapshot back.
package class MemoryLedgerStorage: LedgerStorage {
    /// Everything a replica's ledger has written.
    package struct Content: Sendable {
        package var audiences: [AudienceID: Audience] = [:]
        package var laneNumbers: [LaneKey: Int64] = [:]
        package var laneKeys: [Int64: LaneKey] = [:]
        package var lanes: [LaneKey: LaneState] = [:]
        /// Ascending number; numbers are given out without gaps except by a rolled-back commit.
        package var deltas: [Int64: StoredDelta] = [:]
        package var numbers: [DeltaID: Int64] = [:]
        /// In LSN order: the LSN is the index plus one.
        package var arrivals: [Int64] = []
        /// Deltas of which excerpts came; the first has the number -1.
        package var excerpted: [(id: DeltaID, lane: LaneKey)] = []
        package var homes: [RecordID: AudienceID] = [:]
        package var cells: [RecordID: [CellEntry]] = [:]
        package var parked: Set<ParkedOp> = []
        package var forks: Set<ForkProof> = []
        package var erasures: Set<Erasure> = []
        package var quotas = MemoryQuotas()

        package init() {}
    }

    package var content: Content

    package init(content: Content = .init()) { self.content = content }

    // MARK: Audiences and lanes

    package func audience(_ id: AudienceID) -> Audience? { content.audiences[id] }

    package func insert(audience: Audience, id: AudienceID) { content.audiences[id] = audience }

    package func laneNumber(_ key: LaneKey, id: LaneID) -> Int64 {
        if let known = content.laneNumbers[key] { return known }
        let number = Int64(content.laneNumbers.count + 1)
        content.laneNumbers[key] = number
        content.laneKeys[number] = key
        return number
    }

    package func laneKey(number: Int64) -> LaneKey? { content.laneKeys[number] ?? excerpted(number)?.lane }

    package func lanes() -> [LaneState] { content.lanes.values.sorted { $0.number < $1.number } }

    package func save(lane: LaneState) { content.lanes[lane.key] = lane }

    // MARK: Deltas

    package func delta(number: Int64) -> StoredDelta? { content.deltas[number] }

    package func deltaID(number: Int64) -> DeltaID? { content.deltas[number]?.delta.id ?? excerpted(number)?.id }

    private func excerpted(_ number: Int64) -> (id: DeltaID, lane: LaneKey)? {
        let index = Int(-1 - number)
        return content.excerpted.indices.contains(index) ? content.excerpted[index] : nil
    }

    package func number(ofExcerpted id: DeltaID, lane: LaneKey) -> Int64 {
        if let known = content.excerpted.firstIndex(where: { $0.id == id }) { return -1 - Int64(known) }
        content.excerpted.append((id, lane))
        return -Int64(content.excerpted.count)
    }

    package func records(excerptedFrom origin: NodeID) -> [RecordID] {
        content.cells.filter { _, entries in
            entries.contains { $0.delta < 0 && laneKey(number: $0.lane)?.origin == origin }
        }.keys.sorted()
    }

    package func deltas(lane: Int64, seq: UInt64) -> [DeltaID] {
        content.deltas.values.filter { $0.lane == lane && $0.delta.header.seq == seq }.map(\.delta.id).sorted()
    }

    package func number(of delta: DeltaID, lane: Int64, seq: UInt64) -> Int64? { content.numbers[delta] }

    package func nextDeltaNumber() -> Int64 { (content.arrivals.max() ?? 0) + 1 }

    package func insert(delta: StoredDelta) -> LSN {
        content.deltas[delta.number] = delta
        content.numbers[delta.delta.id] = delta.number
        content.arrivals.append(delta.number)
        return LSN(content.arrivals.count)
    }

    package func forEachDelta(ofLanes lanes: Set<Int64>?, _ body: (StoredDelta) throws -> Void) rethrows {
        for (_, delta) in content.deltas.sorted(by: { $0.key < $1.key }) where lanes?.contains(delta.lane) ?? true {
            try body(delta)
        }
    }

    package func quarantinedDeltas() -> [Int64] {
        content.deltas.values.filter(\.isQuarantined).map(\.number).sorted()
    }

    package func evidence(of origin: NodeID) -> HeldEvidence {
        content.deltas.values.reduce(into: HeldEvidence()) { held, stored in
            if stored.isQuarantined, stored.delta.lane.origin == origin { held.add(stored.delta) }
        }
    }

    package func keep(_ fork: ForkProof, lane: Int64, at now: Instant) { content.forks.insert(fork) }

    package func setQuarantined(_ quarantined: Bool, delta: Int64) {
        content.deltas[delta]?.isQuarantined = quarantined
    }

    /// The deltas that arrived after an LSN, in its order.
    package func arrivals(after lsn: LSN) -> ArraySlice<(lsn: LSN, delta: StoredDelta)> {
        let start = min(max(Int(lsn), 0), content.arrivals.count)
        return content.arrivals[start...].enumerated().compactMap { offset, number in
            content.deltas[number].map { (LSN(start + offset + 1), $0) }
        }[...]
    }

    // MARK: Records and cells

    package func home(of record: RecordID) -> AudienceID? { content.homes[record] }

    package func setHome(_ audience: AudienceID, of record: RecordID) { content.homes[record] = audience }

    package func entries(of record: RecordID, field: Field, element: [UInt8]) -> [CellEntry] {
        (content.cells[record] ?? []).filter { $0.field == field && $0.element == element }
    }

    package func entries(of record: RecordID) -> [CellEntry] { content.cells[record] ?? [] }

    package func latestStamp(of record: RecordID) -> HLC? { content.cells[record]?.map(\.stamp).max() }

    package func insert(entry: CellEntry) { content.cells[entry.record, default: []].append(entry) }

    package func remove(entry: CellEntry) { content.cells[entry.record]?.removeAll { $0 == entry } }

    package func removeCells(of record: RecordID) {
        content.cells[record] = nil
        content.homes[record] = nil
    }

    // MARK: Erasures

    package func deltas(of record: RecordID, in audience: AudienceID) -> [StoredDelta] {
        content.deltas.values.filter { $0.delta.lane.audience == audience }.sorted { $0.number < $1.number }
    }

    package func setOps(_ ops: [SaltedOp], ofDelta number: Int64) {
        guard let stored = content.deltas[number] else { return }
        content.deltas[number] = StoredDelta(
            number: stored.number,
            lane: stored.lane,
            delta: stored.delta.with(ops),
            source: stored.source,
            receivedAt: stored.receivedAt,
            isQuarantined: stored.isQuarantined
        )
    }

    package func erasures() -> [Erasure] { content.erasures.sorted { $0.target < $1.target } }

    package func erasures(of record: RecordID) -> [Erasure] {
        content.erasures.filter { $0.target.record == record }
    }

    package func insert(erasure: Erasure) {
        content.erasures = content.erasures.filter { $0.place != nil || $0.target != erasure.target }
        content.erasures.insert(erasure)
    }

    package func removeErasures(ofDelta number: Int64) {
        content.erasures = content.erasures.filter { $0.place?.delta != number }
    }

    // MARK: Ops that wait

    package func park(_ op: ParkedOp) { content.parked.insert(op) }

    package func parkedOps(waitingFor record: RecordID) -> [ParkedOp] {
        inOrder { $0.record == record && ($0.reason == .unknownHome || $0.reason == .stray) }
    }

    package func parkedOps(dueBy stamp: HLC) -> [ParkedOp] {
        inOrder { op in op.dueAt.map { $0 <= stamp } ?? false }
    }

    package func parkedOps(because reasons: Set<ParkedOp.Reason>) -> [ParkedOp] {
        inOrder { reasons.contains($0.reason) }
    }

    package func unpark(delta: Int64, index: Int) {
        content.parked = content.parked.filter { $0.delta != delta || $0.index != index }
    }

    package func removeParked(record: RecordID) { content.parked = content.parked.filter { $0.record != record } }

    private func inOrder(_ isIncluded: (ParkedOp) -> Bool) -> [ParkedOp] {
        content.parked.filter(isIncluded).sorted { ($0.delta, $0.index) < ($1.delta, $1.index) }
    }
}
