import Foundation
import LiandongCore
import LiandongSigning
import LiandongStore
import Testing

@Suite("Staff at a store")
struct StaffStoreTests {
    private let clock = Clock()
    private let anna = FailureSubject(id: [1], memoryMilliseconds: 86_400_000)
    private let office = FailureSubject(id: [2], memoryMilliseconds: 7_200_000)

    private func secret(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    private func configuration(_ site: Site) -> StoreConfiguration {
        var configuration = site.configuration
        configuration.now = { [clock] in clock.now }
        return configuration
    }

    private func account(_ name: String = "anna", place: PlaceID) -> NewStaffAccount {
        NewStaffAccount(
            account: name,
            name: "安娜",
            password: "hash of \(name)",
            roles: ["clerk", "register"],
            place: place
        )
    }

    private func begin(
        _ store: ReplicaStore,
        _ byte: UInt8,
        password: String = "hash of anna",
        replacing: [UInt8]? = nil,
        limits: StaffLimits = StaffLimits()
    ) async throws -> StaffAccount? {
        try await store.beginSession(
            secret(byte),
            of: "anna",
            password: password,
            replacing: replacing,
            forgiving: anna,
            from: office,
            limits: limits
        )
    }

    private func isOpen(_ store: ReplicaStore, _ byte: UInt8) async throws -> Bool {
        try await store.read { [clock, digest = secret(byte)] in try $0.session(digest, at: clock.now) } != nil
    }

    private func holds(_ store: ReplicaStore, _ digest: [UInt8]) async throws -> Bool {
        try await store.read { [clock] in try $0.token(digest, at: clock.now) } != nil
    }

    /// A store with one account, for one test.
    private func withStore(_ body: (ReplicaStore, Site) async throws -> Void) async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try ReplicaStore(configuration(site))
        #expect(try await store.addStaff(account(place: site.place)) == .done)
        try await body(store, site)
        try await store.close()
    }

    // MARK: Accounts

    @Test("An account is kept as it was given, once, over a new start")
    func accounts() async throws {
        let site = try Site()
        defer { site.remove() }
        var store = try ReplicaStore(configuration(site))
        #expect(try await store.addStaff(account(place: site.place)) == .done)
        #expect(try await store.addStaff(account(place: PlaceID(raw: 77))) == .known)
        var limits = StaffLimits()
        limits.accounts = 1
        #expect(try await store.addStaff(account("bo", place: site.place), limits: limits) == .full)
        try await store.close()
        store = try ReplicaStore(configuration(site))
        let kept = try await store.read { try $0.staff() }
        #expect(kept.map(\.account) == ["anna"])
        let anna = try #require(kept.first)
        #expect(anna.name == "安娜" && anna.roles == ["clerk", "register"] && anna.place == site.place)
        #expect(anna.password == "hash of anna" && !anna.isDisabled)
        #expect(anna.createdAt == clock.now && anna.passwordAt == clock.now)
        try await store.close()
    }

