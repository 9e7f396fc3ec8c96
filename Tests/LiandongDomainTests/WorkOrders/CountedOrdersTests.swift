import LiandongCore
import LiandongSimulation
import Testing

@testable import LiandongDomain

@Suite("Figures of work orders")
struct CountedOrdersTests {
    private static let now = Instant(milliseconds: 1_795_241_100_000)
    private let bounds = OverdueBounds(.current, .mainlandChina, at: now)

    private func order(_ index: UInt8, _ random: inout SeededRandom) -> CountedOrder {
        func ago(_ days: ClosedRange<Int64>) -> Instant {
            let minutes = Int64.random(in: (days.lowerBound * 1_440)...(days.upperBound * 1_440), using: &random)
            return Self.now.advanced(byMilliseconds: -minutes * 60_000)
        }
        let status = WorkOrder.Status.allCases.randomElement(using: &random) ?? .submitted
        let requestedAt = ago(0...45)
        return CountedOrder(
            record: RecordID(raw: Bytes16([UInt8](repeating: index, count: 16)) ?? Bytes16(high: 0, low: 0)),
            status: status,
            service: ["0101", "0301", "0303", "9999"].randomElement(using: &random) ?? "",
            place: PlaceID(raw: .random(in: 1...4, using: &random)),
            concerned: (1...5).filter { _ in Bool.random(using: &random) }.map { PlaceID(raw: $0) },
            isDisputed: status.isOpen && Bool.random(using: &random),
            requestedAt: requestedAt,
            clockStartedAt: Bool.random(using: &random) ? requestedAt : ago(0...20),
            respondedAt: Bool.random(using: &random) ? ago(0...44) : nil,
            handledAt: status >= .handled ? ago(0...40) : nil,
            isResolved: Bool.random(using: &random),
            satisfaction: Bool.random(using: &random) ? .random(in: 1...5, using: &random) : nil
        )
    }

    /// The figures as their definitions say them, one after the other.
    private func defined(_ orders: [CountedOrder]) -> OrderFigures {
        let now = Self.now
        let days = ((CivilDate(now).number - 29)...CivilDate(now).number).map(CivilDate.init(number:))
        let recent = orders.filter { CivilDate($0.requestedAt) >= days[0] }
        let late = Set(orders.filter { $0.handledAt == nil && isLate($0) })
        let services = Set(recent.map(\.service)).map { service in
            OrderFigures.Count(name: service, count: recent.count { $0.service == service })
        }
        func rate(_ part: (CountedOrder) -> Bool, of whole: (CountedOrder) -> Bool) -> OrderFigures.Rate {
            OrderFigures.Rate(part: recent.count(where: part), whole: recent.count(where: whole))
        }
        let day: Int64 = 86_400_000
        return OrderFigures(
            open: WorkOrder.Status.allCases.filter(\.isOpen).map { status in
                OrderFigures.Count(name: status.name, count: orders.count { $0.status == status })
            },
            overdue: late.count { $0.status.isOpen },
            disputed: orders.count { $0.isDisputed },
            services: services.sorted { $0.count == $1.count ? $0.name < $1.name : $0.count > $1.count },
            days: days.map { day in
                OrderFigures.Day(
                    day: day,
                    requested: orders.count { CivilDate($0.requestedAt) == day },
                    handled: orders.count { $0.handledAt.map(CivilDate.init) == day }
                )
            },
            response: rate(
                { order in order.respondedAt.map { $0.milliseconds(since: order.requestedAt) <= day } ?? false },
                of: { $0.respondedAt != nil || now.milliseconds(since: $0.requestedAt) > day }
            ),
            resolution: rate(
                { $0.handledAt != nil && $0.isResolved },
                of: { $0.handledAt != nil || late.contains($0) }
            ),
            satisfaction: rate({ ($0.satisfaction ?? 0) >= 4 }, of: { $0.satisfaction != nil })
        )
    }

    private func isLate(_ order: CountedOrder) -> Bool {
        let deadline = ServiceCatalogue.current[order.service]?.deadline ?? .normal
        return deadline.due(after: order.clockStartedAt, .mainlandChina).0 < Self.now
    }

    private func loads(_ orders: [CountedOrder]) -> Set<PlaceLoad> {
        let open = orders.filter(\.status.isOpen)
        return Set(
            Set(open.map(\.place)).map { place in
                let here = open.filter { $0.place == place }
                let overdue = here.count { $0.handledAt == nil && isLate($0) }
                return PlaceLoad(place: place, open: here.count, overdue: overdue)
            }
        )
    }

    @Test(
        "Are what their definitions say, however orders came, changed and went",
        arguments: 1...20 as ClosedRange<UInt64>
    )
    func defined(seed: UInt64) {
        var random = SeededRandom(seed: seed, stream: 1)
        var counted = CountedOrders()
        var known: [RecordID: CountedOrder] = [:]
        for step in 0..<400 {
            let order = order(UInt8.random(in: 0...99, using: &random), &random)
            if step % 4 == 3 {
                counted.remove(order.record)
                known[order.record] = nil
            } else {
                counted.put(order)
                known[order.record] = order
            }
        }
        #expect(counted.count == known.count && known.count > 40)
        for scope in [nil, [3], [1, 5], [], [77]] as [Set<UInt64>?] {
            let scope = scope.map { Set($0.map { PlaceID(raw: $0) }) }
            let meant = known.values.filter { order in scope.map { !$0.isDisjoint(with: order.concerned) } ?? true }
            let orders = meant.sorted { $0.record < $1.record }
            #expect(counted.figures(of: scope, overdue: bounds, at: Self.now) == defined(orders))
            let found = counted.loads(of: scope, overdue: bounds)
            #expect(Set(found) == loads(orders) && Set(found.map(\.place)).count == found.count)
        }
    }

    @Test("Tell the ten services that are asked for most")
    func services() {
        var random = SeededRandom(seed: 1, stream: 2)
        var counted = CountedOrders()
        for index in 0..<60 as Range<UInt8> {
            let some = order(index, &random)
            counted.put(
                CountedOrder(
                    record: some.record,
                    status: .submitted,
                    // Of twelve services the later have more.
                    service: "\(10 + (index < 24 ? index % 12 : 11 - index % 3))",
                    place: some.place,
                    concerned: [],
                    isDisputed: false,
                    requestedAt: Self.now,
                    clockStartedAt: Self.now,
                    respondedAt: nil,
                    handledAt: nil,
                    isResolved: false,
                    satisfaction: nil
                )
            )
        }
        let services = counted.figures(of: nil, overdue: bounds, at: Self.now).services
        #expect(services.map(\.name) == ["19", "20", "21", "10", "11", "12", "13", "14", "15", "16"])
        #expect(services.map(\.count) == [14, 14, 14, 2, 2, 2, 2, 2, 2, 2])
    }
}
