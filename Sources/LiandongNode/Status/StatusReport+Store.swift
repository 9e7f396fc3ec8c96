import Foundation
import LiandongCore
import LiandongMQTT
import LiandongReports
import LiandongStore

extension StatusReport.Erasures {
    init(_ store: ReplicaStore) {
        self.init(
            mayBeOutstanding: store.mayMissErasures,
            unfinished: store.unfinishedErasures.values.reduce(0) { $0 + $1.count },
            complaint: store.erasingComplaint
        )
    }
}

extension StatusReport.Broker {
    /// - Parameter desk: nil where the node has no broker.
    init(_ desk: MQTTDesk?) {
        guard let state = desk?.state else {
            self.init()
            return
        }
        self.init(
            isConnected: state.isConnected,
            since: Instant(milliseconds: Int64(state.since.timeIntervalSince1970 * 1_000)).iso8601,
            complaint: state.trouble?.reason,
            cause: state.trouble?.code.rawValue,
            waiting: state.waiting
        )
    }
}