    @Test("Disabling ends sessions and tokens at once; enabling brings neither back")
    func disabling() async throws {
        try await withStore { (store, _) async throws -> Void in
            #expect(try await begin(store, 1) != nil)
            let until = clock.now.advanced(byMilliseconds: 86_400_000)
            #expect(
                try await store.addToken("t1", digest: secret(9), of: "anna", scopes: ["a:b"], until: until) == .done
            )
            #expect(try await store.setStaff("anna", isDisabled: true) == .done)
            #expect(try await isOpen(store, 1) == false)
            #expect(try await holds(store, secret(9)) == false)
            #expect(try await begin(store, 2) == nil, "and nobody signs in")
            #expect(try await store.addToken("t2", digest: secret(8), of: "anna", scopes: [], until: until) == .unknown)
            #expect(try await store.setStaff("anna", isDisabled: false) == .done)
            #expect(try await isOpen(store, 1) == false)
            #expect(try await holds(store, secret(9)) == false)
            #expect(try await begin(store, 3) != nil)
            #expect(try await store.setStaff("nobody", isDisabled: true) == .unknown)
        }
    }

    @Test("Another password ends the sessions and begins one, unless somebody changed it meanwhile")
    func password() async throws {
        try await withStore { (store, _) async throws -> Void in
            #expect(try await begin(store, 1) != nil)
            #expect(
                try await store.setPassword("anna", to: "x", inPlaceOf: "older", forgiving: anna) == .unknown
            )
            #expect(try await isOpen(store, 1))
            clock.advance(seconds: 5)
            let done = try await store.setPassword(
                "anna",
                to: "new",
                inPlaceOf: "hash of anna",
                forgiving: anna,
                session: secret(2)
            )
            #expect(done == .done)
            #expect(try await isOpen(store, 1) == false)
            #expect(try await isOpen(store, 2))
            #expect(try await begin(store, 3) == nil, "what was right before is not now")
            #expect(try await begin(store, 3, password: "new")?.passwordAt == clock.now)
            #expect(try await store.setPassword("nobody", to: "x", forgiving: anna) == .unknown)
        }
    }

    // MARK: Sessions

    @Test("A session ends after half an hour without use, and after twelve hours whatever happens")
    func sessionsEnd() async throws {
        try await withStore { (store, _) async throws -> Void in
            #expect(try await begin(store, 1) != nil)
            clock.advance(seconds: 30 * 60 - 1)
            #expect(try await isOpen(store, 1))
            clock.advance(seconds: 1)
            #expect(try await isOpen(store, 1) == false)
            #expect(try await begin(store, 2) != nil)
            for _ in 0..<35 {
                clock.advance(seconds: 20 * 60)
                #expect(try await isOpen(store, 2))
                try await store.touchSession(secret(2))
            }
            clock.advance(seconds: 20 * 60)
            #expect(try await isOpen(store, 2) == false, "twelve hours")
            #expect(try await isOpen(store, 7) == false, "there never was one")
        }
    }

    @Test("Signing in ends the session before it, sweeps out what has ended, and the eleventh ends the oldest")
    func sessionsAreBounded() async throws {
        try await withStore { (store, _) async throws -> Void in
            #expect(try await begin(store, 1) != nil)
            #expect(try await begin(store, 2, replacing: secret(1)) != nil)
            #expect(try await isOpen(store, 1) == false)
            for byte in UInt8(3)...11 {
                clock.advance(seconds: 1)
                #expect(try await begin(store, byte) != nil)
            }
            #expect(try await isOpen(store, 2))
            clock.advance(seconds: 1)
            #expect(try await begin(store, 12) != nil)
            #expect(try await isOpen(store, 2) == false)
            #expect(try await isOpen(store, 3))
            #expect(try await store.read { try $0.sessionCount(of: "anna") } == 10)
            clock.advance(seconds: 3_600)
            #expect(try await begin(store, 13) != nil)
            #expect(try await store.read { try $0.sessionCount(of: "anna") } == 1)
            try await store.endSession(secret(13))
            try await store.endSession(secret(13))
            #expect(try await isOpen(store, 13) == false)
            try await store.touchSession(secret(13))
            #expect(try await isOpen(store, 13) == false, "what has ended is not begun by a late use")
        }
    }

    @Test("A clock that was set back far ends sessions from later")
    func clockSetBack() async throws {
        try await withStore { (store, _) async throws -> Void in
            #expect(try await begin(store, 1) != nil)
            clock.advance(seconds: -30)
            #expect(try await isOpen(store, 1))
            clock.advance(seconds: -3_600)
            #expect(try await isOpen(store, 1) == false)
        }
    }

    @Test("Sessions outlive a kill, but not a database that was put back", arguments: [false, true])
    func restored(isPutBack: Bool) async throws {
        let site = try Site()
        defer { site.remove() }
        var store = try ReplicaStore(configuration(site))
        _ = try await store.addStaff(account(place: site.place))
        #expect(try await begin(store, 1) != nil)
        store.abandon()
        if isPutBack { try FileManager.default.removeItem(at: site.configuration.anchor) }
        store = try ReplicaStore(configuration(site))
        #expect(try await isOpen(store, 1) != isPutBack)
        #expect(try await store.read { try $0.staff("anna") } != nil)
        try await store.close()
    }

    // MARK: Tokens

    @Test("A token holds until it expires or is revoked, and is listed after that")
    func tokens() async throws {
        try await withStore { (store, _) async throws -> Void in
            let until = clock.now.advanced(byMilliseconds: 86_400_000)
            let (digest, other) = (secret(1), secret(2))
            #expect(
                try await store.addToken(
                    "t1",
                    digest: digest,
                    of: "anna",
                    scopes: ["orders:read", "x:y"],
                    until: until
                )
                    == .done
            )
            #expect(try await store.addToken("t2", digest: other, of: "nobody", scopes: [], until: until) == .unknown)
            let held = try await store.read { [clock] in try $0.token(digest, at: clock.now) }
            #expect(held?.token.scopes == ["orders:read", "x:y"] && held?.staff.account == "anna")
            #expect(try await holds(store, other) == false)
            #expect(try await store.revokeToken("t1") == .done)
            #expect(try await store.revokeToken("t1") == .known)
            #expect(try await store.revokeToken("t9") == .unknown)
            #expect(try await holds(store, digest) == false)
            #expect(try await store.addToken("t2", digest: other, of: "anna", scopes: [], until: until) == .done)
            clock.advance(seconds: 86_399)
            #expect(try await holds(store, other) == true)
            clock.advance(seconds: 1)
            #expect(try await holds(store, other) == false)
            #expect(try await store.read { try $0.tokens() }.map(\.id).sorted() == ["t1", "t2"])
        }
    }

    @Test("An account has so many live tokens; revoked and expired ones make room and are kept within a bound")
    func tokensAreBounded() async throws {
        try await withStore { (store, _) async throws -> Void in
            var limits = StaffLimits()
            limits.tokensOfAccount = 2
            let until = clock.now.advanced(byMilliseconds: 86_400_000)
            for byte in UInt8(1)...2 {
                #expect(
                    try await store.addToken(
                        "t\(byte)",
                        digest: secret(byte),
                        of: "anna",
                        scopes: [],
                        until: until,
                        limits: limits
                    ) == .done
                )
            }
            #expect(
                try await store.addToken("t3", digest: secret(3), of: "anna", scopes: [], until: until, limits: limits)
                    == .full
            )
            for byte in UInt8(3)...40 {
                #expect(try await store.revokeToken("t\(byte - 1)") == .done)
                clock.advance(seconds: 1)
                #expect(
                    try await store.addToken(
                        "t\(byte)",
                        digest: secret(byte),
                        of: "anna",
                        scopes: [],
                        until: until,
                        limits: limits
                    ) == .done
                )
            }
            let kept = try await store.read { try $0.tokens() }
            #expect(kept.count == 8)
            #expect(kept.contains { $0.id == "t1" } && kept.contains { $0.id == "t40" }, "live ones stay")
        }
    }
}
