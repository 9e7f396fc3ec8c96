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
            ) { _ in try .report(await desk.status()) },
            APIOperation(
                id: "getAttention",
                method: .get,
                path: "/attention",
                tag: "cluster",
                summary: "What the operator of this node has to look at",
                right: .staff([.operator], token: TokenScope(.status, .read)),
                answer: .ok(
                    Schemas.reference("Attention"),
                    "Forks, what is held back, erasures that are not everywhere: how much of each, and what tells more."
                )
            ) { _ in try .report(try await desk.attention()) },
        ]
    }
}
