import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// The work list: what a clerk lives in.
extension PageRoutes {
    func addWorkListPages(to router: Router<HTTPFace.Context>) {
        add("/staff", to: router, get: { try await workList($0) })
    }

    private struct WorkListPage {
        let view: String
        let text: String
        let tabs: [Tab]
        let services: [PageChoice]
        /// The place that the list is limited to, where it is less than the asker's scope.
        let place: Place?
        let count: String
        let rows: [Row]
        let hasRows: Bool
        let next: String?

        struct Tab {
            let name: String
            let link: String
            let isCurrent: Bool
            /// 1 to 7, on the keyboard.
            let key: Int
            let count: String?
        }

        struct Place {
            let code: String
            let name: String
            let without: String
        }

        struct Row {
            let number: String
            let service: String
            let text: String
            let status: String
            let tone: String
            let place: String
            let address: String?
            let holder: String
            let due: String
            let overdue: Bool
            let disputed: Bool
            let conflicted: Bool
            let offered: Bool
            let verifying: Bool
        }
    }

    /// What a list shows.
    private enum View: String, CaseIterable {
        case here, mine, offered, overdue, disputed, open, closed

        var title: Localized {
            switch self {
            case .here: Localized("本单位承办", "Held here")
            case .mine: Localized("我经办的", "Mine")
            case .offered: Localized("待接收", "Offered to us")
            case .overdue: Localized("已超时", "Overdue")
            case .disputed: Localized("争议与冲突", "Disputes, conflicts")
            case .open: Localized("全部在办", "All open")
            case .closed: Localized("已结束", "Closed")
            }
        }

        /// Whether how many there are is worth knowing before one looks.
        var isCounted: Bool { self != .open && self != .closed }
    }

    /// What the list is asked with.
    private struct Asked {
        let view: View
        let service: String?
        let text: String
        let place: Place?

        /// The same list, told in its address.
        func link(view: View? = nil, withoutPlace: Bool = false, after: String? = nil) -> String {
            let values = [
                ("view", (view ?? self.view).rawValue), ("service", service), ("q", text.isEmpty ? nil : text),
                ("place", withoutPlace ? nil : place?.code), ("after", after),
            ]
            let query = values.compactMap { name, value in value.map { "\(name)=\(PageRequest.escaped($0))" } }
            return "/staff?\(query.joined(separator: "&"))"
        }

        func query(_ view: View, of staff: StaffMember, at here: PlaceID?) -> OrderQuery {
            var query = OrderQuery(scope: place?.id ?? staff.scope)
            query.services = service.map { [$0] } ?? []
            query.text = text
            switch view {
            case .here: (query.acting, query.isOpen) = (here, true)
            case .mine: (query.hand, query.isOpen) = (staff.account, true)
            case .offered: (query.offeredTo, query.isOpen) = (here, true)
            case .overdue: query.isOverdue = true
            case .disputed: query.isDisputed = true
            case .open: query.isOpen = true
            case .closed: query.isOpen = false
            }
            return query
        }
    }

    private func workList(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        let typed = try request.query.value("q", limit: 100) ?? ""
        if let number = PageRoutes.number(in: typed) { return .seeOther("/staff/orders/\(number)") }
        let asked = Asked(
            view: try request.query.value("view", limit: 20).flatMap(View.init(rawValue:)) ?? .here,
            service: try request.query.value("service", limit: 40),
            text: typed,
            place: try place(request, staff)
        )
        var query = asked.query(asked.view, of: staff, at: desk.place)
        query.limit = 50
        query.after = try request.query.value("after", limit: 100).flatMap { ListCursor($0) }
        let counted = View.allCases.filter(\.isCounted)
        let tabs = counted.map { asked.query($0, of: staff, at: desk.place) }
        let (found, counts) = try await desk.orders(query, counting: tabs)
        let text = text(request)
        let page = WorkListPage(
            view: asked.view.rawValue,
            text: typed,
            tabs: View.allCases.enumerated().map { index, view in
                .init(
                    name: text(view.title),
                    link: asked.link(view: view),
                    isCurrent: view == asked.view,
                    key: index + 1,
                    count: counted.firstIndex(of: view).flatMap { $0 < counts.count ? counts[$0] : nil }
                        .map { $0 < OrderQuery.mostCounted ? "\($0)" : "\(OrderQuery.mostCounted - 1)+" }
                )
            },
            services: desk.catalogue.services.map {
                PageChoice(key: $0.code, name: text($0.name), isChosen: $0.code == asked.service)
            },
            place: asked.place.map { .init(code: $0.code, name: $0.name, without: asked.link(withoutPlace: true)) },
            count: count(found, text),
            rows: found.orders.map { row($0, text) },
            hasRows: !found.orders.isEmpty,
            next: found.next.map { asked.link(after: $0) }
        )
        return await self.page(.worklist, page, titled: text(Localized("工单", "Work list")), request)
    }

    /// The number of an order, where that is all that was typed.
    private static func number(in text: String) -> String? {
        let digits = text.filter { !$0.isWhitespace && $0 != "-" }
        return digits.utf8.count == 25 && digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? digits : nil
    }

    /// The place that the list is to be limited to.
    private func place(_ request: PageRequest, _ staff: StaffMember) throws -> Place? {
        guard let code = try request.query.value("place", limit: 40) else { return nil }
        let authority = desk.authority
        guard let place = authority.place(code: code), staff.sees(place.id, authority) else {
            throw Problem.missing("place")
        }
        return place.id == staff.scope ? nil : place
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
            address: order.address,
            holder: name(order.holder),
            due: order.isOpen ? text.time(order.due) : "",
            overdue: order.isOpen && order.overdue,
            disputed: order.disputed,
            conflicted: order.conflicted,
            offered: !order.offeredTo.isEmpty,
            verifying: order.verifying
        )
    }
}
