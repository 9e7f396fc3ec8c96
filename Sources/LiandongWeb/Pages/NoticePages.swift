import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// Notices: read by everyone; published and taken back at the desk.
extension PageRoutes {
    func addNoticePages(to router: Router<HTTPFace.Context>) {
        add("/notices", to: router, get: { try await notices($0) })
        add("/notices/{id}", to: router, get: { try await notice($0) })
    }

    func addDeskNoticePages(to router: Router<HTTPFace.Context>) {
        add("/staff/notices", to: router, get: { try await deskNotices($0) }, post: { try await publishNotice($0) })
        add(
            "/staff/notices/{id}",
            to: router,
            get: { try await deskNotice($0) },
            post: { try await withdrawNotice($0) }
        )
    }

    /// A notice as lists show it.
    struct NoticeRow: Sendable {
        let id: String
        let title: String
        let place: String
        let published: String
        let until: String
        let state: String
        let tone: String
        let verifying: Bool

        init(_ row: NoticesReport.Row, _ text: PageText) {
            self.id = row.id
            self.title = row.title
            self.place = row.place.name
            self.published = text.day(row.publishedAt)
            self.until = text.day(row.until)
            self.state = text.noticeState(row.state)
            self.tone = text.tone(ofNotice: row.state)
            self.verifying = row.verifying
        }
    }

    // MARK: For everyone

    private struct ListPage {
        let rows: [NoticeRow]
        /// Where others under this node's place read theirs.
        let places: [PageChoice]
        let hasPlaces: Bool
        let next: String?
    }

    /// What the start page shows of them.
    func latestNotices(_ text: PageText) async throws -> [NoticeRow] {
        guard let place = desk.place else { return [] }
        var query = NoticeQuery(.line(place), isCurrent: true)
        query.limit = 4
        return try await desk.notices(query).notices.map { NoticeRow($0, text) }
    }

    private func notices(_ request: PageRequest) async throws -> Response {
        let (text, authority) = (text(request), desk.authority)
        let code = try request.query.value("place", limit: 40)
        let asked = try code.map { try authority.requirePlace(code: $0).id }
        guard let place = asked ?? desk.place else {
            return await page(
                .notices,
                ListPage(rows: [], places: [], hasPlaces: false, next: nil),
                titled: text(Localized("公告", "Notices")),
                request
            )
        }
        var query = NoticeQuery(.line(place), isCurrent: true)
        query.after = try request.query.value("after", limit: 100).flatMap { ListCursor($0) }
        let found = try await desk.notices(query)
        let places = readers(of: authority).map {
            PageChoice(key: $0.code, name: $0.name, isChosen: $0.id == place)
        }
        let page = ListPage(
            rows: found.notices.map { NoticeRow($0, text) },
            places: places,
            hasPlaces: places.count > 1,
            next: found.next.map { "/notices?place=\(authority.code(of: place))&after=\($0)" }
        )
        return await self.page(.notices, page, titled: text(Localized("公告", "Notices")), request)
    }

    /// This node's place and all under it, whose notices it holds, grids left out.
    private func readers(of authority: AuthorityState) -> [Place] {
        guard let here = desk.place else { return [] }
        return authority.places.values.filter { $0.tier != .grid && authority.isWithin($0.id, here) }
            .sorted { ($0.code, $0.id) < ($1.code, $1.id) }
    }

    private struct NoticePage {
        let id: String
        let title: String
        let place: String
        let published: String
        let dates: String
        let text: String
        let state: String?
        let tone: String
        let verifying: Bool
        var said: String?
        var problem: String?
        var canWithdraw = false
        let key = PageRequest.newKey()

        init(_ notice: NoticeReport, _ text: PageText, showsState: Bool) {
            self.id = notice.id
            self.title = notice.title
            self.place = notice.place.name
            self.published = text.time(notice.publishedAt)
            self.dates = "\(text.time(notice.from)) – \(text.time(notice.withdrawnAt ?? notice.until))"
            self.text = notice.text
            self.state = showsState ? text.noticeState(notice.state) : nil
            self.tone = text.tone(ofNotice: notice.state)
            self.verifying = notice.verifying
        }
    }

    /// One that is not shown yet, or was taken back, is not there for everyone.
    private func notice(_ request: PageRequest) async throws -> Response {
        guard let id = recordID(request), let found = try await desk.notice(id),
            found.isPublic
        else { throw Problem.missing("notice") }
        let page = NoticePage(found, text(request), showsState: found.state != Notice.State.current.rawValue)
        return await self.page(.notice, page, titled: found.title, request)
    }

    // MARK: At the desk

    private struct DeskListPage {
        let tabs: [PageTab]
        let rows: [NoticeRow]
        let canPublish: Bool
        let next: String?
    }

