import LiandongJSON

extension Schemas {
    private static let opinion = object(
        ["id": string, "at": time, "text": string],
        optional: ["place": reference("Place")]
    )

    static let opinions = object(
        ["schema": string, "as_of": time, "consultation": recordID, "opinions": list(opinion)],
        optional: ["next": string]
    )

    static let consultation = object(
        [
            "schema": string, "as_of": time, "id": recordID, "place": reference("Place"), "title": string,
            "text": string, "created_at": time, "closes_at": time,
            "options": list(object(["code": string, "title": string])), "rule": string, "is_provisional": flag,
            "counted": count, "tally": list(object(["option": string, "title": string, "ballots": count])),
            "uncounted": list(
                object(
                    ["ballot": string, "at": time, "reason": string],
                    optional: ["place": reference("Place"), "counted_ballot": string]
                )
            ),
            "uncounted_count": count, "opinion_count": count,
            "opinions": list(opinion),
            "verifying": flag,
        ],
        optional: [
            "closed_at": time,
            "roll": object(["entries": count, "with_codes": count, "counts_hidden": flag]),
        ]
    )

    static let consultations = object([
        "schema": string, "as_of": time,
        "consultations": list(
            object([
                "id": recordID, "place": reference("Place"), "title": string, "closed": flag, "closes_at": time,
                "counted": count, "verifying": flag,
            ])
        ),
    ])

    static let ballot = object(
        [
            "schema": string, "as_of": time, "consultation": recordID, "id": string, "at": time, "counts": flag,
            "is_provisional": flag,
        ],
        optional: ["place": reference("Place"), "reason": string]
    )

    static let rollCodes = object([
        "schema": string, "as_of": time, "consultation": recordID, "title": string, "closes_at": time,
        "slips": list(object(["entry": string, "code": string])),
    ])
}
