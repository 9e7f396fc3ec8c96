import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// What staff meet first, and the state of the cluster.
extension PageRoutes {
    func addStaffPages(to router: Router<HTTPFace.Context>) {
        add("/staff/sign-in", to: router, get: { try await signInForm($0) }, post: { try await signIn($0) })
        add("/staff/sign-out", to: router, post: { try await signOut($0) })
        add("/staff/cluster", to: router, get: { try await cluster($0) })
        addWorkListPages(to: router)
        addWorkPages(to: router)
        addConflictPages(to: router)
        addCounterPages(to: router)
        addPeoplePages(to: router)
        addAlarmPages(to: router)
        addDeskConsultationPages(to: router)
        addDeskNoticePages(to: router)
        addDashboardPages(to: router)
        addMapPages(to: router)
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
