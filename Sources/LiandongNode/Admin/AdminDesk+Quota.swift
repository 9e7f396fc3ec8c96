import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore

// Who writes more for others than the district's policy allows: listed, let in or muted where it waits.
extension AdminDesk {
    func quotas() async throws -> QuotasReport {
        let authority = authority
        let quota = AcceptanceQuota(authority)
        let today = QuotaDay(of: now)
        let (book, audiences) = try await node.store.read { reader in
            let book = try reader.quotaBook()
            var audiences: [AudienceID: Audience] = [:]
            for key in book.lanes.keys { audiences[key.audience] = try reader.audience(key.audience) }
            return (book, audiences)
        }
        let origins = Set(book.uses.keys).union(book.states.keys).union(book.lanes.keys.map(\.origin)).sorted()
        return QuotasReport(
            asOf: now.iso8601,
            recordsADay: quota.records,
            bytesADay: quota.bytes,
            bulkBytesADay: quota.bulkBytes,
            origins: origins.map { origin in
                let state = book.states[origin] ?? QuotaState()
                let total = book.waiting(of: origin)
                let used = book.uses[origin]?[today] ?? QuotaUse()
                return QuotasReport.Row(
                    node: "\(origin)",
                    name: authority.nodes[origin]?.name ?? "",
                    placeCode: authority.place(of: origin).map { authority.code(of: $0) } ?? "",
                    state: state.isMuted
                        ? "muted" : total.deltas > 0 ? "waiting" : state.letInDay == today ? "let in" : "within",
                    recordsToday: used.records,
                    bytesToday: used.bytes - used.bulkBytes,
                    bulkBytesToday: used.bulkBytes,
                    deltasWaiting: total.deltas,
                    bytesWaiting: total.bytes,
                    turnedAway: state.turnedAway,
                    lanes: book.lanes.filter { $0.key.origin == origin }.sorted { $0.key < $1.key }.map { key, lane in
                        QuotasReport.Lane(
                            audience: audiences[key.audience]?.members.map { authority.code(of: $0.place) } ?? [],
                            deltas: lane.deltas,
                            records: lane.use.records,
                            bytes: lane.use.bytes,
                            since: lane.since.iso8601
                        )
                    }
                )
            }
        )
    }

    func letIn(_ name: String) async throws -> DoneReport {
        let origin = try nodeID(name)
        let engine = node.engine
        let taken = try await node.store.letIn(origin) { deltas in
            await engine.handle(.letIn(origin, deltas, isIncomplete: false))
        }
        if taken.turnedAway > 0 { await engine.handle(.letIn(origin, [], isIncomplete: true)) }
        let rest = taken.turnedAway > 0 ? ", \(taken.turnedAway) more are asked for again" : ""
        return done("\(taken.deltas) deltas let in\(rest); no quota until the day ends", id: "\(origin)")
    }

    func mute(_ name: String) async throws -> DoneReport {
        let origin = try nodeID(name)
        try await node.store.mute(origin)
        return done("muted: what it writes for others waits here until it is let in", id: "\(origin)")
    }

    func setQuota(records: Int?, bytes: Int?, bulkBytes: Int?) async throws -> DoneReport {
        try requireSigner()
        for (option, value) in [("--records", records), ("--bytes", bytes), ("--photo-bytes", bulkBytes)] {
            if let value, value < 1 {
                throw NodeError(
                    .usage,
                    "\(option): \(value) is too small, at least 1 is needed; to stop a node, mute it"
                )
            }
        }
        guard records != nil || bytes != nil || bulkBytes != nil else {
            throw NodeError(.usage, "nothing to set: give --records, --bytes or --photo-bytes")
        }
        try await node.signerDesk.append { _ in
            [
                (AcceptanceQuota.recordsPolicy, records), (AcceptanceQuota.bytesPolicy, bytes),
                (AcceptanceQuota.bulkBytesPolicy, bulkBytes),
            ].compactMap { name, value in value.map { .policy(name: name, value: "\($0)") } }
        }
        let quota = AcceptanceQuota(authority)
        return done(
            "a day \(quota.records) records and \(quota.bytes) bytes for others, and \(quota.bulkBytes) bytes of photos"
        )
    }
}

/// What `liandong quota list` says: who wrote for others lately, and what of it waits at this node.
package struct QuotasReport: Codable, Sendable {
    package var schema = "liandong.quotas/1"
    package let asOf: String
    package let recordsADay: Int
    package let bytesADay: Int
    /// Of photos.
    package let bulkBytesADay: Int
    package let origins: [Row]

    package struct Row: Codable, Sendable {
        package let node: String
        package let name: String
        package let placeCode: String
        /// within, waiting, let in, muted.
        package let state: String
        package let recordsToday: Int
        package let bytesToday: Int
        package let bulkBytesToday: Int
        package let deltasWaiting: Int
        package let bytesWaiting: Int
        /// Deltas that are not even kept here, since too much waits.
        package let turnedAway: Int
        package let lanes: [Lane]
    }

    /// What waits for one audience.
    package struct Lane: Codable, Sendable {
        /// Codes of its places.
        package let audience: [String]
        package let deltas: Int
        package let records: Int
        package let bytes: Int
        package let since: String
    }
}
