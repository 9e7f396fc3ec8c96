package import LiandongCore

/// Where a page of a list of orders ends: the sort key of its last row.
package struct OrderCursor: Sendable, Hashable {
    package let requestedAt: Instant
    package let record: RecordID

    package init(requestedAt: Instant, record: RecordID) {
        self.requestedAt = requestedAt
        self.record = record
    }

    /// Opaque to who asks: milliseconds, and the record.
    package var text: String { "\(requestedAt.milliseconds).\(record)" }

    /// - Returns: nil for what ``text`` did not give.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = Int64(parts[0]),
            let record = LiandongCore.bytes(hexadecimal: String(parts[1])).flatMap({ RecordID($0) })
        else { return nil }
        self.init(requestedAt: Instant(milliseconds: milliseconds), record: record)
    }
}
