import GRDB
import GRDBSQLite

/// A statement that the connection keeps compiled, while it is run once.
@safe struct SQLStatement {
    private let statement: Statement
    private let pointer: OpaquePointer

    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        unsafe pointer = statement.sqliteStatement
    }

    /// The row it stands on.
    var row: SQLRow { unsafe SQLRow(pointer) }

    /// A parameter, counted from 1.
    func parameter(_ index: Int32) -> SQLParameter { unsafe SQLParameter(pointer, index) }

    /// - Returns: whether there is a row.
    func step() throws -> Bool {
        let code = unsafe sqlite3_step(pointer)
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else {
            throw unsafe DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: sqlite3_errmsg(sqlite3_db_handle(pointer)).map { unsafe String(cString: $0) },
                sql: statement.sql
            )
        }
        return false
    }

    /// Lets go of locks and values; what went wrong was told by ``step()``.
    func reset() {
        unsafe sqlite3_reset(pointer)
        unsafe sqlite3_clear_bindings(pointer)
    }
}

/// One parameter of a statement.
@safe struct SQLParameter {
    private let statement: OpaquePointer
    private let index: Int32

    init(_ statement: OpaquePointer, _ index: Int32) {
        unsafe self.statement = unsafe statement
        self.index = index
    }

    func set(integer: Int64) throws { try check(unsafe sqlite3_bind_int64(statement, index, integer)) }

    func set(double: Double) throws { try check(unsafe sqlite3_bind_double(statement, index, double)) }

    func setNull() throws { try check(unsafe sqlite3_bind_null(statement, index)) }

    func set(text: String) throws {
        var text = text
        let code = text.withUTF8 { utf8 in
            guard let start = utf8.baseAddress, !utf8.isEmpty else {
                return unsafe sqlite3_bind_text(statement, index, "", 0, copied)
            }
            return unsafe start.withMemoryRebound(to: CChar.self, capacity: utf8.count) { characters in
                unsafe sqlite3_bind_text64(
                    statement,
                    index,
                    characters,
                    UInt64(utf8.count),
                    copied,
                    UInt8(SQLITE_UTF8)
                )
            }
        }
        try check(code)
    }

    func set(blob: [UInt8]) throws {
        let code = unsafe blob.withUnsafeBytes { bytes in
            // Without an address SQLite would take it for NULL.
            guard let start = bytes.baseAddress, unsafe !bytes.isEmpty else {
                return unsafe sqlite3_bind_zeroblob(statement, index, 0)
            }
            return unsafe sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), copied)
        }
        try check(code)
    }

    /// SQLite copies what it is given, at once.
    private var copied: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: "parameter \(index) cannot be bound")
        }
    }
}
