import Synchronization

/// Counts and times of the answers given, by method, route and status.
///
/// Its size is bounded: routes are templates, methods outside the known ones are one, and statuses are those we answer.
package final class HTTPMetrics: MetricsSource {
    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Route: Hashable {
        let method: String
        let route: String
    }

    /// How long answers took: the number within each of ``bounds``, and the whole.
    private struct Histogram {
        var buckets = [UInt64](repeating: 0, count: HTTPMetrics.bounds.count)
        var count: UInt64 = 0
        var sum: Double = 0

        mutating func observe(_ seconds: Double) {
            count += 1
            sum += seconds
            if let index = HTTPMetrics.bounds.firstIndex(where: { seconds <= $0 }) { buckets[index] += 1 }
        }
    }

    private struct State {
        var answers: [Key: UInt64] = [:]
        var durations: [Route: Histogram] = [:]
        var inFlight = 0
    }

    /// In seconds: from a read of the cache to a slow disk.
    private static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private static let knownMethods: Set = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    private let state = Mutex(State())

    package init() {}

    /// A request's head has been read.
    func requestStarted() {
        state.withLock { $0.inFlight += 1 }
    }

    /// Its answer is made.
    func requestAnswered(method: String, route: String, status: Int, after duration: Duration) {
        let method = HTTPMetrics.knownMethods.contains(method) ? method : "other"
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        state.withLock { state in
            state.inFlight -= 1
            state.answers[Key(method: method, route: route, status: status), default: 0] += 1
            state.durations[Route(method: method, route: route), default: Histogram()].observe(seconds)
        }
    }

    package func families() async -> [MetricFamily] {
        let now = state.withLock { $0 }
        return [
            MetricFamily(
                "liandong_http_requests_in_flight",
                .gauge,
                help: "HTTP requests being answered.",
                value: Double(now.inFlight)
            ),
            MetricFamily(
                "liandong_http_requests_total",
                .counter,
                help: "HTTP requests answered.",
                samples: now.answers.map { key, count in
                    MetricFamily.Sample(
                        Double(count),
                        labels: [
                            .init("method", key.method), .init("route", key.route), .init("status", "\(key.status)"),
                        ]
                    )
                }.sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
            ),
            MetricFamily(
                "liandong_http_request_duration_seconds",
                .histogram,
                help: "From an HTTP request's head to its answer.",
                samples: now.durations
                    .sorted { ($0.key.method, $0.key.route) < ($1.key.method, $1.key.route) }
                    .flatMap { route, histogram in HTTPMetrics.samples(route, histogram) }
            ),
        ]
    }

    private static func samples(_ route: Route, _ histogram: Histogram) -> [MetricFamily.Sample] {
        let labels = [MetricFamily.Label("method", route.method), MetricFamily.Label("route", route.route)]
        var samples: [MetricFamily.Sample] = []
        var below: UInt64 = 0
        for (bound, count) in zip(bounds, histogram.buckets) {
            below += count
            samples.append(.init(Double(below), labels: labels + [.init("le", "\(bound)")], suffix: "_bucket"))
        }
        samples.append(.init(Double(histogram.count), labels: labels + [.init("le", "+Inf")], suffix: "_bucket"))
        samples.append(.init(histogram.sum, labels: labels, suffix: "_sum"))
        samples.append(.init(Double(histogram.count), labels: labels, suffix: "_count"))
        return samples
    }
}
