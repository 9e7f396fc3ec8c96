import LiandongCore
import LiandongReports
import LiandongSigning
import LiandongStore

extension TraceReport {
    init(_ view: RecordView, _ reader: StoreReader, _ engine: SyncEngine, at now: Instant) throws {
        let authority = engine.authority
        // What was carried from an earlier audience counts by the deltas that carried it: all who have the record get
        // those.
        let audience = view.audience
        let audienceID = AudienceID(audience, .sodium)
        let deltas = try reader.deltas(of: view.record).filter { $0.audience == audienceID }
        let rows = try authority.nodes.values
            .sorted { ($0.place, $0.node) < ($1.place, $1.node) }
            .map { enrolment in
                let place = authority.places[enrolment.place]
                func row(
                    _ holds: Bool?,
                    _ reason: String,
                    isEntitled: Bool = true,
                    committedAt: Instant? = nil,
                    missing: Int? = nil,
                    saidAt: Instant? = nil
                ) -> Row {
                    Row(
                        node: enrolment.name,
                        id: "\(enrolment.node)",
                        placeCode: place?.code ?? "",
                        entitled: isEntitled,
                        holds: holds,
                        committedAt: committedAt?.iso8601,
                        missing: missing,
                        saidAt: saidAt?.iso8601,
                        reason: reason
                    )
                }
                if enrolment.node == engine.node {
                    return row(true, "this node", committedAt: deltas.map(\.receivedAt).max(), missing: 0)
                }
                guard authority.isEntitled(enrolment.node, to: audience) else {
                    let why = authority.revocations[enrolment.node] == nil ? "not entitled" : "revoked"
                    return row(false, why, isEntitled: false)
                }
                guard let part = engine.positions(of: enrolment.node, audience: audienceID) else {
                    let saidAt = engine.beatState(of: enrolment.node)?.time
                    let word = saidAt.map { "since \($0.iso8601)" } ?? "at all"
                    return row(nil, "it has said nothing of this audience; its word: \(word)", saidAt: saidAt)
                }
                let missing = deltas.filter { part.positions[$0.lane] ?? 0 < $0.seq }
                guard missing.isEmpty else {
                    return row(
                        false,
                        "it lacks \(missing.count) of \(deltas.count) deltas, by its word of \(part.time.iso8601)",
                        missing: missing.count,
                        saidAt: part.time
                    )
                }
                let times = try deltas.compactMap { try reader.committed(enrolment.node, $0.lane, seq: $0.seq) }
                let at = times.max() ?? part.time
                return row(true, "committed", committedAt: at, missing: 0, saidAt: part.time)
            }
        self.init(
            asOf: now.iso8601,
            record: "\(view.record)",
            audience: audience.members.map { authority.places[$0.place]?.code ?? "\($0.place)" },
            nodes: rows
        )
    }
}
