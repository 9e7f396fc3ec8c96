import LiandongJSON
import LiandongReports

// Of the cluster, and of where records are in it.
extension Schemas {
    static let status = object(
        [
            "schema": string, "as_of": time, "partial": flag,
            "nodes": list(
                object([
                    "node": string, "id": string, "place_code": string, "place_name": string, "tier": string,
                    "state": words(["ok", "degraded", "down", "unknown", "revoked"]),
                    "health": nullable(words(["ok", "degraded", "read-only"])),
                    "age_seconds": nullable(number), "behind_ops": count, "behind_seconds": number,
                    "links_up": count, "links_total": count,
                    "clock_offset_milliseconds": nullable(["type": "integer"]), "version": nullable(string),
                ])
            ),
            "links": list(
                object([
                    "upper": string, "lower": string, "kind": words(StatusReport.Link.Kind.allCases.map(\.rawValue)),
                    "state": words(StatusReport.Link.State.allCases.map(\.rawValue)), "since": time,
                    "told_by": string,
                ])
            ),
            "broker": object(
                ["configured": flag, "connected": flag, "waiting": count],
                optional: ["since": time, "complaint": string, "cause": string]
            ),
            "erasures": object(
                ["may_be_outstanding": flag, "unfinished": count],
                optional: ["complaint": string]
            ),
        ],
        optional: [
            "told_by": string, "verifying_since": time,
            "signer": object(
                ["node": string, "id": string, "reachable": flag],
                optional: ["unreachable_since": time]
            ),
        ]
    )

    static let attention = object([
        "schema": string, "as_of": time,
        "matters": list(
            object(
                [
                    "kind": words(AttentionReport.Kind.allCases.map(\.rawValue)), "count": count,
                    "nodes": list(string), "command": string,
                ],
                optional: ["since": time]
            )
        ),
    ])

    static let trace = object([
        "schema": string, "as_of": time, "record": recordID, "audience": list(string),
        "nodes": list(
            object([
                "node": string, "id": string, "place_code": string, "entitled": flag, "holds": nullable(flag),
                "committed_at": nullable(time), "missing": nullable(count), "said_at": nullable(time),
                "reason": string,
            ])
        ),
    ])
}
