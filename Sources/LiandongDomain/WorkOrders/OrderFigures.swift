/// What became of the work orders of a place: counts, the last days, and the three rates (三率).
package struct OrderFigures: Sendable, Hashable {
    /// So many days the figures go over, today the last.
    package static let dayCount = 30
    /// Whoever is answered later was not responded to in time (响应率).
    package static let responseMilliseconds: Int64 = 24 * 3_600_000
    /// Whoever gives at least so many of five stars is content (满意率).
    package static let leastContent = 4

    package struct Count: Sendable, Hashable {
        /// A status or a service, by its word or code.
        package let name: String
        package let count: Int

        package init(name: String, count: Int) {
            self.name = name
            self.count = count
        }
    }

    package struct Day: Sendable, Hashable {
        package let day: CivilDate
        package let requested: Int
        package let handled: Int

        package init(day: CivilDate, requested: Int, handled: Int) {
            self.day = day
            self.requested = requested
            self.handled = handled
        }
    }

    /// So many of those that count.
    package struct Rate: Sendable, Hashable {
        package let part: Int
        package let whole: Int

        package init(part: Int, whole: Int) {
            self.part = part
            self.whole = whole
        }
    }

    /// Of those that are open now, in the order of the states.
    package let open: [Count]
    package let overdue: Int
    package let disputed: Int
    /// Of those requested in the last days, the most first.
    package let services: [Count]
    /// Every one of the last days, the oldest first.
    package let days: [Day]
    /// Taken up within ``responseMilliseconds``, of those that were taken up or waited longer.
    package let response: Rate
    /// Handled and not declined, of those that were handled, declined or whose time is over.
    package let resolution: Rate
    /// At least ``leastContent``, of those whose requester said how content they are.
    package let satisfaction: Rate

    package init(
        open: [Count],
        overdue: Int,
        disputed: Int,
        services: [Count],
        days: [Day],
        response: Rate,
        resolution: Rate,
        satisfaction: Rate
    ) {
        self.open = open
        self.overdue = overdue
        self.disputed = disputed
        self.services = services
        self.days = days
        self.response = response
        self.resolution = resolution
        self.satisfaction = satisfaction
    }
}
