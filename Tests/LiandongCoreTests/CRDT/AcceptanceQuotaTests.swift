import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// Community A1 opens records for A2, which meet at street A, or for B1, which meet at the district.
@Suite("What an origin writes for others beyond its quota") struct AcceptanceQuotaTests {
    private static let noon: Int64 = 1_700_020_800_000
    private static let day: Int64 = 86_400_000
    private let district: District
    private let forA2: Audience
    private let forB1: Audience

    init() throws {
        var district = try District()
        try district.append(.policy(name: AcceptanceQuota.recordsPolicy, value: "3"))
        self.district = district
        self.forA2 = try #require(Audience(lines: [District.communityA1, District.communityA2]))
        self.forB1 = try #require(Audience(lines: [District.communityA1, District.communityB1]))
    }

    /// A1 opens so many records, a delta each.
    private func opened(
        _ count: Int,
        for audience: Audience,
        from first: Int = 1,
        at milliseconds: Int64 = noon,
        by author: inout Replica
    ) throws -> [Delta] {
        try (first..<first + count).flatMap { number in
            try author.commit([TestRecord(UInt8(number), audience).create], at: milliseconds)
        }
    }

    private func author() throws -> Replica { try Replica(District.communityA1, in: district) }

    /// A node of a place takes deltas from a peer of a place.
    private func receive(
        _ deltas: [Delta],
        for audience: Audience,
        at node: inout Replica,
        from peer: PlaceID = District.communityA1,
        now: Int64 = noon
    ) throws -> LedgerOutcome {
        node.storage.insert(audience: audience, id: AudienceID(audience, .sodium))
        var outcome = LedgerOutcome()
        try node.ledger.apply(
            deltas,
            from: try district.id(peer),
            at: Instant(milliseconds: now),
            in: node.storage,
            into: &outcome
        )
        return outcome
    }

    private func letIn(_ node: inout Replica, limit: Int = 100, now: Int64 = noon) throws -> (LedgerOutcome, Bool, Int)
    {
        var outcome = LedgerOutcome()
        let step = try node.ledger.letIn(
            try district.id(District.communityA1),
            limit: limit,
            at: Instant(milliseconds: now),
            in: node.storage,
            into: &outcome
        )
        return (outcome, step.isFinished, step.turnedAway)
    }

    // MARK: The rule

    @Test("A place outside the origin's own line makes an audience one for others; the lowest place above all judges")
    func forOthers() throws {
        let chain = district.authority
        let a1 = try district.id(District.communityA1)
        let own = try #require(Audience(lines: [District.communityA1]))
        let ownLine = try #require(Audience(lines: [District.communityA1, District.streetA]))
        let belowStreet = try #require(Audience([.init(place: District.streetA, scope: .below)]))
        #expect(!chain.isForOthers(own, by: a1) && !chain.isForOthers(ownLine, by: a1))
        #expect(chain.isForOthers(forA2, by: a1) && chain.isForOthers(forB1, by: a1))
        #expect(chain.isForOthers(belowStreet, by: a1))
        #expect(!chain.isForOthers(forA2, by: try district.id(District.streetA)))
        #expect(chain.firstCommonAncestor(of: forA2) == District.streetA)
        #expect(chain.firstCommonAncestor(of: forB1) == District.district)
        #expect(chain.firstCommonAncestor(of: own) == District.communityA1)
    }

    @Test(
        "A delta counts to the day of its stamp, no more than seven days back and never ahead",
        arguments: [
            (0, 0), (-1, -1), (-7, -7), (-8, -7), (-400, -7), (1, 0), (400, 0),
        ] as [(Int64, Int64)]
    )
    func days(stamped: Int64, counted: Int64) {
        let now = Instant(milliseconds: AcceptanceQuotaTests.noon)
        let stamp = HLC(milliseconds: now.milliseconds + stamped * AcceptanceQuotaTests.day)
        #expect(QuotaDay(stamp: stamp, receivedAt: now).number == QuotaDay(of: now).number + counted)
    }

