import Foundation
import GRDB
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Testing

@Suite("Failed sign-ins at a store")
struct SignInFailureTests {
    private let clock = Clock()
    private let anna = FailureSubject(id: [1], memoryMilliseconds: 86_400_000)
    private let office = FailureSubject(id: [2], memoryMilliseconds: 7_200_000)

    private func open(_ site: Site) throws -> ReplicaStore {
        var configuration = site.configuration
        configuration.now = { [clock] in clock.now }
        return try ReplicaStore(configuration)
    }

    private func failures(_ store: ReplicaStore, _ subject: FailureSubject) async throws -> Int {
        try await store.read { try $0.failures(subject) }
    }

    @Test(
        "Five are free, then the wait doubles to an hour",
        arguments: [(4, 0), (5, 1), (6, 2), (7, 4), (16, 2_048), (17, 3_600), (1_000, 3_600), (Int.max, 3_600)]
            as [(Int, Int64)]
    )
    func delays(failures: Int, seconds: Int64) {
        #expect(SignInDelay.milliseconds(after: failures) == seconds * 1_000)
    }

    @Test("Every failure makes the next wait, a kill forgets nothing, and waiting itself counts nothing")
    func counting() async throws {
        let site = try Site()
        defer { site.remove() }
        var store = try open(site)
        for _ in 0..<5 { #expect(try await store.beginSignIn([anna, office]) == 0) }
        #expect(try await store.beginSignIn([anna, office]) == 1_000)
        store.abandon()
        store = try open(site)
        #expect(try await store.beginSignIn([anna, office]) == 1_000)
        clock.advance(seconds: 1)
        #expect(try await store.beginSignIn([anna, office]) == 0)
        #expect(try await store.beginSignIn([anna, office]) == 2_000)
        #expect(try await failures(store, anna) == 6)
        // The account waits from everywhere, the address with every account.
        let other = FailureSubject(id: [3], memoryMilliseconds: 1)
        #expect(try await store.beginSignIn([anna, other]) == 2_000)
        #expect(try await store.beginSignIn([other, office]) == 2_000)
        #expect(try await failures(store, other) == 0)
        clock.advance(seconds: -100)
        #expect(try await store.beginSignIn([anna, office]) == 2_000, "a clock set back makes it no longer")
        clock.advance(seconds: 2)
        #expect(try await store.beginSignIn([anna, office]) == 0, "and it runs out")
        try await store.close()
    }

    @Test("Guesses count when they are wrong, after as many free ones as the subject has; who waits learns nothing")
    func guesses() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try open(site)
        let order = FailureSubject(id: [4], memoryMilliseconds: 86_400_000, free: 8)
        for _ in 0..<5 { #expect(try await store.noteGuess([office, order], isRight: false) == 0) }
        #expect(try await store.noteGuess([office, order], isRight: true) == 1_000, "a right one waits too")
        #expect(try await store.noteGuess([order], isRight: true) == 0, "from elsewhere it does not")
        for _ in 0..<3 { #expect(try await store.noteGuess([order], isRight: false) == 0) }
        #expect(try await store.noteGuess([order], isRight: true) == 1_000)
        #expect(try await failures(store, order) == 8)
        #expect(try await failures(store, office) == 5)
        try await store.close()
    }

    @Test("Many at once get no more tries than one after the other")
    func concurrent() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try open(site)
        let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 { group.addTask { [anna] in try await store.beginSignIn([anna]) == 0 } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 5)
        try await store.close()
    }

    @Test("Success forgets the account's failures and takes back one of the address's; time forgets both")
    func forgetting() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try open(site)
        let new = NewStaffAccount(account: "anna", name: "a", password: "p", roles: [], place: site.place)
        #expect(try await store.addStaff(new) == .done)
        for _ in 0..<4 { #expect(try await store.beginSignIn([anna, office]) == 0) }
        let begun = try await store.beginSession(
            [UInt8](repeating: 1, count: 32),
            of: "anna",
            password: "p",
            replacing: nil,
            forgiving: anna,
            from: office
        )
        #expect(begun != nil)
        #expect(try await failures(store, anna) == 0)
        #expect(try await failures(store, office) == 3)
        clock.advance(seconds: 7_200)
        #expect(try await store.beginSignIn([anna, office]) == 0)
        #expect(try await failures(store, office) == 1, "it begins anew")
        try await store.forgetFailures(anna)
        #expect(try await failures(store, anna) == 0)
        try await store.close()
    }

    @Test("Rows that matter no more go, and the oldest go when there are too many")
    func bounded() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try open(site)
        var limits = StaffLimits()
        limits.failureRows = 10
        for byte in UInt8(10)..<40 {
            clock.advance(seconds: 1)
            let subject = FailureSubject(id: [byte], memoryMilliseconds: 86_400_000)
            #expect(try await store.beginSignIn([subject], limits: limits) == 0)
        }
        #expect(try await store.read { try $0.failureRows() } == 10)
        let newest = FailureSubject(id: [39], memoryMilliseconds: 1)
        #expect(try await failures(store, newest) == 1)
        clock.advance(seconds: 86_401)
        #expect(try await store.beginSignIn([anna], limits: limits) == 0)
        #expect(try await store.read { try $0.failureRows() } == 1)
        try await store.close()
    }
}

