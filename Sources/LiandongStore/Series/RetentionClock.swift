import LiandongCore
package import LiandongDomain

/// Whether today's date is believed before days are deleted by it: a node that starts with its clock a year ahead would
/// delete everything that it holds.
package struct RetentionClock: Sendable {
    /// So many days ahead of the newest that is known, a date needs to be seen again.
    private static let leap = 7
    private static let roundsUntilBelieved = 24

    private var newest: CivilDate?
    private var doubted = 0

    /// - Parameter newest: the newest day that there are readings of; nil: there are none.
    package init(newest: CivilDate?) { self.newest = newest }

    /// - Parameter today: as the clock says, once an hour.
    /// - Returns: whether to delete by it: it lies near the newest day known, or has been ahead of it for a day of running.
    package mutating func believes(_ today: CivilDate) -> Bool {
        guard let known = newest, today.number - known.number > Self.leap else {
            newest = max(newest ?? today, today)
            doubted = 0
            return true
        }
        doubted += 1
        guard doubted > Self.roundsUntilBelieved else { return false }
        newest = today
        doubted = 0
        return true
    }
}
