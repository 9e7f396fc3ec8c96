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
        /// How many are drawn, which the script knows: it takes the place of `#`.
        let drawn: String
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
        let text = text(request)
        let loads = Dictionary(try await desk.loads(in: staff.scope).map { ($0.place, $0) }) { first, _ in first }
        let open = loads.values.reduce(0) { $0 + $1.open }
        let worstAlarms = try await desk.openAlarms(in: staff.scope)
        let alarms = Dictionary(grouping: worstAlarms, by: \.community.code)
        let rows = desk.places(in: staff.scope).map { place in
            MapPage.Row(
                name: place.name,
                link: "/staff?view=open&place=\(PageRequest.escaped(place.code))",
                orders: loads[place.id]?.open ?? 0,
                overdue: loads[place.id]?.overdue ?? 0,
                alarms: alarms[place.code]?.count ?? 0
            )
        }
        let most = DeskMap.mostOrders
        let page = MapPage(
            isDrawn: leaflet != nil,
            summary: text(
                Localized(
                    "在办 \(open) 件；未关闭报警 \(worstAlarms.count) 起。",
                    "\(open) open orders; \(worstAlarms.count) open alarms."
                )
            ),
            drawn: text(Localized("图上 # 件在办工单。", "# open orders are on the map.")),
            limit: open > most
                ? text(
                    Localized(
                        "在办件太多，图上最多画 \(most) 件：先画超时的，再画最新的。各地数字统计全部。",
                        """
                        Too many are open to be drawn: \(most) at most are, late ones first, then the newest. The figures \
                        are of all.
                        """
                    )
                ) : nil,
            places: rows.filter { $0.orders + $0.alarms > 0 },
            alarms: worstAlarms.prefix(20).map { alarm in
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
