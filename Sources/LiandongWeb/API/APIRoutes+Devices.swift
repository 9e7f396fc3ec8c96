import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongReports

// Alarms and devices, within the scope of who asks.
extension APIRoutes {
    private static let readAlarms = TokenScope(.alarms, .read)
    private static let writeAlarms = TokenScope(.alarms, .write)
    private static let readDevices = TokenScope(.devices, .read)
    private static let id = APIParameter.path("id", "Of the record.", Schemas.text(atMost: 64, atLeast: 1))

    var deviceOperations: [APIOperation] { [alarms, alarm, act, devices, device] }

    private var alarms: APIOperation {
        APIOperation(
            id: "listAlarms",
            method: .get,
            path: "/alarms",
            tag: "devices",
            summary: "The alarms of one's scope: the worst of the open ones first, then the newest",
            right: .staff(token: APIRoutes.readAlarms),
            parameters: [
                .query("open", "Only open ones, or only closed ones.", Schemas.flag),
                .query("status", "In this state.", Schemas.words(DeviceAlarm.Status.allCases.map(\.name))),
                .query("severity", "At least as bad.", Schemas.words(AlarmSeverity.allCases.map(\.name))),
                .query("device", "Of this device, by its record.", Schemas.recordID),
                .query("limit", "How many, 200 unless told.", Schemas.integer(1...1_000)),
            ],
            answer: .ok(Schemas.reference("Alarms"), "With their logs, and what can be done about each.")
        ) { request in
            var query = AlarmQuery(scope: try request.staff().scope)
            query.isOpen = try request.flag("open")
            query.status = try request.word("status", DeviceAlarm.Status.allCases, \.name)
            query.leastSeverity = try request.word("severity", AlarmSeverity.allCases, \.name)
            query.limit = try request.integer("limit", in: 1...1_000) ?? 200
            if let device = try request.text("device", atMost: 64) {
                guard let id = bytes(hexadecimal: device).flatMap({ RecordID($0) }) else {
                    throw Problem.invalid("device", "it is no id of a record", wayOut: "see \(APIRoutes.base)/devices")
                }
                query.device = id
            }
            return try .report(try await desk.alarms(query))
        }
    }

    private var alarm: APIOperation {
        APIOperation(
            id: "getAlarm",
            method: .get,
            path: "/alarms/{id}",
            tag: "devices",
            summary: "One alarm with its logs",
            right: .staff(token: APIRoutes.readAlarms),
            parameters: [APIRoutes.id],
            answer: .ok(Schemas.reference("Alarm"), "As this node knows it.")
        ) { request in try .report(try await found(request)) }
    }

    private var act: APIOperation {
        APIOperation(
            id: "actOnAlarm",
            method: .post,
            path: "/alarms/{id}/acts",
            tag: "devices",
            summary: "Take the handling of an alarm further",
            right: .staff(StaffRole.accepting, token: APIRoutes.writeAlarms),
            parameters: [APIRoutes.id],
            body: Schemas.object(
                ["act": Schemas.words(ActOnAlarm.Verb.allCases.map(\.rawValue))],
                optional: [
                    "result": Schemas.words(DeviceAlarm.Result.allCases.map(\.rawValue)),
                    "service": Schemas.text(atMost: 20), "text": Schemas.text(atMost: 2_000),
                ]
            ),
            isRepeatable: true,
            answer: .ok(Schemas.reference("Alarm"), "The alarm as it is now.")
        ) { request in
            let staff = try request.staff()
            let form = try request.body(AlarmAct.self)
            _ = try await found(request)
            guard let id = request.recordID("id") else { throw Problem.missing("alarm") }
            let values = ActOnAlarm.Values(result: form.result, service: form.service, text: form.text ?? "")
            _ = try await desk.perform(
                Recorded(try ActOnAlarm(id, form.act, values)) { "\($0.record)" },
                by: Performer(staff, orElse: .resident),
                idempotency: try request.idempotencyKey()
            )
            return try .report(try await found(request))
        }
    }

    private var devices: APIOperation {
        APIOperation(
            id: "listDevices",
            method: .get,
            path: "/devices",
            tag: "devices",
            summary: "The devices of one's scope",
            right: .staff(token: APIRoutes.readDevices),
            parameters: [.query("kind", "Of this kind.", Schemas.words(DeviceKind.allCases.map(\.rawValue)))],
            answer: .ok(Schemas.reference("Devices"), "By code, at most 10,000.")
        ) { request in
            let kind = try request.word("kind", DeviceKind.allCases, \.rawValue)
            return try .report(try await desk.devices(kind: kind, in: try request.staff().scope))
        }
    }

    private var device: APIOperation {
        APIOperation(
            id: "getDevice",
            method: .get,
            path: "/devices/{id}",
            tag: "devices",
            summary: "One device",
            right: .staff(token: APIRoutes.readDevices),
            parameters: [APIRoutes.id],
            answer: .ok(Schemas.reference("Device"), "As it is registered, and when this node last heard of it.")
        ) { request in
            let scope = try request.staff().scope
            guard let id = request.recordID("id"), let found = try await desk.device(id, in: scope) else {
                throw Problem.missing("device")
            }
            return try .report(found)
        }
    }

    private func found(_ request: APIRequest) async throws -> AlarmReport {
        let scope = try request.staff().scope
        guard let id = request.recordID("id"), let found = try await desk.alarm(id, in: scope) else {
            throw Problem.missing("alarm")
        }
        return found
    }
}

/// What is done about an alarm.
private struct AlarmAct: Decodable {
    let act: ActOnAlarm.Verb
    let result: String?
    let service: String?
    let text: String?
}
