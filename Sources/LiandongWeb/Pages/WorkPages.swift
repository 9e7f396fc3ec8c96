import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// One order at the desk: its whole history, what can be done now, and why not the rest.
extension PageRoutes {
    func addWorkPages(to router: Router<HTTPFace.Context>) {
        add("/staff/orders/{number}", to: router, get: { try await work($0) }, post: { try await act($0) })
        add("/staff/orders/{number}/requester", to: router, post: { try await showRequester($0) })
    }

    private struct WorkPage {
        var order: OrderPage
        let overdue: Bool
        /// What somebody has to decide.
        let disputes: [String]
        let conflicts: [ConflictCard]
        let sync: OrderSync
        let plain: [Button]
        let placed: [PlacedButton]
        let canDecline: Bool
        let declineName: String
        let declineReasons: [PageChoice]
        let refused: [Refused]
        /// Why nobody with the roles of this account does anything with orders; nil where they do.
        let roleMissing: String?
        /// There are photos, or they can be added.
        let hasPhotoCard: Bool

        struct Button {
            let verb: String
            let name: String
        }

        struct PlacedButton {
            let verb: String
            let name: String
            let places: [PlaceReport]
        }

        struct Refused {
            let name: String
            let reason: String
            let wayOut: String?
        }
    }

    private func work(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        let said = try request.query.value("done", limit: 20).flatMap(OrderAct.Verb.init(rawValue:))
        let words = said.map { verb in
            request.words(Localized("已完成：", "Done: ")) + text(request).act(verb == .sign ? "signFor" : verb.rawValue)
        }
        let added = try request.query.value("photos", limit: 2).map { _ in
            request.words(Localized("照片已添加。", "The photo was added."))
        }
        let kept = try request.query.value("kept", limit: 2).map { _ in
            request.words(Localized("已选定。", "One version was chosen."))
        }
        return try await work(request.path("number"), staff, request, said: words ?? added ?? kept)
    }

    func work(
        _ number: String,
        _ staff: StaffMember,
        _ request: PageRequest,
        said: String? = nil,
        problem: Problem? = nil
    ) async throws -> Response {
        let report = try await desk.order(number, for: .staff(staff.scope))
        guard let report, let acts = report.acts else { throw Problem.missing("order") }
        let text = text(request)
        var order = OrderPage(report, text)
        order.said = said
        order.tell(problem, request)
        order.photos = report.attachments.map {
            PhotoTile($0, "\(APIRoutes.base)/orders/\(report.number)/attachments/\($0.digest)", text)
        }
        let legal = acts.filter(\.legal).compactMap { act in
            WorkOrderEvent.Act(rawValue: act.act).flatMap { OrderAct.Verb($0) }.map { ($0, act) }
        }
        let dispute = report.dispute.map { dispute in
            let names = dispute.claimants.map(\.name).joined(separator: ", ")
            return text(
                Localized(
                    "承办争议：\(names)。由\(dispute.decider.name)裁定，或由\(dispute.arbiter.name)裁定。",
                    "In dispute: \(names). \(dispute.decider.name) decides, else \(dispute.arbiter.name)."
                )
            )
        }
        let parallel = report.leads.count > 1 ? report.leads.map(\.name) : []
        let leads = parallel.first.map { lead in
            text(
                Localized(
                    "同时派给了 \(parallel.joined(separator: "、"))，互不知情。建议由\(lead)牵头，重新派单即可确认。",
                    "Dispatched at once to \(parallel.joined(separator: ", ")). \(lead) is proposed as lead; dispatch anew to settle it."
                )
            )
        }
        let roleMissing = staff.lack(of: StaffRole.handling)?.words(in: request.language)
        let trace = try await desk.trace(number, in: staff.scope)
        let page = WorkPage(
            order: order,
            overdue: report.isOpen && report.deadline.overdue,
            disputes: [dispute, report.isOpen ? leads : nil].compactMap { $0 },
            conflicts: report.conflicts.map {
                ConflictCard($0, refusal: keepingRefused(report, to: staff, request), text)
            },
            sync: OrderSync(trace, isVerifying: report.verifying, desk.authority, text),
            plain: legal.filter { $0.1.places.isEmpty && $0.0 != .decline }.map {
                .init(verb: $0.0.rawValue, name: text.command($0.1.act))
            },
            placed: legal.filter { !$0.1.places.isEmpty }.map {
                .init(verb: $0.0.rawValue, name: text.command($0.1.act), places: $0.1.places)
            },
            canDecline: legal.contains { $0.0 == .decline },
            declineName: text.command(OrderAct.Verb.decline.rawValue),
            declineReasons: ActOnWorkOrder.DeclineReason.allCases.map {
                PageChoice(key: $0.rawValue, name: text($0.title), isChosen: false)
            },
            refused: acts.filter { !$0.legal }.map {
                .init(
                    name: text.command($0.act),
                    reason: $0.refusal.map { text($0.reasonWords) } ?? "",
                    wayOut: $0.refusal.map { text($0.wayOutWords) }
                )
            },
            roleMissing: roleMissing,
            hasPhotoCard: !report.attachments.isEmpty || roleMissing == nil
        )
        return await self.page(
            .work,
            page,
            titled: "\(order.service) \(order.status)",
            request,
            about: problem
        )
    }

    private func act(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(StaffRole.handling, token: nil)
        let number = request.path("number")
        guard let record = try await desk.workableOrder(number, for: .staff(staff.scope)) else {
            throw Problem.missing("order")
        }
        guard let verb = try request.form.value("act", limit: 20).flatMap(OrderAct.Verb.init(rawValue:)) else {
            throw Problem.noAct
        }
        do {
            let written = try request.form.value("text", limit: 4_000)
            let act = OrderAct(
                act: verb,
                text: written,
                to: try request.form.value("to-\(verb.rawValue)", limit: 40),
                reason: verb == .decline ? try request.form.value("reason", limit: 60) : written
            )
            let key = try request.idempotencyKey(for: "\(number)\n\(act)")
            let command = try act.command(record, desk.authority)
            _ = try await desk.perform(command, by: Performer(staff, orElse: .resident), idempotency: key)
        } catch {
            return try await work(number, staff, request, problem: try refusal(error, request))
        }
        return .seeOther("/staff/orders/\(number)?done=\(verb.rawValue)")
    }

    // MARK: In clear

    private func showRequester(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(StaffRole.handling, token: nil)
        let number = request.path("number")
        guard let purpose = try request.form.value("purpose", limit: 500) else {
            throw Problem.noPurpose
        }
        guard let found = try await desk.contact(of: number, in: staff.scope) else { throw Problem.missing("order") }
        try await access.noteUnmasking(
            Unmasking(record: found.record, field: "requester", purpose: purpose),
            by: staff
        )
        let text = text(request)
        let none = text(Localized("未提供，或本节点无权读取", "not given, or not for this node"))
        let values = [
            PageFact(text(Localized("姓名", "Name")), found.contact?.name ?? none),
            PageFact(text(Localized("电话", "Phone")), found.contact?.phone),
            PageFact(text(Localized("邮箱", "Mail")), found.contact?.email),
        ]
        let page = UnmaskedPage(values: values.compactMap { $0 }, back: "/staff/orders/\(number)")
        return await self.page(.unmasked, page, titled: text(Localized("完整信息", "In clear")), request)
    }
}

/// Personal values, shown once.
struct UnmaskedPage: Sendable {
    let values: [PageFact]
    let back: String
}