    private func deskNotices(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        if try request.query.value("new") != nil { return try await noticeForm(request) }
        let text = text(request)
        let isCurrent = try request.query.value("view", limit: 20) != "all"
        var query = NoticeQuery(.within(staff.scope), isCurrent: isCurrent)
        query.after = try request.query.value("after", limit: 100).flatMap { ListCursor($0) }
        let found = try await desk.notices(query)
        let (current, all) = ("/staff/notices", "/staff/notices?view=all")
        let page = DeskListPage(
            tabs: [
                PageTab(name: text(Notice.State.current.title), link: current, isCurrent: isCurrent),
                PageTab(name: text(Localized("全部", "All")), link: all, isCurrent: !isCurrent),
            ],
            rows: found.notices.map { NoticeRow($0, text) },
            canPublish: staff.has(.clerk),
            next: found.next.map { "\(isCurrent ? "\(current)?" : "\(all)&")after=\($0)" }
        )
        return await self.page(.desknotices, page, titled: text(Localized("公告", "Notices")), request)
    }

    private struct FormPage {
        let key: String
        let places: [PageChoice]
        let problem: String?
        let title: String
        let text: String
        let from: String
        let until: String
    }

    private func noticeForm(_ request: PageRequest, problem: Problem? = nil) async throws -> Response {
        let staff = try request.visitor.requireStaff([.clerk], token: nil)
        let authority = desk.authority
        func typed(_ name: String) -> String { request.form.untrimmed(name) ?? "" }
        let chosen = typed("place").isEmpty ? authority.code(of: questionPlace(staff)) : typed("place")
        let inMonth = GeoReportTime.text(now().advanced(byMilliseconds: 30 * 86_400_000)).prefix(10)
        let page = FormPage(
            key: PageRequest.newKey(),
            places: readers(of: authority).filter { staff.sees($0.id, authority) }.map {
                PageChoice(key: $0.code, name: $0.name, isChosen: $0.code == chosen)
            },
            problem: problem?.words(in: request.language),
            title: typed("title"),
            text: typed("text"),
            from: typed("from"),
            until: request.request.method == .post ? typed("until") : "\(inMonth)T18:00"
        )
        return await self.page(
            .newnotice,
            page,
            titled: request.words(Localized("发布公告", "Publish a notice")),
            request,
            about: problem
        )
    }

    private func publishNotice(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff([.clerk], token: nil)
        do {
            let form = NoticeForm(
                title: try request.form.value("title", limit: Notice.Limit.title) ?? "",
                text: try request.form.value("text", limit: Notice.Limit.text) ?? "",
                from: try request.localTime("from"),
                until: try request.localTime("until") ?? "",
                place: try request.form.value("place", limit: 40)
            )
            let command = try form.command(desk.authority, at: questionPlace(staff))
            guard staff.sees(command.place, desk.authority) else { throw Problem.missing("place") }
            let receipt = try await desk.perform(
                Recorded(command) { "\($0.record)" },
                by: Performer(staff, orElse: .resident),
                idempotency: try request.idempotencyKey(for: "\(form)")
            )
            return .seeOther("/staff/notices/\(receipt.id)?done=publish")
        } catch {
            return try await noticeForm(request, problem: try refusal(error, request))
        }
    }

    private func deskNotice(_ request: PageRequest, problem: Problem? = nil) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        guard let id = recordID(request), let found = try await desk.notice(id) else { throw Problem.missing("notice") }
        let text = text(request)
        var page = NoticePage(found, text, showsState: true)
        let done = try request.query.value("done", limit: 20)
        let said: Localized? =
            switch done {
            case "publish": Localized("已发布。", "It was published.")
            case "withdraw": Localized("已撤回。", "It was taken back.")
            default: nil
            }
        page.said = problem == nil ? said.map { text($0) } : nil
        page.problem = problem?.words(in: request.language)
        let isOver = [.withdrawn, .over].contains(Notice.State(rawValue: found.state))
        page.canWithdraw = !isOver && staff.has(.clerk) && staff.sees(found, desk.authority)
        return await self.page(.desknotice, page, titled: found.title, request, about: problem)
    }

    private func withdrawNotice(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff([.clerk], token: nil)
        guard let id = recordID(request), let found = try await desk.notice(id), staff.sees(found, desk.authority)
        else { throw Problem.missing("notice") }
        do {
            let key = try request.idempotencyKey(for: "\(id)\nwithdraw")
            let command = Recorded(WithdrawNotice(id)) { "\($0.record)" }
            _ = try await desk.perform(command, by: Performer(staff, orElse: .resident), idempotency: key)
        } catch {
            return try await deskNotice(request, problem: try refusal(error, request))
        }
        return .seeOther("/staff/notices/\(id)?done=withdraw")
    }
}
