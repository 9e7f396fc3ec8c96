package import Foundation
package import LiandongCore
package import LiandongDomain

/// What a store is told of its node.
package struct StoreConfiguration: Sendable {
    /// The database file.
    package var database: URL
    /// Outside the data directory, so that a restored directory is noticed.
    package var anchor: URL
    package var node: NodeID
    package var signer: Signer
    package var cryptography: Cryptography
    package var schema: Schema
    /// What the node can open and seal, by the chain as it is.
    package var purposes: @Sendable (AuthorityState) -> Purposes
    /// The corrected wall clock.
    package var now: @Sendable () -> Instant
    /// So many random bytes.
    package var random: @Sendable (Int) -> [UInt8]
    /// The most writes that wait; one more is refused as busy.
    package var queueLimit = 4_096
    /// Below so many free bytes nothing new is accepted.
    package var freeSpaceFloor: Int64 = 256 << 20
    /// Pages in the write-ahead log after which it is copied into the database.
    package var walPages = WALPadding.pages
    /// What the journal of readings may hold before no more are taken, in bytes.
    package var journalByteLimit = 64 << 20
    /// So many bytes of what cannot be decoded are kept; the oldest goes first.
    package var quarantineByteLimit = 16 << 20
    /// Called before everything is folded anew at the opening, which takes a while, with how many deltas are held.
    package var willFoldAnew: (@Sendable (Int64) -> Void)?
    /// Where the days' files of readings lie.
    package var series: URL { database.deletingLastPathComponent().appendingPathComponent("series", isDirectory: true) }

    package init(
        database: URL,
        anchor: URL,
        node: NodeID,
        signer: Signer,
        cryptography: Cryptography,
        schema: Schema = LiandongSchema.current,
        purposes: @escaping @Sendable (AuthorityState) -> Purposes,
        now: @escaping @Sendable () -> Instant,
        random: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.database = database
        self.anchor = anchor
        self.node = node
        self.signer = signer
        self.cryptography = cryptography
        self.schema = schema
        self.purposes = purposes
        self.now = now
        self.random = random
    }
}

/// What became durable, in the order of the commits.
package enum StoreEvent: Sendable {
    /// Deltas lost bytes to an erasure; these are what is left of them, in LSN order.
    case dropped([CommittedDelta])
    /// A local group commit.
    case committed([CommittedDelta], definitions: [Audience])
    /// Records changed, by whomever.
    case changed(RecordChanges)
}

/// A caller's key for a request that must not happen twice, and what it stands for.
package struct IdempotencyKey: Sendable, Hashable {
    package let key: String
    /// A hash of the request: the same key for another request is refused.
    package let digest: [UInt8]

    package init(key: String, digest: [UInt8]) {
        self.key = key
        self.digest = digest
    }
}
