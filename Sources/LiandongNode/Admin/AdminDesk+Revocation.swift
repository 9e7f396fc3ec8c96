import Foundation
import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongSigning
import LiandongStore

// Shutting a node out.
extension AdminDesk {
    /// The most lanes that one entry of the chain has room to cut.
    private static let cutLimit = 512

    /// Writes a revocation into the chain, or says what it would do.
    func revoke(_ form: AdminRequest.RevocationForm) async throws -> RevocationReport {
        try requireSigner()
        let peer = try nodeID(form.node)
        guard peer != node.keys.nodeID else {
            throw NodeError(.refused, "the signer cannot revoke itself")
        }
        guard form.until == nil || form.lanes == nil else {
            throw NodeError(.usage, "--at and --lane cannot go together: give one of the two")
        }
        let seqs = try form.lanes.map(AdminDesk.seqs)
        let time = form.until.map(Instant.init(milliseconds:))
        let cuts = try await node.store.read { try $0.cuts(of: peer, upTo: time, seqs: seqs) }
        if let unknown = seqs?.keys.sorted().first(where: { id in !cuts.contains { $0.id == id } }) {
            throw NodeError(
                .notFound,
                "--lane: this node holds no lane \(unknown) of \(form.node); see revoke --dry-run"
            )
        }
        let kept = cuts.filter { $0.cut != nil }
        if !form.isDryRun {
            let bodies = AdminDesk.revocation(of: peer, kept, reason: form.reason)
            try await node.signerDesk.append { _ in bodies }
        }
        return RevocationReport(
            asOf: now.iso8601,
            node: authority.nodes[peer]?.name ?? "",
            id: "\(peer)",
            isDone: !form.isDryRun,
            lanesKept: kept.count,
            deltasBehind: cuts.reduce(0) { $0 + $1.behind },
            lanes: try await rows(cuts)
        )
    }

    /// The entries of a revocation: of many lanes those without room in it go before it.
    private static func revocation(
        of node: NodeID,
        _ kept: [StoreReader.LaneCut],
        reason: String
    ) -> [AuthorityEntryContent.Body] {
        let stretches = stride(from: 0, to: max(1, kept.count), by: cutLimit).map { start in
            Dictionary(
                kept[start..<min(start + cutLimit, kept.count)].compactMap { lane in lane.cut.map { (lane.id, $0) } }
            ) { first, _ in first }
        }
        return stretches.dropLast().map { .revoke(node, .init(cuts: $0, reason: "", isContinued: true)) }
            + [.revoke(node, .init(cuts: stretches.last ?? [:], reason: reason))]
    }

    private func rows(_ cuts: [StoreReader.LaneCut]) async throws -> [RevocationReport.Row] {
        var rows: [RevocationReport.Row] = []
        for cut in cuts.prefix(1_000) {
            rows.append(
                RevocationReport.Row(
                    lane: "\(cut.id)",
                    audience: try await places(of: cut.lane.audience),
                    held: cut.highest,
                    keptTo: cut.cut?.seq ?? 0,
                    behind: cut.behind
                )
            )
        }
        return rows
    }

    /// Reads LANE:SEQ.
    private static func seqs(_ texts: [String]) throws -> [LaneID: UInt64] {
        var seqs: [LaneID: UInt64] = [:]
        for text in texts {
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count == 2, let lane = LaneID(hexadecimal: parts[0]), let seq = UInt64(parts[1]),
                seq > 0
            else {
                throw NodeError(
                    .usage,
                    "--lane: \"\(text)\" is no LANE:SEQ; revoke --dry-run lists the lanes"
                )
            }
            seqs[lane] = seq
        }
        return seqs
    }

    /// The codes of an audience's places.
    func places(of audience: AudienceID) async throws -> [String] {
        let definition = try await node.store.read { try $0.audience(audience) }
        return definition?.members.map {
            authority.code(of: $0.place) + ($0.scope == .below ? "+" : "")
        } ?? []
    }
}

extension LaneID {
    fileprivate init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: 32, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16)
            else {
                return nil
            }
            bytes.append(byte)
        }
        self.init(bytes)
    }
}