    @Test("What is bulk counts to a quota of its own, and neither uses up the other")
    func classes() {
        let quota = AcceptanceQuota()
        #expect(QuotaUse(bytes: quota.bytes).isWithin(quota))
        #expect(!QuotaUse(bytes: quota.bytes + 1).isWithin(quota))
        let photos = QuotaUse(bytes: quota.bulkBytes, bulkBytes: quota.bulkBytes)
        #expect(photos.isWithin(quota) && (photos + QuotaUse(bytes: quota.bytes)).isWithin(quota))
        #expect(!(photos + QuotaUse(bytes: quota.bytes + 1)).isWithin(quota))
        #expect(!(photos + QuotaUse(bytes: 1, bulkBytes: 1)).isWithin(quota))
    }

    @Test("A day begins at midnight in China")
    func midnight() {
        let midnight: Int64 = 1_699_977_600_000  // 2023-11-15 00:00 +08:00
        let day = QuotaDay(of: Instant(milliseconds: midnight))
        #expect(QuotaDay(of: Instant(milliseconds: midnight - 1)).number == day.number - 1)
        #expect(QuotaDay(of: Instant(milliseconds: midnight + AcceptanceQuotaTests.day - 1)) == day)
        #expect(QuotaDay(of: Instant(milliseconds: -8 * 3_600_000 - 1)).number == -1)
    }

    @Test(
        "A policy that is no number above 0 changes nothing",
        arguments: ["", "many", "0", "-5", "99999999999999999999"]
    )
    func policy(_ value: String) throws {
        var district = district
        try district.append(.policy(name: AcceptanceQuota.recordsPolicy, value: value))
        #expect(AcceptanceQuota(district.authority) == AcceptanceQuota())
    }

    // MARK: Waiting

