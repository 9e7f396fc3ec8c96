import Hummingbird
import LiandongCore
import LiandongReports

// What the desk is watched by: figures, and where things are.
extension APIRoutes {
    var deskOperations: [APIOperation] {
        [
            APIOperation(
                id: "getDashboard",
                method: .get,
                path: "/dashboard",
                tag: "desk",
                summary: "What became of the requests of one's scope in the last 30 days, and the three rates",
                right: .staff(token: TokenScope(.orders, .read)),
                answer: .ok(
                    Schemas.reference("Dashboard"),
                    """
                    As far as this node holds it; `nodes` tells whose word is old or missing, and is there for who may \
                    read the cluster's status.
                    """
                )
            ) { request in
                let staff = try request.staff()
                var report = try await desk.dashboard(in: staff.scope)
                if !staff.may(TokenScope(.status, .read)) { report.nodes = nil }
                return try .report(report)
            },
            APIOperation(
                id: "getMap",
                method: .get,
                path: "/map",
                tag: "desk",
                summary: "Places of one's scope with boundaries, open orders and open alarms, as GeoJSON",
                right: .staff(token: TokenScope(.orders, .read)),
                answer: .ok(
                    Schemas.reference("Map"),
                    "Of open orders those that are late and the newest, if located; alarms where the asker may read them."
                )
            ) { request in
                let staff = try request.staff()
                let alarms = staff.may(TokenScope(.alarms, .read))
                return try .report(try await DeskMap(desk, of: staff.scope, withAlarms: alarms, at: now()).report)
            },
        ]
    }
}

/// What the map draws: the places of a scope, its open orders, those that are late before all others, and its open alarms.
struct DeskMap: Sendable {
    /// More are not drawn: nobody would see them.
    static let mostOrders = 500

    /// At most ``mostOrders``; the late ones last, to be drawn above.
    let orders: [OrdersReport.Row]
    /// There are more open orders than these.
    let isMore: Bool
    let alarms: [AlarmReport]
    let places: [Place]
    let now: Instant

    init(_ desk: any CaseDesk, of scope: PlaceID, withAlarms: Bool, at now: Instant) async throws {
        var query = OrderQuery(scope: scope)
        query.isOpen = true
        query.limit = DeskMap.mostOrders
        let newest = try await desk.orders(query)
        query.isOverdue = true
        let isAll = newest.next == nil
        let late = try await isAll ? newest.orders.filter(\.overdue) : desk.orders(query).orders
        let lateNumbers = Set(late.map(\.number))
        let others = newest.orders.filter { !lateNumbers.contains($0.number) }
        self.orders = others.prefix(DeskMap.mostOrders - lateNumbers.count) + late
        self.isMore = !isAll
        self.alarms = withAlarms ? try await desk.openAlarms(in: scope) : []
        self.places = desk.places(in: scope)
        self.now = now
    }

    var report: MapReport { MapReport(orders, areMore: isMore, alarms, places, at: now) }
}

extension CaseDesk {
    /// The worst first.
    func openAlarms(in scope: PlaceID) async throws -> [AlarmReport] {
        var query = AlarmQuery(scope: scope)
        query.isOpen = true
        return try await alarms(query).alarms
    }

    /// Those of a scope, by their codes.
    func places(in scope: PlaceID) -> [Place] {
        let authority = authority
        return authority.places.values.filter { authority.isWithin($0.id, scope) }
            .sorted { ($0.code, $0.id) < ($1.code, $1.id) }
    }
}
