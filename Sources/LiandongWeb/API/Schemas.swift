import LiandongDomain
import LiandongJSON

// The schemas of the OpenAPI document, by hand: the document is the contract, and a test compares it with what is
// answered. JSON Schema, draft 2020-12, as OpenAPI 3.1 has it.

/// What values look like that the API takes and gives.
enum Schemas {
    // MARK: Making schemas

    /// An object without members but those named.
    static func object(
        _ required: KeyValuePairs<String, JSONValue>,
        optional: KeyValuePairs<String, JSONValue> = [:]
    ) -> JSONValue {
        let properties = required.map { ($0.key, $0.value) } + optional.map { ($0.key, $0.value) }
        return [
            "type": "object",
            "additionalProperties": false,
            "required": .array(required.map { .string($0.key) }),
            "properties": .object(properties.map { .init(name: $0.0, value: $0.1) }),
        ]
    }

    static func list(_ of: JSONValue, atMost limit: Int? = nil) -> JSONValue {
        let schema: JSONValue = ["type": "array", "items": of]
        return limit.map { schema.adding([.init(name: "maxItems", value: .integer($0))]) } ?? schema
    }

    static func text(atMost limit: Int, atLeast minimum: Int = 0) -> JSONValue {
        ["type": "string", "minLength": .integer(minimum), "maxLength": .integer(limit)]
    }

    static func words(_ words: [String]) -> JSONValue {
        ["type": "string", "enum": .array(words.map { .string($0) })]
    }

    static func integer(_ range: ClosedRange<Int>) -> JSONValue {
        ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
    }

    static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    static func nullable(_ schema: JSONValue) -> JSONValue { ["anyOf": .array([schema, ["type": "null"]])] }

    // MARK: Plain values

    static let string: JSONValue = ["type": "string"]
    static let flag: JSONValue = ["type": "boolean"]
    static let number: JSONValue = ["type": "number"]
    static let count: JSONValue = ["type": "integer", "minimum": 0]
    static let time: JSONValue = ["type": "string", "format": "date-time"]
    static let latitude: JSONValue = ["type": "number", "minimum": -90, "maximum": 90]
    static let longitude: JSONValue = ["type": "number", "minimum": -180, "maximum": 180]
    static let location = object(["latitude": latitude, "longitude": longitude])
    static let placeCode: JSONValue = ["type": "string", "pattern": "^[0-9A-Za-z-]{1,40}$"]
    static let orderNumber: JSONValue = ["type": "string", "pattern": "^[0-9]{25}$"]
    static let queryCode: JSONValue = ["type": "string", "pattern": "^[0-9]{8}$"]
    static let recordID: JSONValue = ["type": "string", "pattern": "^[0-9a-f]{32}$"]
    static let digest: JSONValue = ["type": "string", "pattern": "^[0-9a-f]{64}$"]
    static let localized = object(["zh": string, "en": string])

    // MARK: Named values

    /// Sorted by name: `components/schemas`.
    static let named: KeyValuePairs<String, JSONValue> = [
        "Alarm": alarm, "Alarms": alarms, "Attention": attention, "Ballot": ballot, "Consultation": consultation,
        "Consultations": consultations,
        "Dashboard": dashboard, "Device": device, "Devices": devices, "Map": map, "Notice": notice, "Notices": notices,
        "Opinions": opinions, "Order": order, "Orders": orders,
        "People": people, "Person": person, "Place": place, "Places": places, "Problem": problem,
        "Receipt": receipt, "RollCodes": rollCodes, "Service": service, "Services": services, "Session": session,
        "Status": status,
        "Trace": trace,
    ]

    static let problem = object(
        ["type": string, "title": string, "status": integer(400...599), "detail": string],
        optional: ["way_out": string]
    )

    static let place = object(["code": string, "name": string])

    static let session = object(
        [
            "staff": object([
                "account": string, "name": string, "roles": list(words(StaffRole.allCases.map(\.rawValue))),
                "place": reference("Place"),
            ])
        ],
        optional: ["csrf_token": string, "scopes": list(string)]
    )

    static let places = object([
        "schema": string, "as_of": time,
        "places": list(
            object(
                [
                    "code": string, "tier": words(["district", "street", "community", "grid"]), "name": string,
                    "nodes": list(string), "boundary": list(number),
                ],
                optional: ["parent": string]
            )
        ),
    ])

