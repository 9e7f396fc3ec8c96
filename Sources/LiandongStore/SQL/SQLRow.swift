import GRDBSQLite
import LiandongCore

/// The row that a statement stands on; of use only until its next step.
@safe struct SQLRow {
    private let statement: OpaquePointer

    init(_ statement: OpaquePointer) { unsafe self.statement = unsafe statement }

    private func type(_ index: Int) -> Int32 { unsafe sqlite3_column_type(statement, Int32(truncatingIfNeeded: index)) }

    func isNull(_ index: Int) -> Bool { type(index) == SQLITE_NULL }

    /// - Throws: ``StoreError`` with `corrupt` when the column holds something else; so do the others.
    func integer(_ index: Int) throws -> Int64 {
        guard type(index) == SQLITE_INTEGER else { throw wrong(index, "an integer") }
        return unsafe sqlite3_column_int64(statement, Int32(truncatingIfNeeded: index))
    }

    func double(_ index: Int) throws -> Double {
        guard type(index) == SQLITE_FLOAT || type(index) == SQLITE_INTEGER else { throw wrong(index, "a number") }
        return unsafe sqlite3_column_double(statement, Int32(truncatingIfNeeded: index))
    }

    func optionalInteger(_ index: Int) throws -> Int64? { isNull(index) ? nil : try integer(index) }

    func bytes(_ index: Int) throws -> [UInt8] { try unsafe withBytes(index) { unsafe Array($0) } }

    func text(_ index: Int) throws -> String {
        guard type(index) == SQLITE_TEXT else { throw wrong(index, "text") }
        return try unsafe withBytes(index, as: SQLITE_TEXT) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Lends a blob's bytes, without a copy.
    func withBytes<T>(
        _ index: Int,
        as wanted: Int32 = SQLITE_BLOB,
        _ body: (UnsafeRawBufferPointer) throws -> T
    ) throws -> T {
        guard type(index) == wanted else { throw wrong(index, "bytes") }
        let column = Int32(truncatingIfNeeded: index)
        let start = unsafe sqlite3_column_blob(statement, column)
        let count = unsafe Int(sqlite3_column_bytes(statement, column))
        return try unsafe body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Every column as text that tells its type: for dumps.
    var description: String {
        let columns = unsafe Int(sqlite3_column_count(statement))
        return (0..<columns).map { index in
            switch type(index) {
            case SQLITE_INTEGER: "\((try? integer(index)) ?? 0)"
            case SQLITE_TEXT: "'\((try? text(index)) ?? "")'"
            case SQLITE_NULL: "NULL"
            default: "x'\(hexadecimal((try? bytes(index)) ?? []))'"
            }
        }.joined(separator: "|")
    }

    private func wrong(_ index: Int, _ wanted: String) -> StoreError {
        StoreError(.corrupt, "column \(index) holds a value of SQLite type \(type(index)), \(wanted) was expected")
    }
}
