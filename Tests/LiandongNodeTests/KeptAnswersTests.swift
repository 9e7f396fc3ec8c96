import LiandongCore
import Synchronization
import Testing

@testable import LiandongNode

@Suite("Answers that are kept")
final class KeptAnswersTests: Sendable {
    private struct Failure: Error {}

    private let answers = KeptAnswers<Int>()
    private let made = Mutex(0)
    private let place = PlaceID(raw: 7)
    private let noon = Instant(milliseconds: 1_700_000_000_000)

    /// Each answer is the number of the time that one was worked out.
    private func answer(_ scope: PlaceID, changes: Int, at now: Instant) async throws -> Int {
        try await answers.answer(for: scope, changes: changes, at: now) { [self] in
            made.withLock { count in
                count += 1
                return count
            }
        }
    }

    @Test("Stands until something changes, or it is old, or the clock was put back")
    func life() async throws {
        #expect(try await answer(place, changes: 1, at: noon) == 1)
        #expect(try await answer(place, changes: 1, at: noon.advanced(byMilliseconds: 14_999)) == 1)
        #expect(try await answer(place, changes: 2, at: noon) == 2)
        #expect(try await answer(place, changes: 2, at: noon.advanced(byMilliseconds: 15_000)) == 3)
        #expect(try await answer(place, changes: 2, at: noon) == 4)
        #expect(try await answer(PlaceID(raw: 8), changes: 2, at: noon) == 5, "each scope has its own")
        #expect(try await answer(place, changes: 2, at: noon) == 4)
    }

    @Test("Is worked out once for all who ask at a time")
    func shared() async throws {
        let gate = AsyncStream<Void>.makeStream()
        let found = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask { [self] in
                    try await answers.answer(for: place, changes: 1, at: noon) { [self] in
                        for await _ in gate.stream { break }
                        return made.withLock { count in
                            count += 1
                            return count
                        }
                    }
                }
            }
            gate.continuation.finish()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found == Array(repeating: 1, count: 20))
    }

    @Test("A failure is told and not kept")
    func failure() async throws {
        await #expect(throws: Failure.self) {
            try await answers.answer(for: place, changes: 1, at: noon) { throw Failure() }
        }
        #expect(try await answer(place, changes: 1, at: noon) == 1)
    }

    @Test("So many scopes are kept; the one not asked for longest goes first")
    func room() async throws {
        for raw in 0..<32 as Range<UInt64> { _ = try await answer(PlaceID(raw: raw), changes: 1, at: noon) }
        #expect(try await answer(PlaceID(raw: 0), changes: 1, at: noon) == 1)
        #expect(try await answer(PlaceID(raw: 99), changes: 1, at: noon) == 33)
        #expect(try await answer(PlaceID(raw: 0), changes: 1, at: noon) == 1)
        #expect(try await answer(PlaceID(raw: 1), changes: 1, at: noon) == 34)
    }
}
