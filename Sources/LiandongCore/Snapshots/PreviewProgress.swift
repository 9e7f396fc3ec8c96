/// How far a snapshot was taken over; kept with the records of it, so that a node killed half-way goes on.
package struct PreviewProgress: Sendable, Hashable {
    /// The node whose store it shows.
    package let source: NodeID
    package let storeEpoch: StoreEpoch
    package let since: LSN
    /// The last record taken over, or passed over.
    package var last: RecordID?
    /// Nothing more is to come; what it shows waits for its deltas.
    package var isWhole: Bool
    package let startedAt: Instant

    package init(
        source: NodeID,
        storeEpoch: StoreEpoch,
        since: LSN,
        last: RecordID? = nil,
        isWhole: Bool = false,
        startedAt: Instant
    ) {
        self.source = source
        self.storeEpoch = storeEpoch
        self.since = since
        self.last = last
        self.isWhole = isWhole
        self.startedAt = startedAt
    }
}

/// Records of a snapshot on their way to the disk, and how far they bring it, in one transaction.
package struct PreviewBatch: Sendable {
    package let records: [SnapshotRecord]
    package let progress: PreviewProgress
    /// The first of a snapshot: what an earlier one left is dropped.
    package let isFirst: Bool

    package init(records: [SnapshotRecord], progress: PreviewProgress, isFirst: Bool) {
        self.records = records
        self.progress = progress
        self.isFirst = isFirst
    }
}
