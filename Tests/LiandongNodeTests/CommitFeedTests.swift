import Dispatch
import LiandongCore
import Synchronization
import Testing

@testable import LiandongNode

@Suite("Commit feed")
struct CommitFeedTests {
    private func commit(_ number: Int) -> CommitFeed.Commit {
        CommitFeed.Commit(deltas: [], definitions: [Audience(lines: [PlaceID(raw: UInt64(number))])].compactMap { $0 })
    }

    private func number(_ commit: CommitFeed.Commit) -> UInt64? { commit.definitions.first?.members.first?.place.raw }

    @Test("Commits come out in their order, however many more there are than fit", .timeLimit(.minutes(1)))
    func order() async {
        let feed = CommitFeed()
        let count = 2_000
        let writer = Thread.detached {
            for number in 1...count { feed.put(commit(number)) }
        }
        var seen: [UInt64] = []
        await withTaskGroup(of: [UInt64].self) { group in
            group.addTask {
                let numbers = Mutex<[UInt64]>([])
                await feed.handOn { commit in numbers.withLock { $0 += [number(commit) ?? 0] } }
                return numbers.withLock { $0 }
            }
            await writer.value
            group.cancelAll()
            for await numbers in group { seen = numbers }
        }
        #expect(seen == (1...UInt64(count)).prefix(seen.count).map { $0 })
        // The writer was let go on only as room was made: at most one feed's worth can be unread at the end.
        #expect(seen.count >= count - 257)
    }

    @Test("A feed nobody reads any more does not hold its writer", .timeLimit(.minutes(1)))
    func closed() async {
        let feed = CommitFeed()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await feed.handOn { _ in } }
            group.cancelAll()
        }
        await Thread.detached { for number in 1...1_000 { feed.put(commit(number)) } }.value
    }
}

/// A thread of its own: the writer waits on it, which a task must not.
private enum Thread {
    static func detached(_ body: @escaping @Sendable () -> Void) -> Task<Void, Never> {
        Task.detached {
            await withCheckedContinuation { continuation in
                DispatchQueue(label: "writer").async {
                    body()
                    continuation.resume()
                }
            }
        }
    }
}
