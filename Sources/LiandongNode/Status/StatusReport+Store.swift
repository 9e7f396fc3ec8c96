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
