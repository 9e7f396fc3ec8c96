import Hummingbird
import LiandongReports

// The cluster, as this node knows it.
extension APIRoutes {
    var clusterOperations: [APIOperation] {
        [
            APIOperation(
                id: "getStatus",
                method: .get,
                path: "/status",
                tag: "cluster",
                summary: "Every node of the cluster, silent ones too",
                right: .staff(token: TokenScope(.status, .read)),
                answer: .ok(Schemas.reference("Status"), "One row a node, with the age of what is known of it.")
            ) { _ in try .report(await desk.status()) }
        ]
    }
}
