package import LiandongCore

/// The 8 digits that a requester gets, and with which they see their own request.
///
/// Only a hash keyed by the record is kept: whoever holds the record can check a code, and a code is worth nothing
/// against any other record.
package enum QueryCode {
    static func make(_ context: CommandContext) -> String {
        let digits = String(context.randomWord() % 100_000_000)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    static func hash(_ code: String, of record: RecordID, _ cryptography: Cryptography) -> [UInt8] {
        cryptography.hash(Array("liandong/query/1".utf8) + record.bytes + Array(code.utf8)).bytes
    }
}

extension WorkOrder {
    /// Whether the code is the one its requester was given.
    package func isQueryCode(_ code: String, _ cryptography: Cryptography) -> Bool {
        let trimmed = code.filter { $0 != " " }
        return trimmed.utf8.count == 8 && QueryCode.hash(trimmed, of: record, cryptography) == queryHash
    }
}
