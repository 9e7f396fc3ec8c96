import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311

// What staff meet first.
extension PageRoutes {
    func addStaffPages(to router: Router<HTTPFace.Context>) {
        add("/staff/sign-in", to: router, get: { try await signInForm($0) }, post: { try await signIn($0) })
        add("/staff/sign-out", to: router, post: { try await signOut($0) })
        addClusterPages(to: router)
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
}