    static let service = object([
        "code": string, "name": localized, "group": localized, "description": localized, "keywords": list(string),
        "deadline": words(["immediate", "urgent", "normal", "complex"]),
        "attributes": list(
            object([
                "code": string,
                "data_type": words(["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]),
                "required": flag, "description": localized,
                "values": list(object(["key": string, "name": localized])),
            ])
        ),
    ])

    static let services = object(["schema": string, "as_of": time, "services": list(reference("Service"))])

    static let receipt = object(
        [
            "schema": string, "as_of": time, "number": orderNumber, "query_code": queryCode, "record": recordID,
            "holder": string,
        ],
        optional: ["offered_to": string]
    )

    private static let event = object(
        [
            "at": time, "act": string, "by": reference("Place"), "round": count, "text": string, "reason": string,
            "applied": flag, "role": string,
        ],
        optional: [
            "to": reference("Place"), "note": string, "operator_name": string, "satisfaction": integer(1...5),
        ]
    )

    private static let deadline = object(["started_at": time, "due": time, "provisional": flag, "overdue": flag])

    private static let attachment = object(
        [
            "digest": digest, "media_type": words(PhotoType.allCases.map(\.mediaType)), "byte_count": count,
            "parts": count, "parts_here": count, "added_at": time, "by": reference("Place"), "role": string,
        ],
        optional: ["operator_name": string]
    )

    static let order = object(
        [
            "schema": string, "as_of": time, "record": recordID, "number": string, "numbers": list(string),
            "status": string, "is_open": flag, "service": string, "round": count, "accepted_at": reference("Place"),
            "place": reference("Place"), "holders": list(reference("Place")), "papers_at": reference("Place"),
            "requested_at": time, "updated_at": time,
            "attributes": list(object(["code": string, "value": string])), "media": list(string),
            "attachments": list(attachment), "deadline": deadline,
            "references": list(object(["system": string, "identifier": string])),
            "offers": list(
                object([
                    "from": reference("Place"), "to": reference("Place"), "state": string, "reason": string,
                ])
            ),
            "leads": list(reference("Place")), "conflicts": list(conflict), "events": list(event), "verifying": flag,
        ],
        optional: [
            "channel": string, "erased_at": time, "description": string, "address": string, "latitude": latitude,
            "longitude": longitude, "requester": string, "phone": string,
            "dispute": object([
                "claimants": list(reference("Place")), "decider": reference("Place"), "arbiter": reference("Place"),
            ]),
            "acts": list(legalAct), "amend": legalAct,
        ]
    )

    private static let legalAct = object(
        ["act": string, "legal": flag, "places": list(reference("Place"))],
        optional: ["reason": string, "way_out": string]
    )

    private static let correctedField = words(WorkOrder.CorrectedField.allCases.map(\.rawValue))

    static let keptVersion = object(["field": correctedField, "version": text(atMost: 40, atLeast: 1)])

    private static let conflict = object([
        "field": correctedField,
        "versions": list(
            object([
                "version": string, "value": string, "by": reference("Place"), "tier": string, "at": time,
            ])
        ),
    ])

    static let orders = object(
        [
            "schema": string, "as_of": time,
            "orders": list(
                object(
                    [
                        "number": string, "status": string, "is_open": flag, "service": string,
                        "accepted_at": string, "place": string, "holder": string, "offered_to": list(string),
                        "disputed": flag, "conflicted": flag, "round": count, "requested_at": time, "updated_at": time,
                        "due": time, "overdue": flag, "text": string, "verifying": flag,
                    ],
                    optional: ["address": string, "latitude": latitude, "longitude": longitude]
                )
            ),
        ],
        optional: ["next": string]
    )

    static let person = object([
        "schema": string, "as_of": time,
        "registrations": list(
            object(
                [
                    "id": recordID, "community": reference("Place"), "name": string, "registered_at": time,
                    "elsewhere_since": list(time), "verifying": flag,
                ],
                optional: ["identity_number": string, "phone": string, "address": string, "erased_at": time]
            )
        ),
    ])

    static let people = object(["schema": string, "as_of": time, "people": list(reference("Person")), "more": flag])

    // MARK: The desk

    private static let rate = object(["part": count, "whole": count])

    static let dashboard = object(
        [
            "schema": string, "as_of": time, "overdue": count, "disputed": count,
            "open": list(object(["status": string, "count": count])),
            "services": list(object(["service": string, "count": count])),
            "days": list(object(["day": string, "requested": count, "handled": count])),
            "rates": object(["response": rate, "resolution": rate, "satisfaction": rate]),
        ],
        optional: [
            "nodes": list(
                object(
                    ["node": string, "place": reference("Place"), "state": string],
                    optional: ["age_seconds": number]
                )
            )
        ]
    )

    /// GeoJSON (RFC 7946), as far as it is used.
    static let map = object([
        "type": words(["FeatureCollection"]), "schema": string, "as_of": time, "more": flag,
        "features": list(
            object([
                "type": words(["Feature"]),
                "geometry": object(["type": words(["Point", "Polygon"]), "coordinates": ["type": "array"]]),
                "properties": object(
                    ["kind": words(["place", "order", "alarm"]), "id": string, "title": string],
                    optional: ["state": string, "overdue": flag, "severity": string, "tier": string]
                ),
            ])
        ),
    ])

    // MARK: Devices

    static let alarm = object(
        [
            "schema": string, "as_of": time, "record": recordID, "device": string, "device_name": string,
            "community": reference("Place"), "type": string, "severity": words(AlarmSeverity.allCases.map(\.name)),
            "raised": flag, "status": words(DeviceAlarm.Status.allCases.map(\.name)), "count": count, "raised_at": time,
            "contested": flag, "orders": list(orderNumber),
            "conditions": list(
                object([
                    "raised": flag, "at": time, "quality": string, "series": string, "value": string, "count": count,
                    "reason": string,
                ])
            ),
            "handling": list(
                object(["at": time, "act": string, "by": string, "text": string], optional: ["result": string])
            ),
            "acts": list(object(["act": string, "legal": flag], optional: ["reason": string, "way_out": string])),
        ],
        optional: [
            "acknowledged_at": time, "result": string, "escalated_to": string, "latitude": latitude,
            "longitude": longitude,
        ]
    )

    static let alarms = object(["schema": string, "as_of": time, "alarms": list(reference("Alarm"))])

    static let device = object(
        [
            "schema": string, "as_of": time, "record": recordID, "code": string,
            "kind": words(DeviceKind.allCases.map(\.rawValue)), "name": string, "model": string,
            "community": reference("Place"), "place": reference("Place"), "reported": list(string),
            "registered_at": time,
        ],
        optional: [
            "address": string, "latitude": latitude, "longitude": longitude, "hearers": list(string),
            "blocked": string, "last_heard": time,
        ]
    )

    static let devices = object(["schema": string, "as_of": time, "devices": list(reference("Device"))])
}
