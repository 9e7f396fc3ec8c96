import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// Alarms of devices: the worst first, each with what can be done about it.
extension PageRoutes {
    func addAlarmPages(to router: Router<HTTPFace.Context>) {
        add("/staff/alarms", to: router, get: { try await alarms($0) })
        add("/staff/alarms/{id}", to: router, post: { try await actOnAlarm($0) })
    }

    private struct AlarmsPage {
        let tabs: [PageTab]
        let said: String?
        let problem: String?
        /// Why nobody with the roles of this account does anything about alarms; nil where they do.
        let roleMissing: String?
        let rows: [Row]
        let more: Bool

        struct Row {
            let id: String
            let title: String
            let severity: String
            let tone: String
            let status: String
            /// The device says that it goes on.
            let raised: String?
            let facts: [PageFact]
            let orders: [String]
            let handling: [Entry]
            let key: String
            let typed: String
            let buttons: [Button]
            /// What can have been found; empty where it is over.
            let results: [PageChoice]
            let canVerify: Bool
        }

        struct Entry {
            let time: String
            let words: String
            let by: String
            let text: String?
        }

        struct Button {
            let verb: String
            let name: String
        }
    }

    private static let listLimit = 100

    private func alarms(
        _ request: PageRequest,
        about problem: (id: String, why: Problem)? = nil
    ) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        let text = text(request)
        let isOpen = try request.query.value("view", limit: 20) != "closed"
        var query = AlarmQuery(scope: staff.scope)
        query.isOpen = isOpen
        query.limit = PageRoutes.listLimit + 1
        let found = try await desk.alarms(query).alarms
        let said = try request.query.value("done", limit: 20).flatMap(ActOnAlarm.Verb.init(rawValue:))
        let page = AlarmsPage(
            tabs: [
                PageTab(name: text(Localized("未关闭", "Open")), link: "/staff/alarms", isCurrent: isOpen),
                PageTab(
                    name: text(Localized("已关闭", "Closed")),
                    link: "/staff/alarms?view=closed",
                    isCurrent: !isOpen
                ),
            ],
            said: said.map { text(Localized("已完成：", "Done: ")) + text($0.title) },
            problem: problem?.why.words(in: request.language),
            roleMissing: staff.lack(of: StaffRole.accepting)?.words(in: request.language),
            rows: found.prefix(PageRoutes.listLimit).map { alarm in
                row(alarm, typed: alarm.record == problem?.id ? request.form.untrimmed("text") ?? "" : "", text)
            },
            more: found.count > PageRoutes.listLimit
        )
        return await self.page(
            .alarms,
            page,
            titled: text(Localized("报警", "Alarms")),
            request,
            about: problem?.why
        )
    }

    private func row(_ alarm: AlarmReport, typed: String, _ text: PageText) -> AlarmsPage.Row {
        let legal = alarm.acts.filter(\.legal).compactMap { ActOnAlarm.Verb(rawValue: $0.act) }
        let severity = AlarmSeverity.allCases.first { $0.name == alarm.severity }
        let last = alarm.conditions.last { $0.raised }
        let facts = [
            PageFact(text(Localized("设备", "Device")), "\(alarm.device) \(alarm.deviceName)"),
            PageFact(text(Localized("社区", "Community")), alarm.community.name),
            PageFact(text(Localized("发生", "Since")), text.time(alarm.raisedAt)),
            PageFact(text(Localized("次数", "Times")), alarm.count > 1 ? "\(alarm.count)" : nil),
            PageFact(
                text(Localized("读数", "Reading")),
                last.flatMap { $0.value.isEmpty ? nil : "\($0.series) \($0.value)" }
            ),
        ]
        return .init(
            id: alarm.record,
            title: DeviceAlarm.title(ofType: alarm.type).map { text($0) } ?? alarm.type,
            severity: severity.map { text($0.title) } ?? alarm.severity,
            tone: (severity ?? .warning) >= .critical ? "bad" : "warn",
            status: DeviceAlarm.Status(name: alarm.status).map { text($0.title) } ?? alarm.status,
            raised: alarm.raised ? text(Localized("持续中", "goes on")) : nil,
            facts: facts.compactMap { $0 },
            orders: alarm.orders,
            handling: alarm.handling.map { entry($0, text) },
            key: PageRequest.newKey(),
            typed: typed,
            buttons: legal.filter { $0 != .verify }.map { .init(verb: $0.rawValue, name: text($0.title)) },
            results: legal.contains(.verify)
                ? DeviceAlarm.Result.allCases.map {
                    PageChoice(key: $0.rawValue, name: text($0.title), isChosen: false)
                } : [],
            canVerify: legal.contains(.verify)
        )
    }

    private func entry(_ entry: AlarmReport.Handling, _ text: PageText) -> AlarmsPage.Entry {
        let act: Localized =
            switch entry.act {
            case "acknowledge": ActOnAlarm.Verb.ack.title
            case "task": ActOnAlarm.Verb.task.title
            case "verify": ActOnAlarm.Verb.verify.title
            case "close": ActOnAlarm.Verb.close.title
            case "escalate": Localized("上报", "Called the next tier")
            default: ActOnAlarm.Verb.note.title
            }
        let result = entry.result.flatMap(DeviceAlarm.Result.init(rawValue:)).map { text($0.title) }
        return .init(
            time: text.time(entry.at),
            words: [text(act), result].compactMap { $0 }.joined(separator: "："),
            by: entry.by,
            text: entry.text.isEmpty ? nil : entry.text
        )
    }

    private func actOnAlarm(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(StaffRole.accepting, token: nil)
        let path = request.path("id")
        guard let id = bytes(hexadecimal: path).flatMap({ RecordID($0) }),
            try await desk.alarm(id, in: staff.scope) != nil
        else { throw Problem.missing("alarm") }
        guard let verb = try request.form.value("act", limit: 20).flatMap(ActOnAlarm.Verb.init(rawValue:)) else {
            throw Problem.noAct
        }
        do {
            let values = ActOnAlarm.Values(
                result: try request.form.value("result", limit: 20),
                text: try request.form.value("text", limit: 2_000) ?? ""
            )
            let key = try request.idempotencyKey(for: "\(id)\n\(verb)\n\(values)")
            _ = try await desk.perform(
                Recorded(try ActOnAlarm(id, verb, values)) { "\($0.record)" },
                by: Performer(staff, orElse: .resident),
                idempotency: key
            )
        } catch {
            return try await alarms(request, about: (id: path, why: try refusal(error, request)))
        }
        return .seeOther("/staff/alarms?done=\(verb.rawValue)")
    }
}
