package import LiandongCore

/// How fresh what a node shows is, by one node above it.
package struct UpstreamReport: Codable, Sendable {
    package let place: PlaceReport
    package let tier: String
    /// When it last said how it stands; absent when it never did.
    package let heardAt: String?
    /// How long ago that is.
    package let silentSeconds: Double?
    /// Whether what it holds reaches this node, directly or over others, as far as beats tell.
    package let connected: Bool
}

extension UpstreamReport {
    /// Every node of the places above, the nearest first.
    ///
    /// - Complexity: O(nodes above).
    package static func all(_ engine: SyncEngine, at now: Instant) -> [UpstreamReport] {
        let authority = engine.authority
        guard let here = authority.place(of: engine.node) else { return [] }
        let links = Dictionary(engine.links.map { ($0.peer, $0) }) { first, _ in first }
        return authority.line(of: here).dropFirst().flatMap { place in
            authority.nodes(of: place).filter { authority.revocations[$0] == nil }.map { node in
                let heard = engine.beatState(of: node)?.time
                let silent = heard.map { max(0, now.milliseconds(since: $0)) }
                let link = links[node]
                let isFresh = silent.map { $0 < StatusReport.silenceLimit } ?? false
                return UpstreamReport(
                    place: PlaceReport(place, authority),
                    tier: authority.places[place]?.tier.name ?? "",
                    heardAt: heard?.iso8601,
                    silentSeconds: silent.map { Double($0) / 1_000 },
                    connected: link.map(\.isUp) ?? isFresh
                )
            }
        }
    }
}
