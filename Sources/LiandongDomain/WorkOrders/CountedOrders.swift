package import LiandongCore

/// The work orders that figures are made of: one by one put in and taken out, and gone over for each question.
///
/// A hundred thousand take 20 MiB, with where each lies: what few values there are of lies beside, and is named by number.
package struct CountedOrders: Sendable {
    private static let servicesShown = 10

    private struct Row {
        let record: RecordID
        let status: WorkOrder.Status
        /// Numbers of values.
        let service: Int
        let place: Int
        let concerned: Int
        let isDisputed: Bool
        let isResolved: Bool
        let requestedAt: Instant
        let clockStartedAt: Instant
        let respondedAt: Instant?
        let handledAt: Instant?
        let satisfaction: Int?
    }

    /// In no particular order.
    private var rows: [Row] = []
    private var positions: [RecordID: Int] = [:]
    private var services = NumberedValues<String>()
    private var places = NumberedValues<PlaceID>()
    private var concerned = NumberedValues<[PlaceID]>()

    package init() {}

    package var count: Int { rows.count }

    /// Puts an order in, in place of what was known of it.
    package mutating func put(_ order: CountedOrder) {
        let row = Row(
            record: order.record,
            status: order.status,
            service: services.number(of: order.service),
            place: places.number(of: order.place),
            concerned: concerned.number(of: order.concerned),
            isDisputed: order.isDisputed,
            isResolved: order.isResolved,
            requestedAt: order.requestedAt,
            clockStartedAt: order.clockStartedAt,
            respondedAt: order.respondedAt,
            handledAt: order.handledAt,
            satisfaction: order.satisfaction
        )
        if let position = positions[order.record] {
            rows[position] = row
        } else {
            positions[order.record] = rows.count
            rows.append(row)
        }
    }

    /// Takes an order out, if it is there.
    package mutating func remove(_ record: RecordID) {
        guard let position = positions.removeValue(forKey: record), let last = rows.popLast() else { return }
        guard last.record != record else { return }
        rows[position] = last
        positions[last.record] = position
    }

    // MARK: Figures

    /// What became of the orders that are a matter of one of these places; nil: of all.
    ///
    /// - Complexity: O(orders).
    package func figures(of scope: Set<PlaceID>?, overdue bounds: OverdueBounds, at now: Instant) -> OrderFigures {
        let (isMeant, latestStart) = (isMeant(in: scope), latestStarts(bounds))
        let today = CivilDate(now)
        let first = CivilDate(number: today.number - OrderFigures.dayCount + 1)
        var statuses = Array(repeating: 0, count: WorkOrder.Status.allCases.count)
        var (overdue, disputed) = (0, 0)
        var ofService = Array(repeating: 0, count: services.values.count)
        var days = Array(repeating: (requested: 0, handled: 0), count: OrderFigures.dayCount)
        var (response, resolution, satisfaction) = (Tally(), Tally(), Tally())
        func day(_ instant: Instant) -> Int? {
            let day = CivilDate(instant).number - first.number
            return days.indices.contains(day) ? day : nil
        }
        for row in rows where isMeant[row.concerned] {
            let isLate = row.handledAt == nil && row.clockStartedAt <= latestStart[row.service]
            if row.status.isOpen {
                statuses[Int(row.status.rawValue)] += 1
                if isLate { overdue += 1 }
                if row.isDisputed { disputed += 1 }
            }
            if let handledAt = row.handledAt, let day = day(handledAt) { days[day].handled += 1 }
            guard row.requestedAt >= first.start else { continue }
            if let day = day(row.requestedAt) { days[day].requested += 1 }
            ofService[row.service] += 1
            let waited = (row.respondedAt ?? now).milliseconds(since: row.requestedAt)
            let isPatient = waited <= OrderFigures.responseMilliseconds
            response.count(row.respondedAt != nil && isPatient, of: row.respondedAt != nil || !isPatient)
            resolution.count(row.handledAt != nil && row.isResolved, of: row.handledAt != nil || isLate)
            let stars = row.satisfaction
            satisfaction.count(stars.map { $0 >= OrderFigures.leastContent } ?? false, of: stars != nil)
        }
        return OrderFigures(
            open: WorkOrder.Status.allCases.filter(\.isOpen).map {
                OrderFigures.Count(name: $0.name, count: statuses[Int($0.rawValue)])
            },
            overdue: overdue,
            disputed: disputed,
            services: mostAsked(ofService),
            days: zip(first.number..., days).map { number, day in
                OrderFigures.Day(day: CivilDate(number: number), requested: day.requested, handled: day.handled)
            },
            response: response.rate,
            resolution: resolution.rate,
            satisfaction: satisfaction.rate
        )
    }

    /// The places that have open orders among those that are a matter of one of these places; nil: of all.
    ///
    /// - Complexity: O(orders).
    package func loads(of scope: Set<PlaceID>?, overdue bounds: OverdueBounds) -> [PlaceLoad] {
        let (isMeant, latestStart) = (isMeant(in: scope), latestStarts(bounds))
        var loads = Array(repeating: (open: 0, overdue: 0), count: places.values.count)
        for row in rows where row.status.isOpen && isMeant[row.concerned] {
            loads[row.place].open += 1
            let isLate = row.handledAt == nil && row.clockStartedAt <= latestStart[row.service]
            if isLate { loads[row.place].overdue += 1 }
        }
        return zip(places.values, loads).filter { $1.open > 0 }.map { place, load in
            PlaceLoad(place: place, open: load.open, overdue: load.overdue)
        }
    }

    /// So many of those that count.
    private struct Tally {
        private var part = 0
        private var whole = 0

        mutating func count(_ isPart: Bool, of isWhole: Bool) {
            if isPart { part += 1 }
            if isWhole { whole += 1 }
        }

        var rate: OrderFigures.Rate { OrderFigures.Rate(part: part, whole: whole) }
    }

    /// Whether an order is one of those asked for, by what it is a matter of.
    private func isMeant(in scope: Set<PlaceID>?) -> [Bool] {
        concerned.values.map { places in scope.map { !$0.isDisjoint(with: places) } ?? true }
    }

    /// The latest beginning of a clock that has run out, by service.
    private func latestStarts(_ bounds: OverdueBounds) -> [Instant] {
        services.values.map { bounds.latestStart(of: $0) }
    }

    private func mostAsked(_ counts: [Int]) -> [OrderFigures.Count] {
        let asked = zip(services.values, counts).filter { $1 > 0 }.map { OrderFigures.Count(name: $0, count: $1) }
        return Array(asked.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(Self.servicesShown))
    }
}

/// Values of which there are few, each named by the number that it got first.
private struct NumberedValues<Value: Hashable & Sendable>: Sendable {
    private(set) var values: [Value] = []
    private var numbers: [Value: Int] = [:]

    mutating func number(of value: Value) -> Int {
        if let number = numbers[value] { return number }
        let number = values.count
        values.append(value)
        numbers[value] = number
        return number
    }
}
