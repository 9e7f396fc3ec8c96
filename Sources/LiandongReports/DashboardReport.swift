package import LiandongCore
package import LiandongDomain

/// What became of the requests of a place, and how complete that is: `liandong.dashboard/1`.
package struct DashboardReport: Codable, Sendable {
    package var schema = "liandong.dashboard/1"
    package let asOf: String
    /// Of those that are open now.
    package let open: [Status]
    package let overdue: Int
    package let disputed: Int
    /// Of those requested in the last days, the most first.
    package let services: [Service]
    /// The oldest first.
    package let days: [Day]
    package let rates: Rates
    /// The nodes above and below, whose word these figures hang on; absent for who may not read the cluster's status.
    package var nodes: [Node]?

    package struct Status: Codable, Sendable {
        package let status: String
        package let count: Int
    }

    package struct Service: Codable, Sendable {
        package let service: String
        package let count: Int
    }

    package struct Day: Codable, Sendable {
        /// yyyy-mm-dd.
        package let day: String
        package let requested: Int
        package let handled: Int
    }

    package struct Rates: Codable, Sendable {
        package let response: Rate
        package let resolution: Rate
        package let satisfaction: Rate
    }

    /// So many of those that count.
    package struct Rate: Codable, Sendable {
        package let part: Int
        package let whole: Int
    }

    package struct Node: Codable, Sendable {
        package let node: String
        package let place: PlaceReport
        /// As in the status of the cluster.
        package let state: String
        /// How old the newest word of it is; absent when there is none.
        package let ageSeconds: Double?
    }
}

extension DashboardReport {
    package init(_ figures: OrderFigures, nodes: [StatusReport.Row], at now: Instant) {
        func rate(_ rate: OrderFigures.Rate) -> Rate { Rate(part: rate.part, whole: rate.whole) }
        self.asOf = now.iso8601
        self.open = figures.open.map { Status(status: $0.name, count: $0.count) }
        self.overdue = figures.overdue
        self.disputed = figures.disputed
        self.services = figures.services.map { Service(service: $0.name, count: $0.count) }
        self.days = figures.days.map { Day(day: "\($0.day)", requested: $0.requested, handled: $0.handled) }
        self.rates = Rates(
            response: rate(figures.response),
            resolution: rate(figures.resolution),
            satisfaction: rate(figures.satisfaction)
        )
        self.nodes = nodes.map { row in
            Node(
                node: row.node,
                place: PlaceReport(code: row.placeCode, name: row.placeName),
                state: row.state,
                ageSeconds: row.ageSeconds
            )
        }
    }
}
