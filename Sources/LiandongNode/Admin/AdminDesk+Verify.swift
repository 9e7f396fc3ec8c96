import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore

extension AdminDesk {
    /// Passes with one peer until it holds the same: what a pass sends is durable at the peer a little later.
    private static let passLimit = 5
    /// The most records that are named, and the most deltas read to name them.
    private static let recordLimit = 200
    private static let deltaLimit = 2_000

    /// Checks all that is held, then compares it with one peer's or all connected ones', and mends what can be mended.
    func verify(_ name: String?, onlyCompares: Bool) async throws -> VerifyReport {
        let links = await node.engine.inspect { $0.links }
        let connected = links.filter(\.isUp).map(\.peer)
        var targets = connected
        if let name {
            let peer = try nodeID(name)
            guard connected.contains(peer) else {
                throw NodeError(.unreachable, "\(name) is not connected; liandong peer list shows the links")
            }
            targets = [peer]
        }
        var scrub: ScrubOutcome?
        if !onlyCompares {
            let result = try await node.store.scrubAll()
            await node.engine.handle(.scrubbed(result))
            scrub = result
        }
        var peers: [VerifyReport.Peer] = []
        for peer in targets { peers.append(try await verify(peer)) }
        return VerifyReport(
            asOf: now.iso8601,
            checked: scrub?.checkedCount ?? 0,
            rotten: scrub?.rot.count ?? 0,
            waiting: try await node.store.setAsideCount(),
            peers: peers
        )
    }

    private func verify(_ peer: NodeID) async throws -> VerifyReport.Peer {
        let first = await node.engine.reconcile(with: peer)
        var last = first
        for round in 1..<AdminDesk.passLimit where !last.isEqual {
            if case .failed = last.result { break }
            try await Task.sleep(for: .milliseconds(200 * round))
            last = await node.engine.reconcile(with: peer)
        }
        var reason: String?
        let result: String
        if case .failed(let why) = last.result {
            result = "failed"
            reason = why
        } else {
            result = first.isEqual ? "equal" : last.isEqual ? "repaired" : "differs"
        }
        func sum(_ part: (Reconciler.Difference) -> SeqSet) -> UInt64 {
            first.differences.reduce(0) { $0 &+ part($1).count }
        }
        return VerifyReport.Peer(
            node: "\(peer)",
            name: authority.nodes[peer]?.name ?? "",
            result: result,
            reason: reason,
            lackedThere: sum(\.offered),
            // Lanes that were unknown here are in no difference: what came of them was counted as it came.
            lackedHere: max(sum(\.lacking), UInt64(first.received)),
            differed: sum(\.differing),
            bytes: first.turnBytes,
            milliseconds: first.milliseconds,
            records: try await records(of: first.differences)
        )
    }

    /// The records that deltas belong to: read here, what was lacking after it came.
    private func records(of differences: [Reconciler.Difference]) async throws -> [VerifyReport.Record] {
        var lackedBy: [RecordID: String] = [:]
        var left = AdminDesk.deltaLimit
        func note(_ seqs: SeqSet, _ lane: LaneKey, by who: String) async throws {
            guard !seqs.isEmpty, left > 0 else { return }
            let read = DeltaRead(lane: lane, seqs: seqs, countLimit: left, byteLimit: 8 << 20)
            let deltas = try await node.store.deltas(read).deltas
            left -= deltas.count
            for case .held(_, let bytes) in deltas.flatMap(\.delta.ops) {
                guard let op = try? Op(decoding: bytes), lackedBy.count < AdminDesk.recordLimit else { continue }
                let known = lackedBy[op.record]
                lackedBy[op.record] = known == nil || known == who ? who : "both"
            }
        }
        for difference in differences {
            try await note(difference.offered, difference.lane.key, by: "peer")
            try await note(difference.lacking, difference.lane.key, by: "here")
            try await note(difference.differing, difference.lane.key, by: "both")
        }
        let records = lackedBy.sorted { $0.key < $1.key }
        return try await node.store.read { reader in
            try records.map { record, who in
                VerifyReport.Record(
                    record: "\(record)",
                    number: try reader.workOrder(record)?.numbers.first,
                    lackedBy: who
                )
            }
        }
    }
}
