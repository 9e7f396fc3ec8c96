import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// What staff meet first: sign in, the work list, the cluster.
extension PageRoutes {
    func addStaffPages(to router: Router<HTTPFace.Context>) {
        add("/staff/sign-in", to: router, get: { try await signInForm($0) }, post: { try await signIn($0) })
        add("/staff/sign-out", to: router, post: { try await signOut($0) })
        add("/staff", to: router, get: { try await workList($0) })
        add("/staff/cluster", to: router, get: { try await cluster($0) })
        addWorkPages(to: router)
        addPeoplePages(to: router)
        addAlarmPages(to: router)
    }

    // MARK: Signing in

    private struct SignInPage {
        let next: String
        let problem: String?
    }

    private func signInForm(_ request: PageRequest, problem: Problem? = nil) async throws -> Response {
        let given = try request.form.value("next", limit: 200) ?? request.query.value("next", limit: 200)
        return await page(
            .signin,
            SignInPage(next: PageRoutes.local(given), problem: problem?.words(in: request.language)),
            titled: request.words(Localized("工作人员登录", "Staff sign-in")),
            request,
            about: problem
        )
    }

    /// Where to go after signing in: a page of staff, nowhere else.
    private static func local(_ path: String?) -> String {
        guard let path, path.hasPrefix("/staff"), !path.hasPrefix("/staff/sign"),
            path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "/staff" }
        return path
    }

    private func signIn(_ request: PageRequest) async throws -> Response {
        do {
            guard cookie != .refused else { throw AccessError.insecure }
            let grant = try await access.signIn(
                try request.form.value("account", limit: 200) ?? "",
                password: request.form.untrimmed("password") ?? "",
                from: request.context.address,
                replacing: request.context.session
            )
            let next = PageRoutes.local(try request.form.value("next", limit: 200))
            return .seeOther(next, headers: [.setCookie: cookie.setting(grant.secret)])
        } catch let error as AccessError {
            return try await signInForm(request, problem: Problem(error))
        }
    }

    private func signOut(_ request: PageRequest) async throws -> Response {
        if let session = request.context.session { try await access.signOut(session) }
        return .seeOther("/", headers: [.setCookie: cookie.clearing])
    }

    // MARK: The work list

    private struct WorkListPage {
        let view: String
        let tabs: [PageTab]
        let services: [PageChoice]
        let count: String
        let rows: [Row]
        let hasRows: Bool
        let next: String?

        struct Row {
            let number: String
            let service: String
            let text: String
            let status: String
            let tone: String
            let place: String
            let holder: String
            let due: String
            let overdue: Bool
            let disputed: Bool
            let offered: Bool
            let verifying: Bool
        }
    }

    /// What a list shows.
    private enum View: String, CaseIterable {
        case mine, offered, open, disputed, closed

        var title: Localized {
            switch self {
            case .mine: Localized("本单位承办", "Held here")
            case .offered: Localized("待接收", "Offered here")
            case .open: Localized("全部在办", "All open")
            case .disputed: Localized("争议", "In dispute")
            case .closed: Localized("已结束", "Closed")
            }
        }
    }

    private func workList(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        let number = try request.query.value("number", limit: 60)?.filter { $0.isASCII && $0.isNumber } ?? ""
        guard number.isEmpty else { return .seeOther("/staff/orders/\(number)") }
        let view = try request.query.value("view", limit: 20).flatMap(View.init(rawValue:)) ?? .mine
        let service = try request.query.value("service", limit: 40)
        var query = OrderQuery(scope: staff.scope)
        query.services = service.map { [$0] } ?? []
        query.limit = 50
        query.after = try request.query.value("after", limit: 100).flatMap { OrderCursor($0) }
        switch view {
        case .mine: (query.holder, query.isOpen) = (desk.place, true)
        case .offered: (query.offeredTo, query.isOpen) = (desk.place, true)
        case .open: query.isOpen = true
        case .disputed: query.isDisputed = true
        case .closed: query.isOpen = false
        }
        let found = try await desk.orders(query)
        let text = text(request)
        let filter = service.map { "&service=\($0)" } ?? ""
        let page = WorkListPage(
            view: view.rawValue,
            tabs: View.allCases.map {
                PageTab(name: text($0.title), link: "/staff?view=\($0.rawValue)\(filter)", isCurrent: $0 == view)
            },
            services: desk.catalogue.services.map {
                PageChoice(key: $0.code, name: text($0.name), isChosen: $0.code == service)
            },
            count: count(found, text),
            rows: found.orders.map { row($0, text) },
            hasRows: !found.orders.isEmpty,
            next: found.next.map { "/staff?view=\(view.rawValue)\(filter)&after=\($0)" }
        )
        return await self.page(.worklist, page, titled: text(Localized("工单", "Work list")), request)
    }

    private func count(_ found: OrdersReport, _ text: PageText) -> String {
        let count = "\(found.orders.count)\(found.next == nil ? "" : "+")"
        return text(Localized("\(count) 件", "\(count) orders"))
    }

    private func row(_ order: OrdersReport.Row, _ text: PageText) -> WorkListPage.Row {
        let authority = desk.authority
        func name(_ code: String) -> String { authority.place(code: code)?.name ?? code }
        return .init(
            number: order.number,
            service: text.service(order.service),
            text: order.text,
            status: text.status(order.status),
            tone: text.tone(order.status),
            place: name(order.place),
            holder: name(order.holder),
            due: order.isOpen ? text.time(order.due) : "",
            overdue: order.isOpen && order.overdue,
            disputed: order.disputed,
            offered: !order.offeredTo.isEmpty,
            verifying: order.verifying
        )
    }

    // MARK: The cluster

    private struct ClusterPage {
        let partial: Bool
        let rows: [Row]
        let signer: String

        struct Row {
            let place: String
            let node: String
            let tier: String
            let state: String
            let tone: String
            let heard: String
            let behind: String
            let links: String
            let version: String
        }
    }

    private func cluster(_ request: PageRequest) async throws -> Response {
        try request.visitor.requireStaff(token: nil)
        let text = text(request)
        let status = await desk.status()
        let page = ClusterPage(
            partial: status.partial,
            rows: tree(status.nodes).map { row($0, text) },
            signer: status.signer.map { signer in
                let state =
                    signer.reachable ? text(Localized("可达", "reachable")) : text(Localized("失联", "out of reach"))
                return text(Localized("签发节点 \(signer.node)：\(state)", "Signer \(signer.node): \(state)"))
            } ?? ""
        )
        return await self.page(.cluster, page, titled: text(Localized("节点", "Cluster")), request)
    }

    /// The rows as the tree has them: each place behind the one above it.
    private func tree(_ rows: [StatusReport.Row]) -> [StatusReport.Row] {
        let authority = desk.authority
        func path(_ row: StatusReport.Row) -> [String] {
            guard let place = authority.place(code: row.placeCode) else { return [row.placeCode] }
            return authority.line(of: place.id).reversed().map { authority.code(of: $0) }
        }
        // A path that another begins with stands before it; nodes of one place go by their names.
        return rows.map { (path: path($0), row: $0) }.sorted { a, b in
            a.path == b.path ? a.row.node < b.row.node : a.path.lexicographicallyPrecedes(b.path)
        }.map(\.row)
    }

    private func row(_ node: StatusReport.Row, _ text: PageText) -> ClusterPage.Row {
        let (state, tone): (Localized, String) =
            switch node.state {
            case "ok": (Localized("正常", "ok"), "good")
            case "degraded": (Localized("降级", "degraded"), "warn")
            case "down": (Localized("断开", "down"), "bad")
            case "revoked": (Localized("已吊销", "revoked"), "bad")
            default: (Localized("未知", "unknown"), "calm")
            }
        let age = node.ageSeconds.map { age in
            age < 60
                ? text(Localized("刚刚", "just now"))
                : text(Localized("\(text.duration(seconds: age))前", "\(text.duration(seconds: age)) ago"))
        }
        return .init(
            place: node.placeName,
            node: node.node,
            tier: node.tier,
            state: text(state),
            tone: tone,
            heard: age ?? text(Localized("从未", "never")),
            behind: "\(node.behindOps)",
            links: "\(node.linksUp)/\(node.linksTotal)",
            version: node.version ?? ""
        )
    }
}
