import LiandongCore
import LiandongDomain
import LiandongStore
import Synchronization

/// The work orders that figures are made of: read at the first question, and brought up to date before each further one.
///
/// They are read anew after some days, as figures are of the last days alone; where more has changed than is noted; and as
/// long as a snapshot is taken over, whose changes are not told, no more often than each ``life``.
actor KeptOrders {
    /// So many changed records are noted between two questions.
    static let room = 4_096
    /// After so many milliseconds it is asked whether a snapshot is taken over.
    static let life: Int64 = 15_000
    /// After so many days what has become too old for figures is let go of.
    static let days = 7

    private struct Kept {
        var orders: CountedOrders
        let day: CivilDate
        var readAt: Instant
        /// Records of a snapshot may be among them.
        let isPreview: Bool

        /// Whether all that figures of a day are made of is among them, and not much else.
        func covers(_ today: CivilDate) -> Bool { (day.number..<day.number + KeptOrders.days).contains(today.number) }

        /// Whether it has been asked of late whether a snapshot is taken over.
        ///
        /// Somebody who asked a moment later may have read first.
        func isRecent(at now: Instant) -> Bool {
            covers(CivilDate(now)) && now.milliseconds(since: readAt).magnitude < KeptOrders.life
        }
    }

    private struct Changes {
        /// Nothing has to be noted before something is kept.
        var areNoted = false
        var records: Set<RecordID> = []
        var isOverrun = false

        var isEmpty: Bool { records.isEmpty && !isOverrun }
    }

    private enum News {
        case all(CountedOrders, isPreview: Bool)
        case of([RecordID: CountedOrder?])
    }

    private let store: ReplicaStore
    private nonisolated let changes = Mutex(Changes())
    private var kept: Kept?
    private var reading: Task<Void, any Error>?

    init(_ store: ReplicaStore) { self.store = store }

    /// Whether the first reading is over.
    var isReady: Bool { kept != nil }

    /// Notes what has changed, before whoever wrote it is told; never waits.
    nonisolated func note(_ records: [RecordID]) {
        changes.withLock { changes in
            guard changes.areNoted, !changes.isOverrun else { return }
            changes.records.formUnion(records)
            guard changes.records.count > KeptOrders.room else { return }
            changes.records = []
            changes.isOverrun = true
        }
    }

    /// Has them read in advance, unless they are: whoever looks at lists may look at figures next.
    nonisolated func ready(at now: Instant) {
        guard !changes.withLock(\.areNoted) else { return }
        Task { try? await ask(at: now) { _ in } }
    }

    /// Asks something of the orders, as they are now or came to be while it was asked.
    ///
    /// - Complexity: O(records changed since the last question), and what the question takes; O(all orders) where they are
    ///   read anew.
    func ask<Answer: Sendable>(at now: Instant, _ question: (CountedOrders) -> Answer) async throws -> Answer {
        while true {
            if let reading {
                // It may have begun before what is asked for was written.
                _ = try? await reading.value
            } else if let kept, isCurrent(kept, at: now) {
                return question(kept.orders)
            } else {
                try await read(at: now)
                // What is written meanwhile is the next question's.
                if let kept { return question(kept.orders) }
            }
        }
    }

    private func isCurrent(_ kept: Kept, at now: Instant) -> Bool {
        // Of a snapshot more comes than is noted: all of it is read again only when it is time.
        kept.isRecent(at: now) && changes.withLock { $0.isEmpty || (kept.isPreview && $0.isOverrun) }
    }

    /// One reads at a time, or what one read later would be put in before.
    private func read(at now: Instant) async throws {
        let task = Task {
            defer { reading = nil }
            do {
                try await bringUpToDate(at: now)
            } catch {
                kept = nil
                throw error
            }
        }
        reading = task
        try await task.value
    }

    private func bringUpToDate(at now: Instant) async throws {
        let today = CivilDate(now)
        // Taken before the reading begins, so that it sees all of it.
        let changed = changes.withLock { changes in
            defer { changes = Changes(areNoted: true) }
            return changes
        }
        let isUsable = kept.map { $0.isPreview ? $0.isRecent(at: now) : $0.covers(today) } ?? false
        let wasPreview = kept?.isPreview ?? false
        let news = try await store.read { reader -> News in
            guard isUsable, !changed.isOverrun, reader.isPreviewing == wasPreview else {
                let first = CivilDate(number: today.number - OrderFigures.dayCount + 1)
                return .all(try reader.countedOrders(since: first), isPreview: reader.isPreviewing)
            }
            return .of(try changed.records.reduce(into: [:]) { $0[$1] = .some(try reader.countedOrder($1)) })
        }
        switch news {
        case .all(let orders, let isPreview):
            kept = Kept(orders: orders, day: today, readAt: now, isPreview: isPreview)
        case .of(let records):
            if !wasPreview { kept?.readAt = now }
            for (record, order) in records {
                if let order { kept?.orders.put(order) } else { kept?.orders.remove(record) }
            }
        }
    }
}
