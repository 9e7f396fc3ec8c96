import GRDB

// Statements stepped through SQLite's own calls: GRDB compiles and keeps them, its rows and arguments are left out, which
// box every value (docs/decisions/0012).
extension Database {
    /// Runs a statement that gives no rows.
    func run<each Value: SQLBindable>(_ sql: String, _ values: repeat each Value) throws {
        let statement = try SQLStatement(self, sql)
        defer { statement.reset() }
        var index: Int32 = 0
        for value in repeat each values {
            index += 1
            try value.bind(to: statement.parameter(index))
        }
        while try statement.step() {}
    }

    /// Reads every row.
    func rows<each Value: SQLBindable, T>(
        _ sql: String,
        _ values: repeat each Value,
        read: (SQLRow) throws -> T
    ) throws -> [T] {
        var result: [T] = []
        try forEachRow(sql, repeat each values) { row in
            result.append(try read(row))
            return true
        }
        return result
    }

    /// Reads the first row, if there is one.
    func first<each Value: SQLBindable, T>(
        _ sql: String,
        _ values: repeat each Value,
        read: (SQLRow) throws -> T
    ) throws -> T? {
        var result: T?
        try forEachRow(sql, repeat each values) { row in
            result = try read(row)
            return false
        }
        return result
    }

    /// Goes through the rows until the body says false.
    func forEachRow<each Value: SQLBindable>(
        _ sql: String,
        _ values: repeat each Value,
        body: (SQLRow) throws -> Bool
    ) throws {
        let statement = try SQLStatement(self, sql)
        defer { statement.reset() }
        var index: Int32 = 0
        for value in repeat each values {
            index += 1
            try value.bind(to: statement.parameter(index))
        }
        while try statement.step(), try body(statement.row) {}
    }

    /// Reads every row of a statement whose parameters are known only as it runs.
    func rows<T>(_ sql: String, arguments: [any SQLBindable], read: (SQLRow) throws -> T) throws -> [T] {
        let statement = try SQLStatement(self, sql)
        defer { statement.reset() }
        var index: Int32 = 0
        for value in arguments {
            index += 1
            try value.bind(to: statement.parameter(index))
        }
        var result: [T] = []
        while try statement.step() { result.append(try read(statement.row)) }
        return result
    }
}
