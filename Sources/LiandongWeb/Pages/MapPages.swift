import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// The map: places, open orders and open alarms; a list beside it says the same without a script.
extension PageRoutes {
    func addMapPages(to router: Router<HTTPFace.Context>) {
        add("/staff/map", to: router, get: { try await map($0) })
    }

    private struct MapPage {
        let isDrawn: Bool
        let summary: String
        /// What the map leaves out.
        let limit: String?
        let places: [Row]
        let alarms: [Alarm]
        let noPlaces: Bool

        struct Row {
            let name: String
            let link: String
            let orders: Int
            let overdue: Int
            let alarms: Int
        }

        struct Alarm {
            let title: String
            let place: String
            let tone: String
            let severity: String
        }
    }

    private func map(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        let found = try await DeskMap(desk, of: staff.scope, withAlarms: true, at: now())
        let text = text(request)
        let loads = Dictionary(try await desk.loads(in: staff.scope).map { ($0.place, $0) }) { first, _ in first }
        let alarms = Dictionary(grouping: found.alarms, by: \.community.code)
        let rows = found.places.map { place in
            MapPage.Row(
                name: place.name,
                link: "/staff?view=open&place=\(PageRequest.escaped(place.code))",
                orders: loads[place.id]?.open ?? 0,
                overdue: loads[place.id]?.overdue ?? 0,
                alarms: alarms[place.code]?.count ?? 0
            )
        }
        let located = found.orders.count { $0.latitude != nil }
        let (open, shown) = (loads.values.reduce(0) { $0 + $1.open }, found.orders.count)
        let page = MapPage(
            isDrawn: leaflet != nil,
            summary: text(
                Localized(
                    "在办 \(open) 件，图上 \(located) 件；未关闭报警 \(found.alarms.count) 起。",
                    "\(open) open orders, \(located) of them on the map; \(found.alarms.count) open alarms."
                )
            ),
            limit: found.isMore
                ? text(
                    Localized(
                        "在办件太多，图上只画 \(shown) 件：先画超时的，再画最新的。各地数字统计全部。",
                        "Too many are open to be drawn: \(shown) are, late ones first, then the newest. The figures are of all."
                    )
                ) : nil,
            places: rows.filter { $0.orders + $0.alarms > 0 },
            alarms: found.alarms.prefix(20).map { alarm in
                let severity = AlarmSeverity.allCases.first { $0.name == alarm.severity } ?? .warning
                return .init(
                    title: DeviceAlarm.title(ofType: alarm.type).map { text($0) } ?? alarm.type,
                    place: alarm.community.name,
                    tone: severity >= .critical ? "bad" : "warn",
                    severity: text(severity.title)
                )
            },
            noPlaces: rows.allSatisfy { $0.orders + $0.alarms == 0 }
        )
        return await self.page(.map, page, titled: text(Localized("地图", "Map")), request)
    }
}
