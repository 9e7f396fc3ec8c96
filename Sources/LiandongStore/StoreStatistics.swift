/// What the writing connection has done since the start.
package struct StoreStatistics: Sendable, Hashable {
    package private(set) var transactions = 0
    package private(set) var writes = 0
    /// Transactions by duration: how many took at most each bound, in milliseconds.
    package private(set) var durations: [Int] = Array(repeating: 0, count: bounds.count + 1)
    package private(set) var totalSeconds = 0.0
    package internal(set) var waiting = 0
    /// Transactions that changed devices or rules for devices.
    package internal(set) var deviceChanges = 0

    package static let bounds: [Double] = [0.5, 1, 2, 5, 10, 20, 50, 100, 500, 1_000]

    mutating func note(jobs: Int, duration: Duration) {
        transactions += 1
        writes += jobs
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        totalSeconds += seconds
        let slot = StoreStatistics.bounds.firstIndex { seconds * 1_000 <= $0 } ?? StoreStatistics.bounds.count
        durations[slot] += 1
    }
}
