import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports
import NIOCore

/// The pages for residents and staff: everything works without a script, at any node, cut off or not.
struct PageRoutes: Sendable {
    let desk: any CaseDesk
    let access: any AccessDesk
    let cookie: SessionCookie
    let limits: HTTPLimits
    let allowance: PhotoAllowance
    let now: @Sendable () -> Instant
    /// Draws the map; nil where it is not installed.
    let leaflet: Leaflet?
    private let renderer = PageRenderer()
    let stash = PhotoStash()
    let photoLink = PhotoLink()

    init(
        desk: any CaseDesk,
        access: any AccessDesk,
        cookie: SessionCookie,
        limits: HTTPLimits,
        allowance: PhotoAllowance,
        leaflet: Leaflet? = nil,
        now: @escaping @Sendable () -> Instant
    ) {
        self.desk = desk
        self.access = access
        self.cookie = cookie
        self.limits = limits
        self.allowance = allowance
        self.leaflet = leaflet
        self.now = now
    }

    func add(to router: Router<HTTPFace.Context>) {
        PageAssets(leaflet: leaflet).add(to: router)
        addResidentPages(to: router)
        addPhotoPages(to: router)
        addConsultationPages(to: router)
        addNoticePages(to: router)
        addStaffPages(to: router)
    }

    // MARK: Dispatching

    typealias Handler = @Sendable (PageRequest) async throws -> Response

    /// A page, and what its form does.
    ///
    /// - Parameter takesFiles: whether the form may have files in it.
    func add(
        _ path: String,
        to router: Router<HTTPFace.Context>,
        takesFiles: Bool = false,
        get: Handler? = nil,
        post: Handler? = nil
    ) {
        var methods: [HTTPRequest.Method] = []
        for (method, handler) in [(HTTPRequest.Method.get, get), (.post, post)] {
            guard let handler else { continue }
            methods.append(method)
            router.on(RouterPath(path), method: method) { request, context in
                await answer(request, context, takesFiles: takesFiles, handler)
            }
        }
        router.refuseOtherMethods(at: RouterPath(path), than: methods)
    }

    private func answer(
        _ request: Request,
        _ context: HTTPFace.Context,
        takesFiles: Bool,
        _ handler: Handler
    ) async -> Response {
        var page: PageRequest?
        do {
            let asked = try await PageRequest(request, context, takesFiles: takesFiles, limits)
            page = asked
            if let language = try asked.query.value("lang") { return picked(language, request) }
            return try await handler(asked)
        } catch {
            let problem = Problem.of(error, request, context)
            if problem.status == 401, request.uri.path.hasPrefix("/staff") {
                return .seeOther("/staff/sign-in?next=\(PageRoutes.shown(instead: request))")
            }
            return await self.page(
                .problem,
                ProblemPage(problem, page?.language ?? context.language),
                titled: problem.title(in: page?.language ?? context.language),
                for: context,
                request,
                in: page?.language ?? context.language,
                status: HTTPResponse.Status(code: problem.status),
                headers: problem.headers
            )
        }
    }

    /// The page to go on with after signing in: the one asked for, or the one that a form without a page stands on.
    private static func shown(instead request: Request) -> String {
        let path = request.uri.path
        let isPageless = path.hasSuffix("/requester") || path.hasSuffix("/photos")
        guard request.method == .post, !path.hasPrefix("/staff/orders/") || isPageless else { return path }
        return path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    }

    /// Keeps the language for a year, and shows the same page in it.
    private func picked(_ language: String, _ request: Request) -> Response {
        var response = Response.seeOther(PageRoutes.address(of: request))
        if let language = Language(rawValue: language) {
            response.headers[.setCookie] = "lang=\(language.rawValue); Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
        }
        return response
    }

    /// The path with its query, the language left out of it.
    private static func address(of request: Request, in language: Language? = nil) -> String {
        let kept = (request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("lang=") }
        let query = (kept.map(String.init) + (language.map { ["lang=\($0.rawValue)"] } ?? [])).joined(separator: "&")
        return query.isEmpty ? request.uri.path : "\(request.uri.path)?\(query)"
    }

    private struct ProblemPage {
        let title: String
        let detail: String
        let wayOut: String?

        init(_ problem: Problem, _ language: Language) {
            self.title = problem.title(in: language)
            let wayOut = problem.wayOutWords[language]
            self.detail = problem.detailWords[language]
            self.wayOut = wayOut.isEmpty ? nil : wayOut
        }
    }