    @Test("Beyond the quota it waits at the first common ancestor: not held, not shown, in no position; others go on")
    func waits() throws {
        var author = try author()
        var street = try Replica(District.streetA, in: district)
        let deltas = try opened(5, for: forA2, by: &author)
        let outcome = try receive(deltas, for: forA2, at: &street)
        #expect(outcome.stored.map(\.delta.id) == deltas.prefix(3).map(\.id))
        #expect(outcome.waiting == [try district.id(District.communityA1): 2])
        #expect(street.ledger.lanes[deltas[0].lane]?.highest == 3)
        #expect(try street.view(TestRecord(3, forA2).id) != nil)
        #expect(try street.view(TestRecord(4, forA2).id) == nil)
        // The same again: nothing is counted twice, nothing kept twice.
        #expect(try receive(deltas, for: forA2, at: &street).stored.isEmpty)
        #expect(street.storage.content.quotas.waiting.map(\.delta.id) == deltas.suffix(2).map(\.id))

        var neighbour = try Replica(District.communityA2, in: district)
        let others = try neighbour.commit([TestRecord(60, forA2).create], at: AcceptanceQuotaTests.noon)
        let passed = try receive(others, for: forA2, at: &street, from: District.communityA2)
        #expect(passed.stored.map(\.delta) == others && passed.waiting.isEmpty)
        let own = try author.commit(
            [TestRecord(61, try #require(Audience(lines: [District.communityA1]))).create],
            at: 1
        )
        let home = try #require(Audience(lines: [District.communityA1]))
        #expect(try receive(own, for: home, at: &street).stored.count == 1)
    }

    @Test("On the way up nobody judges: what is for another street's community waits at the district")
    func onlyThere() throws {
        var author = try author()
        let deltas = try opened(5, for: forB1, by: &author)
        var street = try Replica(District.streetA, in: district)
        #expect(try receive(deltas, for: forB1, at: &street).stored.count == 5)
        var top = try Replica(District.district, in: district)
        let outcome = try receive(deltas, for: forB1, at: &top, from: District.streetA)
        #expect(outcome.stored.count == 3 && outcome.waiting.values.reduce(0, +) == 2)
    }

    @Test("A day's quota is over with the day, but a lane that waits goes on waiting; dating back gains nothing more")
    func nextDay() throws {
        var author = try author()
        var street = try Replica(District.streetA, in: district)
        let (today, tomorrow) = (AcceptanceQuotaTests.noon, AcceptanceQuotaTests.noon + AcceptanceQuotaTests.day)
        _ = try receive(try opened(3, for: forA2, at: today, by: &author), for: forA2, at: &street)
        let later = try opened(3, for: forA2, from: 4, at: tomorrow, by: &author)
        #expect(try receive(later, for: forA2, at: &street, now: tomorrow).stored.count == 3)
        _ = try receive(
            try opened(1, for: forA2, from: 7, at: tomorrow, by: &author),
            for: forA2,
            at: &street,
            now: tomorrow
        )
        let nextDay = tomorrow + AcceptanceQuotaTests.day
        let third = try opened(1, for: forA2, from: 8, at: nextDay, by: &author)
        #expect(try receive(third, for: forA2, at: &street, now: nextDay).stored.isEmpty)

        // Another incarnation, every delta stamped months back: they all count to one day.
        var liar = try Replica(District.communityA1, in: district, incarnation: 2)
        let old = try opened(5, for: forA2, from: 20, at: today - 90 * AcceptanceQuotaTests.day, by: &liar)
        var fresh = try Replica(District.streetA, in: district)
        #expect(try receive(old, for: forA2, at: &fresh).stored.count == 3)
    }

    @Test("Bytes count as well as records") func bytes() throws {
        var district = district
        try district.append(.policy(name: AcceptanceQuota.bytesPolicy, value: "2000"))
        var author = try Replica(District.communityA1, in: district)
        var street = try Replica(District.streetA, in: district)
        let record = TestRecord(1, forA2)
        var deltas = try author.commit([record.create], at: AcceptanceQuotaTests.noon)
        for _ in 0..<4 {
            deltas += try author.commit(
                [record.write(Schema.title, String(repeating: "x", count: 900))],
                at: AcceptanceQuotaTests.noon
            )
        }
        #expect(try receive(deltas, for: forA2, at: &street).stored.count == 2)
    }

    // MARK: Deciding

    @Test("Let in, what waited is taken over in its order and the quota lifted until the day ends")
    func lettingIn() throws {
        var author = try author()
        var street = try Replica(District.streetA, in: district)
        let deltas = try opened(8, for: forA2, by: &author)
        _ = try receive(deltas, for: forA2, at: &street)
        let first = try letIn(&street, limit: 2)
        #expect(first.0.stored.map(\.delta) == Array(deltas[3..<5]) && !first.1)
        let rest = try letIn(&street)
        #expect(rest.0.stored.map(\.delta) == Array(deltas[5...]) && rest.1 && rest.2 == 0)
        #expect(try rest.0.stored.allSatisfy { $0.source == (try district.id(District.communityA1)) })
        #expect(street.ledger.lanes[deltas[0].lane]?.contiguous == 8)
        #expect(try street.view(TestRecord(8, forA2).id) != nil)
        let more = try opened(4, for: forA2, from: 9, by: &author)
        #expect(try receive(more, for: forA2, at: &street).stored.count == 4)
        let tomorrow = AcceptanceQuotaTests.noon + AcceptanceQuotaTests.day
        let later = try opened(4, for: forA2, from: 13, at: tomorrow, by: &author)
        #expect(try receive(later, for: forA2, at: &street, now: tomorrow).stored.count == 3)
    }

    @Test("Muted, all of it waits until it is let in; what was counted and decided outlives a restart")
    func muting() throws {
        var author = try author()
        var street = try Replica(District.streetA, in: district)
        try street.ledger.mute(try district.id(District.communityA1), in: street.storage)
        try street.reload(in: district)
        let deltas = try opened(2, for: forA2, by: &author)
        #expect(try receive(deltas, for: forA2, at: &street).stored.isEmpty)
        try street.reload(in: district)
        #expect(try letIn(&street).0.stored.map(\.delta) == deltas)
        #expect(try receive(try opened(1, for: forA2, from: 9, by: &author), for: forA2, at: &street).stored.count == 1)
    }

    @Test("What comes from elsewhere than the origin's side was let through there: it waits no more")
    func fromElsewhere() throws {
        var author = try author()
        var street = try Replica(District.streetA, in: district)
        let deltas = try opened(5, for: forA2, by: &author)
        _ = try receive(deltas, for: forA2, at: &street)
        let outcome = try receive([deltas[3]], for: forA2, at: &street, from: District.communityA2)
        #expect(outcome.stored.map(\.delta) == [deltas[3]])
        #expect(street.storage.content.quotas.waiting.map(\.delta) == [deltas[4]])
        #expect(try letIn(&street).0.stored.map(\.delta) == [deltas[4]])
    }

    // MARK: Floods

    @Test("Ten thousand deltas of one origin hold up nobody: each of another's is taken over with the batch it came in")
    func flood() throws {
        var district = district
        try district.append(.policy(name: AcceptanceQuota.bytesPolicy, value: "100000"))
        var street = try Replica(District.streetA, in: district)
        let height = district.authority.height
        let (flooder, honest) = (try district.signer(District.communityA1), try district.signer(District.communityA2))
        var (incarnation, kept) = (UInt64(0), 0)
        for _ in 0..<100 {
            var batch: [Delta] = []
            for _ in 0..<100 {
                incarnation += 1
                batch.append(try district.delta(by: flooder, in: forA2, atHeight: height, incarnation: incarnation))
            }
            let other = try district.delta(by: honest, in: forA2, atHeight: height, incarnation: incarnation)
            let outcome = try receive(batch + [other], for: forA2, at: &street)
            #expect(outcome.stored.last?.delta == other)
            kept += outcome.stored.count - 1
        }
        #expect(kept > 0 && kept * 200 < 100_000 && street.storage.content.deltas.count == kept + 100)
        let waiting = street.storage.content.quotas.waiting
        #expect(waiting.count == QuotaBook().deltaLimit)
        let book = street.storage.quotaBook()
        let origin = try district.id(District.communityA1)
        #expect(book.states[origin]?.turnedAway == 10_000 - kept - waiting.count)
        #expect(book.waiting(of: origin).deltas == waiting.count && book.waiting(of: origin).lanes == 1)
        #expect(waiting.reduce(0) { $0 + $1.delta.heldByteCount } == book.waiting(of: origin).bytes)
    }

    @Test("The engine moves cursor and credit over what waits, tells once, and streams on what is let in")
    func engine() throws {
        var bench = try EngineBench(District.streetA, in: district)
        _ = try bench.meet(District.communityA1, of: district, on: 1)
        _ = try bench.meet(District.communityA2, of: district, on: 2)
        try bench.ask(on: 2)
        let origin = try district.id(District.communityA1)
        let height = district.authority.height
        let deltas = try (1...4).map {
            try district.delta(
                by: try district.signer(District.communityA1),
                in: forA2,
                atHeight: height,
                incarnation: $0
            )
        }
        var answers: [SyncEffect] = []
        for (round, pair) in [deltas[0..<2], deltas[2..<4]].enumerated() {
            for case .persist(let ticket, _) in try bench.send(Array(pair), in: forA2, isDefined: round > 0, on: 1) {
                answers += bench.tell(.persisted(ticket, PersistOutcome(stored: [], waiting: [origin: 2])))
            }
        }
        #expect(answers.alarms == [.acceptanceQuota(origin: origin)])
        let said = try answers.said(on: 1)
        #expect(said.count { if case .acknowledge = $0 { true } else { false } } == 2)
        #expect(said.count { if case .credit = $0 { true } else { false } } == 2)
        #expect(try answers.deltaCount(on: 2) == 0)
        #expect(bench.engine.counters.deltasHeldBack == 4 && bench.engine.counters.duplicates == 0)

        let stored = deltas.enumerated().map { CommittedDelta(lsn: LSN($0 + 1), delta: $1, source: origin) }
        let released = bench.tell(.letIn(origin, stored, isIncomplete: false))
        #expect(try released.deltaCount(on: 2) == 4 && released.closeReasons.isEmpty)
        #expect(try released.deltaCount(on: 1) == 0)
        // What was never kept has to come again, from the beginning.
        let anew = bench.tell(.letIn(origin, [], isIncomplete: true))
        #expect(anew.closeReasons.map(\.code) == [.replaced, .replaced])
        #expect(anew.persistBatches.flatMap(\.cursors).allSatisfy { $0.lsn == 0 })
        #expect(!anew.persistBatches.isEmpty)
    }
}

extension Replica {
    /// Loads the ledger anew, as a start does.
    fileprivate mutating func reload(in district: District) throws {
        ledger = try Ledger(
            node: ledger.node,
            incarnation: ledger.incarnation,
            schema: ledger.schema,
            authority: district.authority,
            cryptography: district.cryptography,
            signer: try district.signer(place),
            storage: storage
        )
    }
}
