import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// What residents meet: choose, hand in, receipt, follow, add, rate.
extension PageRoutes {
    func addResidentPages(to router: Router<HTTPFace.Context>) {
        add("/", to: router, get: { try await home($0) })
        add(
            "/request",
            to: router,
            takesFiles: true,
            get: { try await requestForm($0) },
            post: { try await handIn($0) }
        )
        add("/orders", to: router, get: { try await follow($0) })
        add(
            "/orders/{number}",
            to: router,
            takesFiles: true,
            get: { try await order($0) },
            post: { try await sayMore($0) }
        )
    }

    // MARK: Home

    private struct HomePage {
        let notices: [NoticeRow]
        let hasNotices: Bool
        let groups: [Group]

        struct Group {
            let name: String
            /// What a link within the page names it by.
            let anchor: String
            let services: [Tile]
        }

        struct Tile {
            let code: String
            let name: String
            let deadline: String
        }
    }

    private func home(_ request: PageRequest) async throws -> Response {
        let text = text(request)
        var names: [String] = []
        var tiles: [String: [HomePage.Tile]] = [:]
        for service in desk.catalogue.services {
            let group = text(service.group)
            if tiles[group] == nil { names.append(group) }
            tiles[group, default: []].append(
                .init(code: service.code, name: text(service.name), deadline: text(service.deadline.name))
            )
        }
        let notices = try await latestNotices(text)
        let page = HomePage(
            notices: notices,
            hasNotices: !notices.isEmpty,
            groups: names.enumerated().map { index, name in
                .init(name: name, anchor: "group-\(index + 1)", services: tiles[name] ?? [])
            }
        )
        return await self.page(.home, page, titled: text(Localized("我要办事", "Request")), request)
    }

    // MARK: The form

    private func requestForm(_ request: PageRequest) async throws -> Response {
        guard let code = try request.query.value("service", limit: 40) else { return .seeOther("/") }
        guard let service = desk.catalogue[code] else { throw Problem.missing("service") }
        return try await form(for: service, filledWith: FormParameters(), request)
    }

    private func form(
        for service: Service,
        filledWith form: FormParameters,
        _ request: PageRequest,
        photos: ChosenPhotos = ChosenPhotos(),
        problem: Problem? = nil
    ) async throws -> Response {
        var page = requestForm(for: service, filledWith: form, request, problem: problem)
        page.attached = photos.token.flatMap { token in
            photos.words(text(request)).map { .init(token: token, words: $0) }
        }
        return await self.page(
            .request,
            page,
            titled: page.name,
            request,
            about: problem
        )
    }

    // MARK: Handing in

    private struct ReceiptPage {
        let number: String
        let queryCode: String
        let service: String
        let acceptedAt: String
        let offeredTo: String?
        let time: String
        let photos: [PhotoTile]
        /// Why not all photos were kept.
        let problem: String?
    }

    private func handIn(_ request: PageRequest) async throws -> Response {
        let text = text(request)
        guard let code = try request.form.value("service_code", limit: 40), let service = desk.catalogue[code] else {
            throw Problem.missing("service")
        }
        let step = try request.form.value("step", limit: 20)
        let photos = try chosenPhotos(request)
        func again(_ problem: Problem?) async throws -> Response {
            try await form(for: service, filledWith: request.form, request, photos: photos, problem: problem)
        }
        guard step != "edit", photos.problem == nil else { return try await again(photos.problem) }
        let command: HandIn
        let submission: ServiceRequestSubmission
        do {
            submission = try ServiceRequestSubmission(request.form)
            command = HandIn(try submission.command(desk.authority, channel: "web"))
            if step != "send" { _ = try await desk.rehearse(command, by: .resident) }
        } catch {
            return try await again(try refusal(error, request))
        }
        guard step == "send" else {
            return await page(
                .preview,
                preview(submission, service, request, photos: photos),
                titled: text(Localized("请确认", "Please check")),
                request
            )
        }
        let receipt: HandIn.Receipt
        do {
            let key = try request.idempotencyKey(for: "\(submission)")
            receipt = try await desk.perform(command, by: .resident, idempotency: key)
        } catch {
            return try await again(try refusal(error, request))
        }
        let (tiles, problem) = await add(photos, to: receipt, request)
        let authority = desk.authority
        let page = ReceiptPage(
            number: receipt.number,
            queryCode: receipt.queryCode,
            service: text(service.name),
            acceptedAt: authority.place(code: receipt.holder)?.name ?? receipt.holder,
            offeredTo: receipt.offeredTo.map { authority.place(code: $0)?.name ?? $0 },
            time: text.time(now().iso8601),
            photos: tiles,
            problem: problem?.words(in: request.language)
        )
        return await self.page(
            .receipt,
            page,
            titled: text(Localized("已提交", "Handed in")),
            request,
            status: .created
        )
    }

