import LiandongCore

/// Answers that go over all orders, kept until something changes, and worked out once for all who ask at a time.
actor KeptAnswers<Value: Sendable> {
    /// What an answer says of deadlines may be so old.
    private static var life: Int64 { 15_000 }
    /// So many are kept at most, the latest asked for.
    private static var room: Int { 32 }

    /// What an answer was worked out for, when, and from which state of the store.
    private struct Kept {
        let scope: PlaceID
        let changes: Int
        let at: Instant
        let answer: Task<Value, any Error>
    }

    /// The one asked for last stands last.
    private var kept: [Kept] = []

    /// The answer for a scope, as it is now or was since nothing changed.
    ///
    /// - Parameter changes: how often records have changed so far; asked before the answer is worked out.
    /// - Throws: what `make` throws, for all who waited for it; it is not kept.
    func answer(
        for scope: PlaceID,
        changes: Int,
        at now: Instant,
        make: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let found = kept.first { $0.scope == scope }
        kept.removeAll { $0.scope == scope }
        let current = found.flatMap { found -> Kept? in
            let age = now.milliseconds(since: found.at)
            return found.changes == changes && (0..<Self.life).contains(age) ? found : nil
        }
        let answer = current ?? Kept(scope: scope, changes: changes, at: now, answer: Task { try await make() })
        kept.append(answer)
        if kept.count > Self.room { kept.removeFirst() }
        do {
            return try await answer.answer.value
        } catch {
            kept.removeAll { $0.scope == scope && $0.answer == answer.answer }
            throw error
        }
    }
}
