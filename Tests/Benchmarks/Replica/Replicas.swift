import LiandongCore
import LiandongNode
import LiandongSigning
import LiandongStore

/// The replicas of nodes that are stopped, by their data directories.
enum Replicas {
    /// Opens the stores, works on them, and closes them in order: nodes start from them as after a clean stop.
    static func with<Value>(
        _ folders: [String],
        _ body: ([ReplicaStore]) async throws -> Value
    ) async throws -> Value {
        let stores = try folders.map { try Node.openStore(NodeFolder($0)) }
        let value = try await body(stores)
        for store in stores { try await store.close() }
        return value
    }

    /// Hands each store the deltas as though the first author had sent them.
    static func persist(
        _ deltas: [Delta],
        _ audiences: [Audience],
        from peer: NodeID,
        in stores: [ReplicaStore]
    )
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in stores {
                group.addTask {
                    var batch = PersistBatch(peer: peer)
                    batch.audiences = audiences
                    batch.deltas = deltas
                    let outcome = try await store.persist(batch)
                    guard outcome.stored.count == deltas.count else {
                        throw BenchError("\(outcome.stored.count) of \(deltas.count) deltas were stored")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Each store's cursors say that all of the others' has come: nothing streams when the nodes meet.
    static func agree(_ stores: [ReplicaStore]) async throws {
        for store in stores {
            for other in stores where other !== store {
                let start = try await other.syncStart()
                var batch = PersistBatch(peer: start.node)
                batch.cursors = DeltaClass.allCases.map {
                    Cursor(peer: start.node, storeEpoch: start.storeEpoch, deltaClass: $0, lsn: start.lastLSN)
                }
                _ = try await store.persist(batch)
            }
        }
    }
}
