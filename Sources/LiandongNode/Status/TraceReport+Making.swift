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
                func row(_ entitled: Bool, _ holds: Bool?, _ at: Instant?, _ reason: String) -> Row {
                    Row(
                        node: enrolment.name,
                        id: "\(enrolment.node)",
                        placeCode: place?.code ?? "",
                        entitled: entitled,
                        holds: holds,
                        committedAt: at?.iso8601,
                        reason: reason
                    )
                }
                if enrolment.node == engine.node {
                    return row(true, true, deltas.map(\.receivedAt).max(), "this node")
                }
                guard authority.isEntitled(enrolment.node, to: audience) else {
                    let why = authority.revocations[enrolment.node] == nil ? "not entitled" : "revoked"
                    return row(false, false, nil, why)
                }
                guard let part = engine.positions(of: enrolment.node, audience: audienceID) else {
                    let word = engine.beatState(of: enrolment.node).map { "since \($0.time.iso8601)" } ?? "at all"
                    return row(true, nil, nil, "it has said nothing of this audience; its word: \(word)")
                }
                let missing = deltas.filter { part.positions[$0.lane] ?? 0 < $0.seq }
                guard missing.isEmpty else {
                    return row(
                        true,
                        false,
                        nil,
                        "it lacks \(missing.count) of \(deltas.count) deltas, by its word of \(part.time.iso8601)"
                    )
                }
                let times = try deltas.compactMap { try reader.committed(enrolment.node, $0.lane, seq: $0.seq) }
                return row(true, true, times.max() ?? part.time, "committed")
            }
        self.init(
            asOf: now.iso8601,
            record: "\(view.record)",
            audience: audience.members.map { authority.places[$0.place]?.code ?? "\($0.place)" },
            nodes: rows
        )
    }
}