    /// The request is handed in whatever becomes of its photos: a receipt there is in any case.
    private func add(
        _ photos: ChosenPhotos,
        to receipt: HandIn.Receipt,
        _ request: PageRequest
    ) async -> ([PhotoTile], Problem?) {
        guard !photos.photos.isEmpty, let record = bytes(hexadecimal: receipt.record).flatMap({ RecordID($0) }) else {
            return ([], nil)
        }
        var problem: Problem?
        do {
            for photo in photos.photos { try await add(photo, to: record, by: .resident, request) }
        } catch {
            problem = Problem.of(error, request.request, request.context)
        }
        let order = try? await desk.order(receipt.number, for: .requester(record))
        return (order.map { tiles($0, of: record, text(request)) } ?? [], problem)
    }

    // MARK: Following

    private struct FollowPage {
        let problem: String?
    }

    private func follow(_ request: PageRequest) async throws -> Response {
        let text = text(request)
        let number = try request.query.value("number", limit: 60)?.filter { $0.isASCII && $0.isNumber } ?? ""
        guard number.isEmpty else { return .seeOther("/orders/\(number)") }
        return await page(.follow, FollowPage(problem: nil), titled: text(Localized("查进度", "Follow")), request)
    }

    private func order(_ request: PageRequest) async throws -> Response {
        try await show(request.path("number"), for: .everyone, request)
    }

    /// With the code: one's own view, and what one does with it.
    private func sayMore(_ request: PageRequest) async throws -> Response {
        let number = request.path("number")
        guard let code = try request.form.value("query_code", limit: 20), !code.isEmpty else {
            return .seeOther("/orders/\(number)")
        }
        let record: RecordID
        do {
            let found = try await desk.requestedOrder(number, queryCode: code, from: request.context.address)
            guard let found else { throw Problem.missing("order") }
            record = found
        } catch {
            return try await show(number, for: .everyone, request, problem: try refusal(error, request))
        }
        let access = OrderAccess.requester(record)
        if try request.form.value("act", limit: 20) == ChosenPhotos.field {
            do { try await add(photosOf: request, to: record, by: .resident) } catch {
                return try await show(number, for: access, request, problem: try refusal(error, request))
            }
            let said = request.words(Localized("照片已添加，办理人员会看到。", "Added; whoever handles it will see it."))
            return try await show(number, for: access, request, said: said)
        }
        guard let verb = try request.form.value("act", limit: 20).flatMap(OrderAct.Verb.init(rawValue:)),
            verb.isForRequesters
        else { return try await show(number, for: access, request) }
        do {
            let act = OrderAct(
                act: verb,
                text: try request.form.value("text", limit: 4_000),
                satisfaction: try request.form.value("satisfaction", limit: 2).flatMap { Int($0) }
            )
            let key = try request.idempotencyKey(for: "\(number)\n\(act)")
            _ = try await desk.perform(try act.command(record, desk.authority), by: .resident, idempotency: key)
        } catch {
            return try await show(number, for: access, request, problem: try refusal(error, request))
        }
        let said = request.words(Localized("已记录，办理人员会看到。", "Written down; whoever handles it will see it."))
        return try await show(number, for: access, request, said: said)
    }

    private func show(
        _ number: String,
        for access: OrderAccess,
        _ request: PageRequest,
        said: String? = nil,
        problem: Problem? = nil
    ) async throws -> Response {
        guard let order = try await desk.order(number, for: access) else { throw Problem.missing("order") }
        var page = OrderPage(order, text(request))
        if case .requester(let record) = access {
            page.queryCode = try request.form.value("query_code", limit: 20)
            page.photos = tiles(order, of: record, text(request))
        }
        page.said = said
        page.tell(problem, request)
        return await self.page(
            .order,
            page,
            titled: page.service,
            request,
            about: problem
        )
    }
}
