import Hummingbird
import LiandongCore
import LiandongStore
import LiandongTransport
import LiandongWeb
import Logging
import ServiceLifecycle

/// Serves the node's HTTP faces.
struct HTTPFaceService: ServiceLifecycle.Service {
    let node: Node

    func run() async throws {
        let address = try HostPort(parsing: node.settings.http)
        let configuration = HTTPFace.Configuration(
            host: address.host,
            port: address.port,
            publicAddress: node.settings.publicAddress,
            trustedProxies: Set(node.settings.trustedProxies ?? [])
        )
        tellOfSignIn(configuration.sessionCookie)
        let face = HTTPFace.make(
            configuration,
            desk: NodeDesk(node: node),
            cases: NodeCases(node: node),
            access: NodeAccess(node: node),
            devices: node.ingest,
            metrics: [NodeMetrics(node: node), IngestMetrics(node: node), MQTTMetrics(desk: node.mqtt)],
            logger: node.logger,
            now: Node.now,
            onBound: { _ in node.noteServing() }
        )
        try await withGracefulShutdownHandler {
            try await HTTPFaceService.run(face, endingWithin: .seconds(5))
        } onGracefulShutdown: {
            // Answers that go on would keep the faces from ending.
            node.changes.close()
        }
    }

    /// Serves until it is to end, and then for a while longer: who does not read what they asked for holds up no stop.
    private static func run(_ face: some ServiceLifecycle.Service, endingWithin limit: Duration) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await face.run() }
            group.addTask {
                try await gracefulShutdown()
                try await Task.sleep(for: limit)
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func tellOfSignIn(_ cookie: SessionCookie) {
        switch cookie {
        case .secure: break
        case .loopback:
            node.logger.notice("staff sign in without TLS, from this machine alone: set publicAddress for others")
        case .refused:
            node.logger.warning("staff cannot sign in: the faces have no TLS; set publicAddress to an https address")
        }
    }
}

/// What the store and the engine say of themselves, for `/metrics`.
struct NodeMetrics: MetricsSource {
    let node: Node

    func families() async -> [MetricFamily] {
        let counts = try? await node.store.read { try $0.counts() }
        let (counters, links) = await node.engine.inspect { ($0.counters, $0.links) }
        let quotas = try? await node.store.read { try $0.quotaBook() }
        return gauges(counts, links) + waiting(quotas) + traffic(counters) + commits(node.store.statistics)
    }

    private func gauges(_ counts: StoreReader.Counts?, _ links: [BeatState.Link]) -> [MetricFamily] {
        [
            MetricFamily(
                "liandong_records",
                .gauge,
                help: "Records held.",
                value: Double(counts?.records ?? 0)
            ),
            MetricFamily(
                "liandong_records_verifying",
                .gauge,
                help: "Records shown as a snapshot has them, their deltas being on their way.",
                value: Double(counts?.verifying ?? 0)
            ),
            MetricFamily("liandong_deltas", .gauge, help: "Deltas held.", value: Double(counts?.deltas ?? 0)),
            MetricFamily(
                "liandong_work_orders",
                .gauge,
                help: "Work orders held.",
                value: Double(counts?.workOrders ?? 0)
            ),
            MetricFamily(
                "liandong_parked_ops",
                .gauge,
                help: "Ops held and not shown.",
                value: Double(counts?.parked ?? 0)
            ),
            MetricFamily(
                "liandong_links_up",
                .gauge,
                help: "Peers that deltas flow with.",
                value: Double(links.filter(\.isUp).count)
            ),
            MetricFamily(
                "liandong_links",
                .gauge,
                help: "Peers that should be connected.",
                value: Double(links.count)
            ),
        ]
    }

    /// What is held back here, by the node that wrote it.
    private func waiting(_ book: QuotaBook?) -> [MetricFamily] {
        let origins = Set((book?.lanes.keys).map { $0.map(\.origin) } ?? []).sorted()
        func family(_ name: String, _ help: String, _ value: (QuotaBook.Total) -> Int) -> MetricFamily {
            MetricFamily(
                "liandong_quota_waiting_\(name)",
                .gauge,
                help: help,
                samples: origins.map { origin in
                    let total = book?.waiting(of: origin) ?? QuotaBook.Total()
                    return .init(Double(value(total)), labels: [.init("origin", "\(origin)")])
                }
            )
        }
        return [
            family("lanes", "Lanes for others that wait, their origins being over their quotas.", \.lanes),
            family("deltas", "Deltas that wait with them.", \.deltas),
            family("bytes", "Bytes of these deltas.", \.bytes),
        ]
    }

    private func traffic(_ counters: SyncCounters) -> [MetricFamily] {
        func counter(_ name: String, _ help: String, _ value: UInt64) -> MetricFamily {
            MetricFamily("liandong_\(name)_total", .counter, help: help, value: Double(value))
        }
        return [
            counter("deltas_sent", "Deltas sent to peers.", counters.deltasSent),
            counter("deltas_received", "Deltas received from peers.", counters.deltasReceived),
            counter("delta_bytes_sent", "Bytes of the frames that carried deltas to peers.", counters.deltaBytesSent),
            counter("peer_bytes_sent", "Bytes of all frames sent to peers.", counters.bytesSent),
            counter("peer_bytes_received", "Bytes of all frames received from peers.", counters.bytesReceived),
            counter("duplicate_deltas", "Deltas received that were held already.", counters.duplicates),
            counter("refused_deltas", "Deltas received whose origin had no right to them.", counters.deltasRefused),
            counter("foreign_deltas", "Deltas received that are not for this node, any more.", counters.deltasNotOurs),
            counter(
                "evidence_dropped",
                "Deltas of revoked nodes received beyond what is kept of them.",
                counters.deltasBeyondQuota
            ),
            counter("passes_done", "Reconciliations with peers that came to their end.", counters.passesDone),
            counter("passes_failed", "Reconciliations with peers that were given up.", counters.passesFailed),
            counter("deltas_repaired", "Deltas sent to peers found to lack them.", counters.deltasRepaired),
            counter("deltas_scrubbed", "Deltas on disk that were checked again.", counters.deltasScrubbed),
            counter("deltas_rotten", "Deltas on disk found damaged and set aside.", counters.deltasRotten),
            counter(
                "held_back_deltas",
                "Deltas received and not taken over, their origins being over their quotas.",
                counters.deltasHeldBack
            ),
        ]
    }

    private func commits(_ statistics: StoreStatistics) -> [MetricFamily] {
        var samples: [MetricFamily.Sample] = []
        var sum = 0
        for (index, bound) in StoreStatistics.bounds.enumerated() {
            sum += statistics.durations[index]
            samples.append(.init(Double(sum), labels: [.init("le", "\(bound / 1_000)")], suffix: "_bucket"))
        }
        samples.append(.init(Double(statistics.transactions), labels: [.init("le", "+Inf")], suffix: "_bucket"))
        samples.append(.init(statistics.totalSeconds, suffix: "_sum"))
        samples.append(.init(Double(statistics.transactions), suffix: "_count"))
        return [
            MetricFamily(
                "liandong_commit_seconds",
                .histogram,
                help: "Durable transactions of the store.",
                samples: samples
            ),
            MetricFamily(
                "liandong_writes_total",
                .counter,
                help: "Commands and batches committed.",
                value: Double(statistics.writes)
            ),
            MetricFamily(
                "liandong_writes_waiting",
                .gauge,
                help: "Writes that wait for their transaction.",
                value: Double(statistics.waiting)
            ),
        ]
    }
}
