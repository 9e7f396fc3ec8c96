import LiandongCore
import LiandongSigning

/// One replica of the run and the process that serves it.
final class SimulatedNode {
    let index: Int
    let id: NodeID
    /// Nil for a founding node; otherwise how it is to enrol.
    let joining: SyncConfiguration.JoinTarget?
    let replica: MemoryReplica
    var clock: SimulatedClock
    /// What it makes of its frames, when it is dishonest.
    var liar: Liar?
    /// Counts lives: what an earlier one asked for is answered to nobody.
    private(set) var life = 0
    private(set) var isUp = false
    var engine: SyncEngine?
    var jobs: [ReplicaJob] = []
    var targets: [NodeID] = []
    /// The neighbours that its operator named.
    var lateral: Set<NodeID> = []
    /// It will never run again.
    var isDead = false
    /// What was on the disk when a backup was made.
    var backup: MemoryReplica.Disk?
    /// Deltas that a caller was told are safe.
    var acknowledged: Set<DeltaID> = []
    /// The forks that it reported, in any of its lives.
    var forks: [SimulationRun.LanePlace: Set<DeltaID>] = [:]
    /// Its disk once did not take a write: it turned peers away for it.
    var hadDiskFault = false
    var lastTicketDone: Ticket?
    /// How far held deltas were checked for entitlement.
    var checkedArrivals = 0
    /// How far the cursors on the disk were checked against what they promise.
    var checkedCursors: [CheckedCursor: LSN] = [:]

    struct CheckedCursor: Hashable {
        let epoch: StoreEpoch
        let deltaClass: DeltaClass
        /// A longer chain may promise more.
        let height: UInt64
    }

    init(index: Int, joining: SyncConfiguration.JoinTarget? = nil, replica: MemoryReplica, clock: SimulatedClock) {
        self.index = index
        self.id = replica.node
        self.joining = joining
        self.replica = replica
        self.clock = clock
    }

    /// Starts from the disk alone.
    ///
    /// - Parameter fresh: the names to go by, where those of before have ended.
    func start(_ fresh: Renewal, _ options: SimulationOptions, at now: Instant) throws {
        life += 1
        isUp = true
        jobs = []
        targets = []
        lastTicketDone = nil
        var start = try replica.open(fresh, at: now)
        start.lateral = lateral
        checkedArrivals = 0
        var configuration = SyncConfiguration(addresses: ["\(id):1"], version: "simulated", joining: joining)
        configuration.interactiveWindow = 4_096
        configuration.bulkWindow = 2_048
        configuration.silenceLimit = options.silenceLimit
        configuration.snapshotThreshold = options.snapshotThreshold
        configuration.keepAlive = options.silenceLimit / 3
        configuration.fallbackPatience = options.fallbackPatience
        configuration.ignoresEntitlement = options.plantedBug == .ignoresEntitlement
        engine = SyncEngine(
            start: start,
            configuration: configuration,
            schemaVersion: replica.schema.version,
            signer: replica.signer,
            cryptography: .sodium
        )
    }

    /// Loses everything that is not on the disk.
    ///
    /// - Returns: whether work was under way, and how many writes to its disk were lost or torn.
    func crash() -> (hadWork: Bool, lostWrites: Int) {
        let (wasWriting, lostWrites) = replica.crash()
        let hadWork = wasWriting || !jobs.isEmpty
        end()
        return (hadWork, lostWrites)
    }

    /// Ends in order, while nothing is being written; what waits is answered to nobody.
    func stop() throws {
        try replica.stop()
        end()
    }

    private func end() {
        isUp = false
        life += 1
        engine = nil
        jobs = []
        targets = []
    }
}

extension SimulatedNode {
    func mendDisk() {
        replica.fault = nil
        replica.store?.disk.mend()
    }

    /// A backup takes the disk's place: what was acknowledged since is here no more, the others may have it.
    func wentBack(to backup: MemoryReplica.Disk) {
        replica.restore(backup)
        let lost = acknowledged.filter { backup.content.numbers[$0] == nil }
        acknowledged.subtract(lost)
        checkedArrivals = 0
        checkedCursors = [:]
    }
}

/// A wall clock that is off, too fast or too slow, and now and then set to something else.
struct SimulatedClock {
    /// What it is ahead of the world's, in milliseconds.
    var skew: Int64
    /// How much faster it is, in millionths.
    var drift: Int64 = 0

    func reading(at now: Int64) -> Instant {
        SimulatedTown.founding.advanced(byMilliseconds: now + skew + now * drift / 1_000_000)
    }
}
