import LiandongDomain
import LiandongStore
import LiandongWeb
import Synchronization

/// What devices send and what becomes of it, for `/metrics`.
struct IngestMetrics: MetricsSource {
    let node: Node

    func families() async -> [MetricFamily] {
        let counters = node.ingest.counters.withLock { $0 }
        let held = try? await node.store.read { reader in
            (try reader.openAlarms(), try reader.journalDepth(), try reader.quarantineCounts())
        }
        func counter(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
            MetricFamily("liandong_ingest_\(name)_total", .counter, help: help, value: Double(value))
        }
        let open = Dictionary(
            (held?.0 ?? []).map { ($0.severity, $0.count) },
            uniquingKeysWith: { first, _ in first }
        )
        return [
            counter("calls", "Calls and publications of devices that were taken in.", counters.calls),
            counter("readings", "Readings taken in.", counters.readings),
            counter("duplicates", "Messages that had come before.", counters.duplicates),
            counter("late", "Readings that came more than 15 minutes after their time.", counters.late),
            counter("undecodable", "Calls and publications that no reading could be made of.", counters.undecodable),
            counter("unauthorized", "Calls and publications of no device known here.", counters.unauthorized),
            counter("set_aside", "Publications kept in quarantine as this node failed at them.", counters.setAside),
            counter("alarms", "Alarms that readings raised.", counters.alarms),
            MetricFamily(
                "liandong_alarms_open",
                .gauge,
                help: "Alarms that are not closed.",
                samples: AlarmSeverity.allCases.map {
                    .init(Double(open[$0] ?? 0), labels: [.init("severity", $0.name)])
                }
            ),
            MetricFamily(
                "liandong_ingest_journal_batches",
                .gauge,
                help: "Batches of readings that wait for their days' files.",
                value: Double(held?.1 ?? 0)
            ),
            MetricFamily(
                "liandong_quarantine_messages",
                .gauge,
                help: "Messages held in quarantine.",
                value: Double(held?.2.held ?? 0)
            ),
        ]
    }
}

/// Sums since the node started, for `/metrics`.
struct IngestCounters: Sendable {
    var calls = 0
    var readings = 0
    var duplicates = 0
    var late = 0
    var undecodable = 0
    var unauthorized = 0
    var setAside = 0
    var alarms = 0

    mutating func note(_ receipt: DeviceReceipt) {
        calls += 1
        readings += receipt.accepted
        duplicates += receipt.duplicates
        late += receipt.late
        alarms += receipt.alarms.count
    }
}
