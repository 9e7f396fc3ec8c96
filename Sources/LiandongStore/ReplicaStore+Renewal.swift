import GRDB
package import LiandongCore
import Synchronization

// A replica that went back in time with its anchor file, or runs beside a copy of itself, takes new names: the only way
// to write in no lane that another history has, and to number its arrivals under no epoch that peers have cursors of.

extension ReplicaStore {
    /// The most alarms kept.
    private static let alarmLimit: Int64 = 4_096

    /// Looks whether what a peer says shows that this replica went back, and takes new names if so.
    ///
    /// What was said and acted upon before is passed over, so that lanes which never come back do not cost new names at
    /// each start.
    ///
    /// - Returns: the new names; nil where there was no need for any.
    package func renew(_ report: RewindReport) async throws -> Renewal? {
        try await work { [self] transaction in
            guard try isNews(report, in: transaction) else { return nil }
            // Told of many lanes by many peers, it went back only once.
            guard report.storeEpoch == storeEpoch, transaction.renewal == nil else {
                return transaction.renewal
            }
            return try renew(in: &transaction)
        }
    }

    private func isNews(_ report: RewindReport, in transaction: WriteTransaction) throws -> Bool {
        switch report.claim {
        case .lanes(let lanes):
            var isNews = false
            for lane in lanes {
                let id = LaneID(lane.lane, configuration.cryptography)
                let isNew = try transaction.db.keep(
                    Alarm(
                        kind: .rewoundLane,
                        subject: id.bytes,
                        peer: report.peer,
                        ours: lane.ours,
                        theirs: lane.theirs
                    ),
                    at: transaction.now,
                    limit: ReplicaStore.alarmLimit
                )
                isNews = isNews || isNew
            }
            return isNews
        case .store(let lsn):
            let held = try transaction.storage.greatestLSN()
            guard lsn > held, report.storeEpoch == storeEpoch else { return false }
            return try transaction.db.keep(
                Alarm(
                    kind: .rewoundStore,
                    subject: storeEpoch.raw.bigEndianBytes,
                    peer: report.peer,
                    ours: UInt64(clamping: held),
                    theirs: UInt64(clamping: lsn)
                ),
                at: transaction.now,
                limit: ReplicaStore.alarmLimit
            )
        }
    }

    /// Takes new names within a transaction; once in one.
    @discardableResult
    func renew(in transaction: inout WriteTransaction) throws -> Renewal {
        if let taken = transaction.renewal { return taken }
        func word() -> UInt64 { configuration.random(8).reduce(0) { $0 << 8 | UInt64($1) } }
        let renewal = Renewal(
            incarnation: Incarnation(raw: word()),
            storeEpoch: StoreEpoch(raw: word())
        )
        try transaction.db.setMeta("incarnation", renewal.incarnation.column)
        try transaction.db.setMeta("epoch", renewal.storeEpoch.column)
        transaction.ledger.begin(incarnation: renewal.incarnation)
        transaction.renewal = renewal
        return renewal
    }

    /// The transaction is durable: the replica goes by its new names.
    func take(_ renewal: Renewal) {
        names.withLock { $0 = renewal }
        // An anchor that could not be written is of another epoch than the file: the next start takes new names again.
        // By how much is drawn, so that a copy which takes new names as well goes on elsewhere.
        let thousands = 1 + Int(configuration.random(1).first ?? 0) % 32
        try? anchor.take(renewal, skippingNumbers: thousands * 1_000)
    }

    /// Keeps an alarm that has no delta to prove it.
    package func keep(_ alarm: Alarm) async throws {
        try await work { transaction in
            _ = try transaction.db.keep(alarm, at: transaction.now, limit: ReplicaStore.alarmLimit)
        }
    }
}

/// Something that must not be, as a peer said it.
package struct Alarm: Sendable, Hashable {
    package enum Kind: Int64, Sendable {
        /// A peer knows later deltas of a lane of this node; the subject is the lane's id.
        case rewoundLane = 1
        /// A peer has read further in this store than it goes; the subject is the store's epoch.
        case rewoundStore = 2
        /// A peer's chain differs at a height; the subject is the peer's id.
        case authorityFork = 3

        /// As reports call it.
        package var name: String {
            switch self {
            case .rewoundLane: "rewound-lane"
            case .rewoundStore: "rewound-store"
            case .authorityFork: "authority-fork"
            }
        }
    }

    package let kind: Kind
    package let subject: [UInt8]
    package let peer: NodeID
    /// What this node holds: a seq, an LSN, a height.
    package let ours: UInt64
    /// What the peer says.
    package let theirs: UInt64

    package init(kind: Kind, subject: [UInt8], peer: NodeID, ours: UInt64, theirs: UInt64) {
        self.kind = kind
        self.subject = subject
        self.peer = peer
        self.ours = ours
        self.theirs = theirs
    }
}

extension Database {
    /// - Returns: whether it says more than what was kept of its subject.
    fileprivate func keep(_ alarm: Alarm, at now: Instant, limit: Int64) throws -> Bool {
        let known = try first(
            "SELECT theirs FROM alarms WHERE kind = ? AND subject = ?",
            alarm.kind.rawValue,
            alarm.subject
        ) { UInt64(bitPattern: try $0.integer(0)) }
        guard known.map({ $0 < alarm.theirs }) ?? true else { return false }
        let count = try first("SELECT count(*) FROM alarms") { try $0.integer(0) } ?? 0
        guard known != nil || count < limit else { return false }
        try run(
            "INSERT OR REPLACE INTO alarms(kind, subject, peer, ours, theirs, at) VALUES(?, ?, ?, ?, ?, ?)",
            alarm.kind.rawValue,
            alarm.subject,
            alarm.peer,
            Int64(bitPattern: alarm.ours),
            Int64(bitPattern: alarm.theirs),
            now.milliseconds
        )
        try takeBackDismissal(of: Dismissal.subject(of: alarm))
        return true
    }
}
