import LiandongCore
import LiandongStore
import Synchronization

/// The records that change at this node, for whoever listens.
///
/// Nobody who listens holds up who writes: what does not fit a listener's room is let go of, and it is told so.
final class ChangeFeed: Sendable {
    static let listenerLimit = 256
    static let listenersOfAccount = 16
    /// Of records, for each listener.
    static let room = 64

    private struct Listener {
        let account: String
        /// In the order of their first change, each once.
        var records: [RecordID] = []
        /// Of those, the places of which they are no matter any more.
        var left: [RecordID: Set<PlaceID>] = [:]
        var isOverrun = false
        var waiter: CheckedContinuation<Void, Never>?

        var hasNews: Bool { isOverrun || !records.isEmpty }
    }

    private struct State {
        var listeners: [UInt64: Listener] = [:]
        var last: UInt64 = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    /// What changed since a listener was last told.
    struct Batch: Sendable, Hashable {
        /// Empty where nothing did, or more than was kept.
        let records: [RecordID]
        /// Of orders among them, the places of which they were a matter at some time since, and perhaps are not any more.
        var left: [RecordID: Set<PlaceID>] = [:]
        /// More changed than was kept.
        let isOverrun: Bool
    }

    /// A listener's place; it is free again when the last reference to it goes.
    final class Place: Sendable {
        private let feed: ChangeFeed
        private let number: UInt64

        fileprivate init(_ feed: ChangeFeed, _ number: UInt64) {
            self.feed = feed
            self.number = number
        }

        deinit { feed.leave(number) }

        /// Waits for a change, no longer than the limit.
        ///
        /// - Returns: nil once the feed is closed.
        func next(within limit: Duration) async -> Batch? {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [self] in await feed.arrival(number) }
                group.addTask { try? await Task.sleep(for: limit) }
                await group.next()
                group.cancelAll()
            }
            return feed.take(number)
        }
    }

    /// - Returns: nil when there is no place left, for the account or for anybody, or the node stops.
    func listen(by account: String) -> Place? {
        let number = state.withLock { state -> UInt64? in
            guard !state.isClosed, state.listeners.count < ChangeFeed.listenerLimit,
                state.listeners.values.count(where: { $0.account == account }) < ChangeFeed.listenersOfAccount
            else { return nil }
            state.last += 1
            state.listeners[state.last] = Listener(account: account)
            return state.last
        }
        return number.map { Place(self, $0) }
    }

    /// Notes what changed; never waits.
    func put(_ changes: RecordChanges) {
        let woken = state.withLock { state in
            var woken: [CheckedContinuation<Void, Never>] = []
            for number in state.listeners.keys {
                guard var listener = state.listeners[number] else { continue }
                for record in changes.records where !listener.isOverrun {
                    if let left = changes.left[record] { listener.left[record, default: []].formUnion(left) }
                    guard !listener.records.contains(record) else { continue }
                    listener.records.append(record)
                    guard listener.records.count > ChangeFeed.room else { continue }
                    (listener.records, listener.left) = ([], [:])
                    listener.isOverrun = true
                }
                if listener.hasNews, let waiter = listener.waiter {
                    listener.waiter = nil
                    woken.append(waiter)
                }
                state.listeners[number] = listener
            }
            return woken
        }
        for waiter in woken { waiter.resume() }
    }

    /// Sends everybody away: the node stops.
    func close() {
        let waiters = state.withLock { state in
            defer { state.listeners = [:] }
            state.isClosed = true
            return state.listeners.values.compactMap(\.waiter)
        }
        for waiter in waiters { waiter.resume() }
    }

    // MARK: A listener's turn

    /// Returns when there is something for a listener, it is cancelled, or the feed is closed.
    private func arrival(_ number: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isOver = state.withLock { state in
                    guard let listener = state.listeners[number], !listener.hasNews, !Task.isCancelled else {
                        return true
                    }
                    state.listeners[number]?.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.listeners[number]?.waiter = nil }
                return state.listeners[number]?.waiter
            }
            waiter?.resume()
        }
    }

    private func take(_ number: UInt64) -> Batch? {
        state.withLock { state in
            guard let listener = state.listeners[number] else { return nil }
            state.listeners[number]?.records = []
            state.listeners[number]?.left = [:]
            state.listeners[number]?.isOverrun = false
            return Batch(records: listener.records, left: listener.left, isOverrun: listener.isOverrun)
        }
    }

    private func leave(_ number: UInt64) { state.withLock { $0.listeners[number] = nil } }
}
