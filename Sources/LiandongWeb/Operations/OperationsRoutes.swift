import HTTPTypes
import Hummingbird

/// What watches a node: `/healthz`, `/readyz` and `/metrics`.
struct OperationsRoutes: Sendable {
    let desk: any ServiceDesk
    let metrics: [any MetricsSource]

    func add(to router: Router<HTTPFace.Context>) {
        router.get("healthz") { _, _ in Response.text("ok\n") }
        router.get("readyz") { _, _ in await readiness() }
        router.get("metrics") { _, _ in await exposition() }
        for path: RouterPath in ["healthz", "readyz", "metrics"] { router.refuseOtherMethods(at: path, than: .get) }
    }

    private func readiness() async -> Response {
        switch await desk.readiness() {
        case .ready: .text("ready\n")
        case .unready(let reason): .text(reason + "\n", status: .serviceUnavailable, headers: [.retryAfter: "1"])
        }
    }

    private func exposition() async -> Response {
        var families: [MetricFamily] = []
        for source in metrics { families += await source.families() }
        return .text(families.expositionText, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"])
    }
}
