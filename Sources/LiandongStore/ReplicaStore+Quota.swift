import GRDB
package import LiandongCore

extension ReplicaStore {
    /// The most deltas that are let in within one transaction, so that other writes get their turn.
    private static let letInLimit = 256

    /// Everything of an origin for others waits from now on.
    package func mute(_ origin: NodeID) async throws {
        try await work { transaction in try transaction.ledger.mute(origin, in: transaction.storage) }
    }

    /// Lifts an origin's quota until the day ends, and takes over what waits of it.
    ///
    /// - Parameter taken: hears of each commit's deltas, in their order.
    /// - Returns: how many deltas were taken over, and how many were never kept.
    package func letIn(
        _ origin: NodeID,
        taken: ([CommittedDelta]) async -> Void
    ) async throws -> (deltas: Int, turnedAway: Int) {
        var count = 0
        while true {
            let (stored, step) = try await work { transaction in
                var outcome = LedgerOutcome()
                let step = try transaction.ledger.letIn(
                    origin,
                    limit: ReplicaStore.letInLimit,
                    at: transaction.now,
                    in: transaction.storage,
                    into: &outcome
                )
                transaction.touched.formUnion(outcome.touched)
                return (outcome.stored, step)
            }
            count += stored.count
            await taken(stored)
            if step.isFinished { return (count, step.turnedAway) }
        }
    }
}

extension StoreReader {
    /// What was counted, decided and held back of origins that write for others.
    package func quotaBook() throws -> QuotaBook { try storage.quotaBook() }
}
