import Foundation
import LiandongCore

@testable import LiandongReports

/// Status reports by hand.
enum SampleStatus {
    static let at = Instant(milliseconds: 1_795_310_000_000)

    static func report(
        _ rows: [StatusReport.Row],
        _ links: [StatusReport.Link] = [],
        toldBy: String? = nil
    ) -> StatusReport {
        StatusReport(nodes: rows, links: links, toldBy: toldBy, at: at)
    }

    static func row(
        _ node: String,
        at place: String,
        named name: String = "",
        tier: String = "community",
        state: String = "ok",
        health: String? = "ok",
        age: Double? = 3,
        behind: UInt64 = 0,
        clock: Int64? = nil
    ) -> StatusReport.Row {
        StatusReport.Row(
            node: node,
            id: node,
            placeCode: place,
            placeName: name,
            tier: tier,
            state: state,
            health: health,
            ageSeconds: age,
            behindOps: behind,
            behindSeconds: behind > 0 ? 600 : 0,
            linksUp: 1,
            linksTotal: 1,
            clockOffsetMilliseconds: clock,
            version: "0.1.0"
        )
    }

    /// - Parameter minutes: since when it is so.
    static func link(
        _ upper: String,
        _ lower: String,
        _ state: StatusReport.Link.State = .up,
        kind: StatusReport.Link.Kind = .tree,
        minutes: Int64 = 5
    ) -> StatusReport.Link {
        StatusReport.Link(
            upper: upper,
            lower: lower,
            kind: kind,
            state: state,
            since: Instant(milliseconds: at.milliseconds - minutes * 60_000).iso8601,
            toldBy: upper
        )
    }
}
