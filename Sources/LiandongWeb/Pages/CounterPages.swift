import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

/// What a clerk fills in at the counter besides what a resident would.
struct CounterFields: Sendable {
    /// Whether the clerk may look for registrations.
    let canMatch: Bool
    let identityNumber: String
    let agreed: Bool
    let remark: String
}

// The counter: a clerk takes a request in from somebody who stands there, and accepts it in the same breath.
extension PageRoutes {
    func addCounterPages(to router: Router<HTTPFace.Context>) {
        add("/staff/counter", to: router, get: { try await counter($0) }, post: { try await takeIn($0) })
    }

    // MARK: The form

    private struct ChoicePage {
        let groups: [Group]

        struct Group {
            let name: String
            let services: [PageChoice]
        }
    }

    private func counter(_ request: PageRequest) async throws -> Response {
        try request.visitor.requireStaff(StaffRole.atCounter, token: nil)
        guard let code = try request.query.value("service", limit: 40) else { return await chooseService(request) }
        guard let service = desk.catalogue[code] else { throw Problem.missing("service") }
        return try await counterForm(for: service, request)
    }

    private func chooseService(_ request: PageRequest) async -> Response {
        let text = text(request)
        var groups: [ChoicePage.Group] = []
        for service in desk.catalogue.services {
            let (group, choice) = (
                text(service.group),
                PageChoice(key: service.code, name: "\(service.code) \(text(service.name))", isChosen: false)
            )
            let before = groups.last?.name == group ? groups.removeLast().services : []
            groups.append(.init(name: group, services: before + [choice]))
        }
        return await page(.counter, ChoicePage(groups: groups), titled: counterTitle(request), request)
    }

    private func counterTitle(_ request: PageRequest) -> String {
        request.words(Localized("窗口代办", "At the counter"))
    }

    private func counterForm(
        for service: Service,
        _ request: PageRequest,
        problem: Problem? = nil
    ) async throws -> Response {
        let staff = try request.visitor.requireStaff(StaffRole.atCounter, token: nil)
        func typed(_ name: String) -> String { ((try? request.form.value(name)) ?? nil) ?? "" }
        var page = requestForm(for: service, filledWith: request.form, request, problem: problem)
        page.counter = CounterFields(
            canMatch: staff.has(.register),
            identityNumber: typed("identity_number"),
            agreed: typed("agreed") == "yes",
            remark: typed("remark")
        )
        return await self.page(.counterform, page, titled: counterTitle(request), request, about: problem)
    }

    // MARK: Taking in

    private struct CheckPage {
        let service: String
        let open: [PageFact]
        let closed: [PageFact]
        let goesTo: String
        let fields: [RequestPreview.Field]
        let key: String
        /// What was found by the identity number.
        let match: Match?

        struct Match {
            let words: String
            let tone: String
            let registrations: [String]
        }
    }

    private struct CounterReceiptPage {
        let number: String
        /// In groups of four.
        let queryCode: String
        let service: String
        let serviceCode: String
        let acceptedAt: String
        let acceptedBy: String
        let offeredTo: String?
        let time: String
    }

    private func takeIn(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(StaffRole.atCounter, token: nil)
        guard let code = try request.form.value("service_code", limit: 40), let service = desk.catalogue[code] else {
            throw Problem.missing("service")
        }
        let step = try request.form.value("step", limit: 20)
        guard step != "edit" else { return try await counterForm(for: service, request) }
        let performer = Performer(staff, orElse: .resident)
        do {
            let known = try await registrations(staff, request)
            var submission = try ServiceRequestSubmission(request.form)
            if submission.name == nil { submission.firstName = known?.first?.name }
            let command = HandIn(
                try submission.command(desk.authority, channel: "counter", consent: try consent(request))
            )
            guard step == "send" else {
                _ = try await desk.rehearse(command, by: performer)
                return await check(submission, service, known, request)
            }
            let key = try request.idempotencyKey(for: "\(submission)")
            let receipt = try await desk.perform(command, by: performer, idempotency: key)
            return await receiptPage(receipt, service, staff, request)
        } catch {
            return try await counterForm(for: service, request, problem: try refusal(error, request))
        }
    }

    /// How the requester agreed, as the order keeps it.
    private func consent(_ request: PageRequest) throws -> String {
        guard try request.form.value("agreed", limit: 10) == "yes" else {
            throw Problem.invalid(
                "agreed",
                Localized("需要诉求人同意由窗口代为提交", "the requester has to agree that this is handed in for them"),
                wayOut: Localized("请征得同意并勾选", "ask them, and tick the box")
            )
        }
        let agreed = request.words(
            Localized("窗口代办：诉求人已同意登记并由窗口提交。", "At the counter: the requester agreed to have this handed in for them.")
        )
        let remark = try request.form.value("remark", limit: 200) ?? ""
        return remark.isEmpty ? agreed : "\(agreed)\n\(remark)"
    }

    /// What is registered under the identity number, which is not kept; nil where none was given.
    private func registrations(
        _ staff: StaffMember,
        _ request: PageRequest
    ) async throws -> [PersonReport.Registration]? {
        guard staff.has(.register), let typed = try request.form.value("identity_number", limit: 40) else { return nil }
        let number = try IdentityNumber(typed)
        return try await desk.people(number.text, in: staff.scope).people.flatMap(\.registrations)
    }

    private func check(
        _ submission: ServiceRequestSubmission,
        _ service: Service,
        _ known: [PersonReport.Registration]?,
        _ request: PageRequest
    ) async -> Response {
        let text = text(request)
        let more = ["identity_number", "agreed", "remark"]
        let shown = preview(submission, service, request, with: more)
        let match = known.map { known -> CheckPage.Match in
            let rows = known.map {
                [$0.name, $0.identityNumber, $0.community.name].compactMap { $0 }.joined(separator: " · ")
            }
            let isOther = !known.isEmpty && !known.contains { $0.name == submission.name }
            let words: Localized =
                known.isEmpty
                ? Localized("没有找到该证件号的登记。", "Nobody is registered under this number.")
                : isOther
                    ? Localized("姓名与登记不一致，请核对。", "The name is not the one registered: please check.")
                    : Localized("已匹配登记。", "Registered.")
            return .init(
                words: text(words),
                tone: known.isEmpty || isOther ? "warn" : "good",
                registrations: rows
            )
        }
        let page = CheckPage(
            service: shown.service,
            open: shown.open,
            closed: shown.closed,
            goesTo: shown.goesTo,
            fields: shown.fields,
            key: shown.key,
            match: match
        )
        return await self.page(.countercheck, page, titled: text(Localized("请核对", "Please check")), request)
    }

    private func receiptPage(
        _ receipt: HandIn.Receipt,
        _ service: Service,
        _ staff: StaffMember,
        _ request: PageRequest
    ) async -> Response {
        let (text, authority) = (text(request), desk.authority)
        let page = CounterReceiptPage(
            number: receipt.number,
            queryCode: receipt.queryCode.inGroupsOfFour,
            service: text(service.name),
            serviceCode: service.code,
            acceptedAt: authority.place(code: receipt.holder)?.name ?? receipt.holder,
            acceptedBy: staff.name,
            offeredTo: receipt.offeredTo.map { authority.place(code: $0)?.name ?? $0 },
            time: text.time(now().iso8601)
        )
        return await self.page(
            .counterreceipt,
            page,
            titled: text(Localized("已受理", "Taken in")),
            request,
            status: .created
        )
    }
}
