import HTTPTypes
import LiandongJSON

/// The OpenAPI document, made from the same operations that requests are dispatched to.
///
/// - SeeAlso: https://spec.openapis.org/oas/v3.1.0
struct OpenAPI {
    let operations: [APIOperation]

    var document: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Liandong 联动",
                "version": "1",
                "summary": "Work orders, residents and consultations of one district, at any of its nodes.",
                "description": .string(OpenAPI.description),
            ],
            "servers": [["url": .string(APIRoutes.base)]],
            "tags": .array(tags.map { ["name": .string($0)] }),
            "paths": paths,
            "components": [
                "schemas": .object(Schemas.named.map { .init(name: $0.key, value: $0.value) }),
                "responses": ["Problem": OpenAPI.problem, "Later": OpenAPI.later],
                "headers": .object(OpenAPI.headers.map { .init(name: $0.name.canonicalName, value: $0.described) }),
                "securitySchemes": [
                    "token": ["type": "http", "scheme": "bearer"],
                    "session": [
                        "type": "apiKey", "in": "cookie", "name": "__Host-session",
                        "description": "Over http, on the node's own machine alone, it is called session.",
                    ],
                ],
            ],
        ]
    }

    private static let description = """
        Every node answers, cut off or not, from its own replica; `as_of` says when. What is missing and what one may not \
        see is refused alike. Refusals are problem details (RFC 9457) with `way_out`: what to do instead. A POST with an \
        `Idempotency-Key` may be sent again. Times are ISO 8601; numbers of orders are text.
        """

    private static let problem: JSONValue = [
        "description": "Why not, and what to do instead.",
        "content": ["application/problem+json": ["schema": Schemas.reference("Problem")]],
    ]

    private static let later: JSONValue = [
        "description": "Not now, and when it is worth trying again where that is known.",
        "headers": ["retry-after": ["$ref": "#/components/headers/retry-after"]],
        "content": ["application/problem+json": ["schema": Schemas.reference("Problem")]],
    ]

    /// The fields of answers that say something of their own.
    private static let headers: [(name: HTTPField.Name, described: JSONValue)] = [
        (
            .location,
            header("Where what was made is found from now on.", ["type": "string", "format": "uri-reference"])
        ),
        (.setCookie, header("The session, for this node alone.", ["type": "string"])),
        (
            .retryAfter,
            ["description": "Seconds until it is worth trying again.", "schema": ["type": "integer", "minimum": 1]]
        ),
    ]

    private static func header(_ description: String, _ schema: JSONValue) -> JSONValue {
        ["description": .string(description), "required": true, "schema": schema]
    }

    private var tags: [String] {
        operations.reduce(into: []) { tags, operation in
            if !tags.contains(operation.tag) { tags.append(operation.tag) }
        }
    }

    private var paths: JSONValue {
        var order: [String] = []
        var byPath: [String: [JSONValue.Member]] = [:]
        for operation in operations {
            if byPath[operation.path] == nil { order.append(operation.path) }
            let member = JSONValue.Member(name: operation.method.rawValue.lowercased(), value: described(operation))
            byPath[operation.path, default: []].append(member)
        }
        return .object(order.map { .init(name: $0, value: .object(byPath[$0] ?? [])) })
    }

    private func described(_ operation: APIOperation) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "operationId", value: .string(operation.id)),
            .init(name: "tags", value: .array([.string(operation.tag)])),
            .init(name: "summary", value: .string(operation.summary)),
        ]
        var parameters = operation.parameters.map(described)
        if operation.isRepeatable { parameters.append(OpenAPI.idempotencyKey) }
        if operation.method.changesSomething { parameters.append(OpenAPI.formToken) }
        if !parameters.isEmpty { members.append(.init(name: "parameters", value: .array(parameters))) }
        if let body = operation.body {
            members.append(
                .init(
                    name: "requestBody",
                    value: ["required": true, "content": ["application/json": ["schema": body]]]
                )
            )
        }
        if !operation.fileTypes.isEmpty {
            let types = operation.fileTypes.map { JSONValue.Member(name: $0, value: .object([])) }
            members.append(.init(name: "requestBody", value: ["required": true, "content": .object(types)]))
        }
        members.append(.init(name: "responses", value: responses(of: operation)))
        switch operation.right {
        case .anyone: members.append(.init(name: "security", value: []))
        case .anyoneMoreForStaff:
            members.append(.init(name: "security", value: [.object([]), ["token": []], ["session": []]]))
        case .signedIn, .staff(_, .some):
            members.append(.init(name: "security", value: [["token": []], ["session": []]]))
        case .staff(_, nil): members.append(.init(name: "security", value: [["session": []]]))
        }
        return .object(members)
    }

    private func described(_ parameter: APIParameter) -> JSONValue {
        [
            "name": .string(parameter.name),
            "in": .string(parameter.position.rawValue),
            "required": .bool(parameter.isRequired),
            "description": .string(parameter.description),
            "schema": parameter.schema,
        ]
    }

    private static let idempotencyKey: JSONValue = [
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "The same key with the same body gives the same answer, for at least a day.",
        "schema": ["type": "string", "pattern": "^[!-~]{1,200}$"],
    ]

    private static let formToken: JSONValue = [
        "name": "X-CSRF-Token",
        "in": "header",
        "required": false,
        "description": "With a session, and only with one: `csrf_token` of the session.",
        "schema": ["type": "string"],
    ]

    private func responses(of operation: APIOperation) -> JSONValue {
        let answer = operation.answer
        var success: [JSONValue.Member] = [.init(name: "description", value: .string(answer.description))]
        if let schema = answer.schema {
            success.append(
                .init(name: "content", value: .object([.init(name: answer.mediaType, value: ["schema": schema])]))
            )
        }
        if !answer.headers.isEmpty {
            let headers = answer.headers.map(\.canonicalName).map { name in
                JSONValue.Member(name: name, value: ["$ref": .string("#/components/headers/\(name)")])
            }
            success.append(.init(name: "headers", value: .object(headers)))
        }
        var members = [JSONValue.Member(name: String(answer.status.code), value: .object(success))]
        for code in operation.refusalCodes {
            let response = [429, 503].contains(code) ? "Later" : "Problem"
            members.append(.init(name: String(code), value: ["$ref": .string("#/components/responses/\(response)")]))
        }
        return .object(members)
    }
}

extension APIOperation {
    /// The statuses of its refusals, ascending; a token or cookie is looked at even where none is needed.
    var refusalCodes: [Int] {
        var codes = Set(refusals.map(\.code)).union([400, 401, 403, 414, 431, 503])
        if parameters.contains(where: { $0.position == .path }) { codes.insert(404) }
        if body != nil || !fileTypes.isEmpty { codes.formUnion([404, 409, 413, 415, 422]) }
        return codes.sorted()
    }
}