@Suite("What this node alone keeps")
struct LocalTableTests {
    @Test("The log of unmaskings is listed from the newest, over a new start, and nothing can change it")
    func unmaskings() async throws {
        let site = try Site()
        defer { site.remove() }
        let clock = Clock()
        var configuration = site.configuration
        configuration.now = { clock.now }
        var store = try ReplicaStore(configuration)
        let record = RecordID(raw: Bytes16(high: 1, low: 2))
        for count in 0..<3 {
            try await store.noteUnmasking(by: "anna", of: record, field: "phone", purpose: "回访 \(count)")
            clock.advance(seconds: 60)
        }
        try await store.close()
        store = try ReplicaStore(configuration)
        let all = try await store.read { try $0.unmaskings(since: Instant(milliseconds: 0)) }
        #expect(all.map(\.purpose) == ["回访 2", "回访 1", "回访 0"])
        #expect(all.map(\.number) == [3, 2, 1])
        #expect(all.allSatisfy { $0.account == "anna" && $0.record == record && $0.field == "phone" })
        let since = clock.now.advanced(byMilliseconds: -120_000)
        #expect(try await store.read { try $0.unmaskings(since: since) }.count == 2)
        #expect(try await store.read { try $0.unmaskings(since: since, limit: 1) }.map(\.number) == [3])
        try await store.close()
        let file = try DatabaseQueue(path: configuration.database.path)
        for statement in ["DELETE FROM unmaskings", "UPDATE unmaskings SET account = 'bo'"] {
            await #expect(throws: DatabaseError.self) { try await file.write { try $0.execute(sql: statement) } }
        }
    }

    @Test("A file from before there was staff gets the tables, and keeps what it held")
    func upgrade() async throws {
        let site = try Site()
        defer { site.remove() }
        var store = try await site.found()
        let number = try await store.commit(site.order("request"), as: site.actor).number
        try await store.close()
        let file = try DatabaseQueue(path: site.configuration.database.path)
        try await file.write { db in
            let staff = ["staff", "staff_sessions", "staff_tokens", "sign_in_failures", "unmaskings"]
            let devices = [
                "devices", "device_alarms", "device_states", "device_tokens", "ingest_journal", "quarantine",
                "published_rollups",
            ]
            try db.execute(sql: "DROP TRIGGER lone_deltas_removed")
            let others = ["work_order_texts", "work_order_hands", "work_order_places", "lone_deltas", "notices"]
            for table in staff + devices + others { try db.execute(sql: "DROP TABLE \(table)") }
            for table in ["quota_uses", "quota_lanes"] {
                try db.execute(sql: "ALTER TABLE \(table) DROP COLUMN bulk_bytes")
            }
            let orders = ["by_request", "open", "running", "disputed", "by_update"].map {
                "work_orders_\($0)"
            }
            for index in orders + ["deltas_quarantined"] { try db.execute(sql: "DROP INDEX \(index)") }
            try db.execute(sql: "CREATE INDEX work_orders_by_request ON work_orders(requested_at)")
            for column in ["clock_started_at", "responded_at", "handled_at", "is_resolved", "satisfaction"] {
                try db.execute(sql: "ALTER TABLE work_orders DROP COLUMN \(column)")
            }
            try db.unpackCells()
            try db.execute(sql: "PRAGMA user_version = 11")
        }
        try file.close()
        store = try ReplicaStore(site.configuration)
        #expect(try await store.read { try $0.workOrders(number: number) }.count == 1)
        let upgraded = try await store.readModelDump()
        #expect(upgraded.contains { $0.contains("'request'") }, "what it held before is folded into the new tables")
        let new = NewStaffAccount(account: "anna", name: "a", password: "p", roles: [], place: site.place)
        #expect(try await store.addStaff(new) == .done)
        try await store.rebuild()
        #expect(try await store.readModelDump() == upgraded)
        #expect(try await store.read { try $0.staff("anna") } != nil, "a rebuild folds deltas and leaves these alone")
        try await store.close()
    }
}
