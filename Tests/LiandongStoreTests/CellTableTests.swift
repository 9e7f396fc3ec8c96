import Foundation
import GRDB
import LiandongCore
import LiandongDomain
import LiandongSigning
import Testing

@testable import LiandongStore

extension Database {
    /// Puts every entry into a row of its own, as a build from before there were packs had them.
    func unpackCells() throws {
        let nobody = RecordID(raw: Bytes16(high: 0, low: 0))
        for (number, body) in try rows("SELECT number, body FROM packs", read: { (try $0.integer(0), try $0.bytes(1)) })
        {
            for entry in try CellPack.entries(body, of: nobody) {
                try CellTable(db: self).insertRow(entry, of: number >> 20)
            }
        }
        try execute(sql: "DROP TABLE packs")
    }
}

@Suite("Where entries lie in the file")
struct CellTableTests {
    private let record = RecordID(raw: Bytes16(high: 7, low: 9))
    private let home = AudienceID(raw: Bytes16(high: 1, low: 2))

    private func entry(_ number: Int, delta: Int64? = nil, field: UInt32 = 205) -> CellEntry {
        CellEntry(
            record: record,
            field: Field(code: field),
            element: UInt64(number).bigEndianBytes,
            stamp: HLC(raw: UInt64(number)),
            delta: delta ?? Int64(number / 10 + 1),
            index: number % 10,
            lane: 1,
            seq: UInt64(number / 10 + 1),
            isRemove: false,
            value: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 60),
            context: CellContext()
        )
    }

    /// An empty file of this build's layout.
    private func file() throws -> DatabaseQueue {
        let file = try DatabaseQueue()
        try file.inDatabase { try StoreSchema.prepare($0, file: "test") }
        return file
    }

    private func write(_ file: DatabaseQueue, _ body: (inout RecordCache) throws -> Void) throws {
        try file.write { db in
            var cache = RecordCache(db)
            try body(&cache)
            try cache.flush()
        }
    }

    private func held(_ file: DatabaseQueue) throws -> [CellEntry] {
        try file.read { db in
            var cache = RecordCache(db)
            return try cache.entries(of: record).sorted { $0.element.lexicographicallyPrecedes($1.element) }
        }
    }

    private func packs(_ file: DatabaseQueue) throws -> [Int64: [UInt8]] {
        let found = try file.read { db in
            try db.rows("SELECT number, body FROM packs") { (try $0.integer(0), try $0.bytes(1)) }
        }
        return Dictionary(uniqueKeysWithValues: found)
    }

    private func rows(_ file: DatabaseQueue) throws -> Int64 {
        try file.read { try $0.first("SELECT count(*) FROM entries") { try $0.integer(0) } ?? 0 }
    }

    /// A record with entries by the hundred, from many transactions.
    private func long(_ file: DatabaseQueue) throws {
        for start in stride(from: 0, to: 600, by: 40) {
            try write(file) { cache in
                if start == 0 { try cache.setHome(home, of: record) }
                for number in start..<start + 40 { try cache.insert(entry(number)) }
            }
        }
    }

    @Test("A record of many transactions is read whole, in packs of bounded size")
    func manyPacks() throws {
        let file = try file()
        try long(file)
        #expect(try held(file) == (0..<600).map { entry($0) })
        let packs = try packs(file)
        #expect(packs.count > 15 && packs.values.allSatisfy { $0.count < CellPack.byteGoal + 200 })
        #expect(try rows(file) == 0)
    }

    @Test("What is removed rewrites its pack, what is added the last one, and no other")
    func changes() throws {
        let file = try file()
        try long(file)
        let before = try packs(file)
        try write(file) { try $0.remove(entry(3)) }
        let removed = try packs(file)
        #expect(
            try Set(before.keys).union(removed.keys).filter { before[$0] != removed[$0] } == [
                #require(before.keys.min())
            ]
        )
        try write(file) { try $0.insert(entry(600)) }
        let added = try packs(file)
        let changed = Set(removed.keys).union(added.keys).filter { removed[$0] != added[$0] }
        #expect(try changed.count == 1 && changed.allSatisfy { try $0 >= #require(removed.keys.max()) })
        #expect(try held(file) == (0...600).filter { $0 != 3 }.map { entry($0) })
    }

    @Test("What was removed and put back in one transaction stands once")
    func replaced() throws {
        let file = try file()
        try long(file)
        try write(file) { cache in
            try cache.remove(entry(5))
            try cache.insert(entry(5))
            try cache.insert(entry(601))
            try cache.remove(entry(601))
        }
        #expect(try held(file) == (0..<600).map { entry($0) })
    }

    @Test("A record that loses all its entries leaves no pack; one that is forgotten leaves nothing")
    func emptied() throws {
        let file = try file()
        try long(file)
        try write(file) { cache in for number in 0..<600 { try cache.remove(entry(number)) } }
        #expect(try packs(file).isEmpty && held(file).isEmpty)
        try write(file) { try $0.insert(entry(1)) }
        try write(file) { try $0.removeAll(of: record) }
        let left = try file.read { try $0.first("SELECT count(*) FROM records") { try $0.integer(0) } }
        #expect(try packs(file).isEmpty && left == 0)
    }

    @Test("What says where a record is, and what is known from excerpts, has rows of its own")
    func apart() throws {
        let file = try file()
        let apart = [entry(1, field: 299), entry(2, field: 298), entry(3, field: 297), entry(4, delta: -1)]
        try write(file) { cache in
            try cache.setHome(home, of: record)
            for entry in apart + [entry(5)] { try cache.insert(entry) }
        }
        #expect(try rows(file) == 4 && packs(file).count == 1)
        try write(file) { cache in for entry in apart.dropFirst() { try cache.remove(entry) } }
        #expect(try held(file) == [entry(1, field: 299), entry(5)])
        #expect(try rows(file) == 1)
    }

    @Test("Rows of before there were packs are read, and go into one when their record changes")
    func before() throws {
        let file = try file()
        try file.write { db in
            try db.run("INSERT INTO records(number, record, home) VALUES(3, ?, ?)", record, home)
            for number in 0..<10 { try CellTable(db: db).insertRow(entry(number), of: 3) }
            try CellTable(db: db).insertRow(entry(10, field: 299), of: 3)
        }
        let all = (0..<10).map { entry($0) } + [entry(10, field: 299)]
        #expect(try held(file) == all)
        try write(file) { try $0.remove(entry(4)) }
        #expect(try held(file) == all.filter { $0 != entry(4) })
        #expect(try rows(file) == 1 && packs(file).keys.allSatisfy(CellTable.packs(of: 3).contains))
    }
}