    // MARK: Showing

    /// What the desk consists of for somebody.
    private static func deskLinks(at path: String, for staff: StaffMember, _ text: PageText) -> [PageTab] {
        let pages: [(link: String, name: Localized, roles: Set<StaffRole>)] = [
            ("/staff", Localized("工单", "Work list"), []),
            ("/staff/counter", Localized("窗口", "Counter"), StaffRole.atCounter),
            ("/staff/alarms", Localized("报警", "Alarms"), []),
            ("/staff/map", Localized("地图", "Map"), []),
            ("/staff/dashboard", Localized("看板", "Dashboard"), []),
            ("/staff/consultations", Localized("征询", "Consultations"), []),
            ("/staff/notices", Localized("公告", "Notices"), []),
            ("/staff/residents", Localized("居民", "Residents"), StaffRole.registering),
            ("/staff/cluster", Localized("节点", "Cluster"), []),
        ]
        return pages.filter { staff.lack(of: $0.roles) == nil }.map { link, name, _ in
            let below = link == "/staff" ? "/staff/orders/" : "\(link)/"
            return PageTab(name: text(name), link: link, isCurrent: path == link || path.hasPrefix(below))
        }
    }

    func text(_ request: PageRequest) -> PageText { PageText(language: request.language, catalogue: desk.catalogue) }

    func page(
        _ template: PageRenderer.Template,
        _ page: some Sendable,
        titled title: String,
        _ request: PageRequest,
        status: HTTPResponse.Status = .ok,
        about problem: Problem? = nil
    ) async -> Response {
        await self.page(
            template,
            page,
            titled: title,
            for: request.context,
            request.request,
            in: request.language,
            status: problem.map { HTTPResponse.Status(code: $0.status) } ?? status,
            headers: problem?.headers ?? [:]
        )
    }

    /// Why something was not done, to be shown above the form that it was asked with: nothing typed is lost.
    ///
    /// - Throws: the error itself, where it is a fault of this node.
    func refusal(_ error: any Error, _ request: PageRequest) throws -> Problem {
        let problem = Problem.of(error, request.request, request.context)
        guard problem.status != 500 else { throw problem }
        return problem
    }

    private func page(
        _ template: PageRenderer.Template,
        _ page: some Sendable,
        titled title: String,
        for context: HTTPFace.Context,
        _ request: Request,
        in language: Language,
        status: HTTPResponse.Status,
        headers: HTTPFields
    ) async -> Response {
        let text = PageText(language: language, catalogue: desk.catalogue)
        let authority = desk.authority
        let other: Language = language == .chinese ? .english : .chinese
        let frame = PageRenderer.Frame(
            language: language,
            title: title,
            // What a form gave is there once: the page cannot be asked for again.
            otherLanguageLink: request.method == .get ? PageRoutes.address(of: request, in: other) : nil,
            place: desk.place.map { authority.name(of: $0) } ?? "",
            upstreams: await desk.upstreams().map { PageRenderer.Frame.Upstream($0, text) },
            staff: context.visitor.staff.map {
                .init(
                    name: $0.name,
                    scope: authority.name(of: $0.scope),
                    csrf: context.formToken,
                    links: PageRoutes.deskLinks(at: request.uri.path, for: $0, text)
                )
            }
        )
        var headers = headers
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentLanguage] = language.rawValue
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        let html = renderer.html(template, page, in: frame, csrf: context.formToken)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }
}

extension Response {
    /// What was asked is to be looked at there.
    static func seeOther(_ path: String, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.location] = path
        headers[.cacheControl] = "no-store"
        return Response(status: .seeOther, headers: headers)
    }
}

extension PageRenderer.Frame.Upstream {
    fileprivate init(_ upstream: UpstreamReport, _ text: PageText) {
        self.name = Tier(name: upstream.tier).map { text($0.title) } ?? upstream.place.name
        self.state = upstream.connected ? "up" : "down"
        let clock = upstream.heardAt.map { String(text.time($0).suffix(5)) }
        switch (upstream.connected, clock, upstream.silentSeconds) {
        case (true, let clock?, _): self.words = "\(clock) \(text(Localized("已同步", "in sync")))"
        case (true, nil, _): self.words = text(Localized("已连接", "connected"))
        case (false, _, let seconds?):
            self.words = "\(text(Localized("断开", "cut off for"))) \(text.duration(seconds: seconds))"
        case (false, _, nil): self.words = text(Localized("尚无消息", "not heard of yet"))
        }
    }
}
