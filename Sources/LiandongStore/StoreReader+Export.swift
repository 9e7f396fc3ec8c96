import GRDB
package import LiandongCore

extension StoreReader {
    /// Hands out everything that is held, in the order of an export (docs/protocol, section 11).
    package func export(_ body: (ExportItem) throws -> Void) throws {
        for entry in try authorityEntries() { try body(.authority(entry)) }
        try db.forEachRow("SELECT definition FROM audiences ORDER BY id") { row in
            if let audience = Audience(wireBytes: try row.bytes(0)) { try body(.audience(audience)) }
            return true
        }
        try allDeltas { try body(.delta($0)) }
    }
}
