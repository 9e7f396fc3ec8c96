package import LiandongCore

/// Where a page of a list ends: the sort key of its last row.
package struct ListCursor: Sendable, Hashable {
    package let at: Instant
    package let record: RecordID

    package init(at: Instant, record: RecordID) {
        self.at = at
        self.record = record
    }

    /// Opaque to who asks: milliseconds, and the record.
    package var text: String { "\(at.milliseconds).\(record)" }

    /// - Returns: nil for what ``text`` did not give.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = Int64(parts[0]),
            let record = LiandongCore.bytes(hexadecimal: String(parts[1])).flatMap({ RecordID($0) })
        else { return nil }
        self.init(at: Instant(milliseconds: milliseconds), record: record)
    }
}
