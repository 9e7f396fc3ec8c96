import LiandongMQTT
import LiandongWeb

/// How the node stands with its broker, for `/metrics`; nothing at a node without one.
struct MQTTMetrics: MetricsSource {
    let desk: MQTTDesk?

    func families() async -> [MetricFamily] {
        guard let desk else { return [] }
        let state = desk.state
        func counter(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
            MetricFamily("liandong_mqtt_\(name)_total", .counter, help: help, value: Double(value))
        }
        return [
            MetricFamily(
                "liandong_mqtt_connected",
                .gauge,
                help: "Whether the node hears its broker.",
                value: state.isConnected ? 1 : 0
            ),
            counter("connections", "Connections to the broker that came about.", state.connections),
            counter("losses", "Connections to the broker that were lost, or dropped by the node.", state.losses),
            counter("acknowledged", "Publications that were taken in and acknowledged.", state.acknowledged),
            counter("returned", "Publications that could not be taken in, and come again.", state.returned),
        ] + (desk.starts.map { [counter("broker_starts", "Starts of the broker by the node.", $0)] } ?? [])
    }
}
