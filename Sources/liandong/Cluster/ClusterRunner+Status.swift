import Foundation
import LiandongNode
import LiandongReports

/// What runs, and where.
extension ClusterRunner {
    /// `liandong.cluster/1`.
    struct Report: Codable {
        var schema = "liandong.cluster/1"
        let asOf: String
        let nodes: [Row]

        struct Row: Codable {
            let name: String
            let tier: String
            let placeCode: String
            let dataDir: String
            /// A base URL.
            let http: String
            /// host:port of its peers' port.
            let peer: String
            /// host:port where devices reach its broker; absent where it has none.
            let mqtt: String?
            let node: String
            let pid: Int32?
            /// running or stopped.
            let state: String
        }
    }

    func status() throws -> Report {
        let rows = try loaded().nodes.map { member in
            let settings = try NodeFolder(member.dataDir).loadSettings()
            let pid = isRunning(member) ? member.pid : nil
            return Report.Row(
                name: member.name,
                tier: member.tier,
                placeCode: member.placeCode,
                dataDir: member.dataDir,
                http: "http://\(settings.http)",
                peer: settings.listen,
                mqtt: settings.mqtt?.listen,
                node: member.id,
                pid: pid,
                state: pid == nil ? "stopped" : "running"
            )
        }
        return Report(asOf: Node.now().iso8601, nodes: rows)
    }
}
