import LiandongCore

/// The connections of the world and what is wrong with its lines.
struct Network {
    /// Two nodes, in either order.
    struct Pair: Hashable, Comparable {
        let low: Int
        let high: Int

        init(_ a: Int, _ b: Int) {
            low = min(a, b)
            high = max(a, b)
        }

        static func < (a: Pair, b: Pair) -> Bool { (a.low, a.high) < (b.low, b.high) }
    }

    /// A direction in which nothing gets through.
    struct Way: Hashable {
        let from: Int
        let to: Int
    }

    /// One end of a connection.
    struct Connection {
        let owner: Int
        let ownerLife: Int
        let other: SessionID
        /// The node at the other end.
        let peer: Int
        /// Nothing arrives before what was sent before it.
        var arrival: Int64 = 0
        /// What was sent to this end while the way here was blocked; nil at the end is the end.
        var stalled: [[UInt8]?] = []
    }

    var connections: [SessionID: Connection] = [:]
    var nextSession: UInt64 = 1
    /// Cut off both ways.
    var cut: Set<Pair> = []
    var blocked: Set<Way> = []
    /// Nodes that nobody reaches.
    var offline: Set<Int> = []
    /// Who waits before dialling whom again, where one of the two runs twice.
    var patience: [Way: SimulationRun.Patience] = [:]

    func isCut(_ a: Int, _ b: Int) -> Bool {
        cut.contains(Pair(a, b)) || offline.contains(a) || offline.contains(b)
    }

    mutating func heal() {
        cut = []
        blocked = []
        offline = []
    }
}
