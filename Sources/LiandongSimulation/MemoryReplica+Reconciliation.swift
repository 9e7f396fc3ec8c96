import LiandongCore
import LiandongSigning

// What a reconciliation reads of a replica: durable deltas only.
extension MemoryReplica {
    func lanes(_ read: LaneRead, salt: [UInt8]) -> SaltedLanes {
        let admitted = disk.content.laneKeys.filter { _, key in
            disk.content.audiences[key.audience].map(read.filter.admits) ?? false
        }
        var summaries = admitted.keys.sorted().compactMap { number in lane(number)?.summary(number: number) }
        if bug == .reconcilesAllLanesButOne { _ = summaries.popLast() }
        return SaltedLanes(summaries, salt: read.salt ?? salt, .sodium)
    }

    func nodes(_ reads: [Reconciler.NodeRead]) throws -> [[LaneNodeChild]] {
        try reads.map { try lane($0.lane)?.children(of: $0.node) ?? [] }
    }

    func deltas(_ read: DeltaRead) -> DeltaReadResult {
        var found: [CommittedDelta] = []
        var byteCount = 0
        guard let number = disk.content.laneNumbers[read.lane], let first = read.seqs.ranges.first?.lowerBound
        else { return DeltaReadResult(deltas: [], reachedEnd: true) }
        for (lsn, stored) in laneDeltas(number) {
            let seq = stored.delta.header.seq
            guard read.seqs.ranges.contains(where: { $0.contains(seq) }) else { continue }
            if let after = read.after, seq == first, stored.delta.id <= after { continue }
            if !found.isEmpty, found.count >= read.countLimit || byteCount >= read.byteLimit {
                return DeltaReadResult(deltas: found, reachedEnd: false)
            }
            if bug == .forgetsRemovesInRepairs, stored.delta.ops.contains(where: \.isRemove) { continue }
            let committed = CommittedDelta(lsn: lsn, delta: stored.delta, source: stored.source)
            found.append(committed)
            byteCount += committed.byteCount
        }
        return DeltaReadResult(deltas: found, reachedEnd: true)
    }

    private func laneDeltas(_ number: Int64) -> [(lsn: LSN, delta: StoredDelta)] {
        MemoryLedgerStorage(content: disk.content).arrivals(after: 0)
            .filter { $0.delta.lane == number }
            .sorted { ($0.delta.delta.header.seq, $0.delta.delta.id) < ($1.delta.delta.header.seq, $1.delta.delta.id) }
    }

    private func lane(_ number: Int64) -> MemoryLane? {
        guard let key = disk.content.laneKeys[number] else { return nil }
        var lane = MemoryLane(key: key)
        for (_, stored) in laneDeltas(number) { lane.insert(LaneElement(stored.delta, .sodium)) }
        return lane.digest.last == nil ? nil : lane
    }
}

extension SaltedOp {
    fileprivate var isRemove: Bool {
        guard case .held(_, let bytes) = self, let op = try? Op(decoding: bytes) else { return false }
        return op.change == .remove
    }
}
