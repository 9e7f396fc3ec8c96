/// One record as its live entries stand at the node that made a snapshot.
package struct SnapshotRecord: Sendable, Hashable {
    package let record: RecordID
    package let home: Audience
    /// The greatest stamp among its entries.
    package let stamp: HLC
    package let entryCount: Int
    /// The entries, packed as section 13 of the protocol says; unpacked when somebody looks at the record.
    package let entries: [UInt8]

    package init(record: RecordID, home: Audience, stamp: HLC, entryCount: Int, entries: [UInt8]) {
        self.record = record
        self.home = home
        self.stamp = stamp
        self.entryCount = entryCount
        self.entries = entries
    }

    /// - Complexity: O(*n*) in the entries.
    package init(_ view: RecordView) {
        self.init(
            record: view.record,
            home: view.home,
            stamp: view.entries.map(\.stamp).max() ?? HLC(raw: 0),
            entryCount: view.entries.count,
            entries: view.packedEntries
        )
    }

    /// The record as the domain folds it.
    ///
    /// - Throws: ``DeltaError`` when the packed bytes are none, or hold other than ``entryCount`` entries.
    package func view() throws(DeltaError) -> RecordView {
        let unpacked = try RecordView.entries(unpacking: entries)
        guard unpacked.count == entryCount else {
            throw DeltaError(.undecodable, "a record said to have \(entryCount) entries has \(unpacked.count)")
        }
        return RecordView(record: record, home: home, entries: unpacked)
    }
}

/// What a node asks its store for, on its way to a peer that has to catch up with much.
package struct SnapshotQuery: Sendable {
    /// Records behind this one in the order of their ids; nil from the first.
    package let after: RecordID?
    /// Only records with an entry that arrived after this LSN.
    package let since: LSN
    /// Stop after so many bytes; at least one record is returned when there is one.
    package let byteLimit: Int
    /// Whether the peer may have what is for an audience.
    package let filter: EntitlementFilter

    package init(after: RecordID?, since: LSN, byteLimit: Int, filter: EntitlementFilter) {
        self.after = after
        self.since = since
        self.byteLimit = byteLimit
        self.filter = filter
    }
}

/// A stretch of a snapshot, in the order of record ids.
package struct SnapshotPage: Sendable, Hashable {
    package let records: [SnapshotRecord]
    /// The last record looked at, whether or not it is for the peer; nil when none was left.
    package let last: RecordID?
    /// No record lies behind it.
    package let reachedEnd: Bool

    package init(records: [SnapshotRecord], last: RecordID?, reachedEnd: Bool) {
        self.records = records
        self.last = last
        self.reachedEnd = reachedEnd
    }
}
