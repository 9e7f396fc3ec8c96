import LiandongCore
import LiandongSigning
import Testing

@Suite struct SyncEngineTests {
    let district: District
    static let start = Instant(milliseconds: 1_700_000_000_000)

    init() throws { self.district = try District() }

    private func engine(_ place: PlaceID, signer: Signer? = nil) throws -> SyncEngine {
        let signer = try signer ?? district.signer(place)
        return SyncEngine(
            start: SyncStart(
                node: try #require(NodeID(signer.publicKey)),
                incarnation: Incarnation(raw: 1),
                storeEpoch: StoreEpoch(raw: place.raw),
                chain: district.entries,
                authority: district.authority,
                startedAt: Self.start
            ),
            configuration: SyncConfiguration(addresses: ["\(place):1"], version: "test"),
            schemaVersion: 1,
            signer: signer,
            cryptography: .sodium
        )
    }

    private func tell(_ engine: inout SyncEngine, _ event: SyncEvent, after milliseconds: Int64 = 0) -> [SyncEffect] {
        var effects: [SyncEffect] = []
        engine.handle(event, at: Self.start.advanced(byMilliseconds: milliseconds), into: &effects)
        return effects
    }

    private func open(
        _ engine: inout SyncEngine,
        _ peer: NodeID,
        session: UInt64 = 1,
        dialled: Bool = true
    ) -> [SyncEffect] {
        tell(&engine, .opened(SessionID(raw: session), peer: peer, dialled: dialled))
    }

    /// Carries frames both ways until neither side has more to say.
    private func converse(
        _ a: inout SyncEngine,
        _ b: inout SyncEngine,
        fromA first: [SyncEffect],
        fromB second: [SyncEffect],
        session: UInt64 = 1
    ) -> (a: [CloseReason], b: [CloseReason]) {
        var (fromA, fromB) = (first, second)
        var closes: (a: [CloseReason], b: [CloseReason]) = ([], [])
        for _ in 0..<50 where !fromA.isEmpty || !fromB.isEmpty {
            closes.a += fromA.closes
            closes.b += fromB.closes
            let (toA, toB) = (fromB.frames, fromA.frames)
            fromA = toA.flatMap { tell(&a, .received(SessionID(raw: session), frame: $0)) }
            fromB = toB.flatMap { tell(&b, .received(SessionID(raw: session), frame: $0)) }
            for case .scan(let ticket, let request) in fromA {
                fromA += tell(&a, .scanned(ticket, .nothing(after: request.after)))
            }
            for case .scan(let ticket, let request) in fromB {
                fromB += tell(&b, .scanned(ticket, .nothing(after: request.after)))
            }
        }
        return closes
    }

    @Test("Gives up on a peer without a hello at the deadline, not before", arguments: [9_999, 10_000])
    func helloDeadline(_ milliseconds: Int64) throws {
        var street = try engine(District.streetA)
        _ = open(&street, try district.id(District.district))
        let codes = tell(&street, .wokeUp, after: milliseconds).closes.map(\.code)
        #expect(codes == (milliseconds < 10_000 ? [] : [.timeout]))
    }

    @Test("Two nodes of one chain meet, and a silent one is given up on at 15 s", arguments: [14_999, 15_000])
    func silence(_ milliseconds: Int64) throws {
        var street = try engineInSession()
        let codes = tell(&street, .wokeUp, after: milliseconds).closes.map(\.code)
        #expect(codes == (milliseconds < 15_000 ? [] : [.timeout]))
    }

    @Test("An engine whose clock is set back by an hour says as soon as ever that it is there, and gives up the silent")
    func clockSetBack() throws {
        var street = try engineInSession()
        let hour: Int64 = 3_600_000
        _ = tell(&street, .wokeUp, after: -hour)
        #expect(tell(&street, .wokeUp, after: 4_999 - hour).closes.isEmpty)
        let said = tell(&street, .wokeUp, after: 5_000 - hour).contains { effect in
            if case .send = effect { true } else { false }
        }
        #expect(said)
        #expect(tell(&street, .wokeUp, after: 14_999 - hour).closes.isEmpty)
        #expect(tell(&street, .wokeUp, after: 15_000 - hour).closes.map(\.code) == [.timeout])
    }

    /// The street's engine, its streams with the district caught up.
    private func engineInSession() throws -> SyncEngine {
        var street = try engine(District.streetA)
        var parent = try engine(District.district)
        let fromStreet = open(&street, parent.node)
        let fromParent = open(&parent, street.node, dialled: false)
        let closes = converse(&street, &parent, fromA: fromStreet, fromB: fromParent)
        #expect(closes.a.isEmpty && closes.b.isEmpty)
        #expect(street.isCaughtUp)
        return street
    }

    @Test("A peer is alive while bytes of a long frame arrive, for three minutes", arguments: [179_999, 180_000])
    func longFrame(_ milliseconds: Int64) throws {
        var street = try engineInSession()
        for elapsed in stride(from: Int64(10_000), through: 170_000, by: 10_000) {
            _ = tell(&street, .bytesArrived(SessionID(raw: 1)), after: elapsed)
            #expect(tell(&street, .wokeUp, after: elapsed).closes.isEmpty)
        }
        let closes = tell(&street, .wokeUp, after: milliseconds).closes
        #expect(closes.map(\.code) == (milliseconds < 180_000 ? [] : [.timeout]))
        #expect(closes.allSatisfy { $0.text.contains("no whole frame") })
    }

    @Test("A peer that stops in the middle of a frame is given up on 15 s later", arguments: [27_999, 28_000])
    func stoppedFrame(_ milliseconds: Int64) throws {
        var street = try engineInSession()
        _ = tell(&street, .bytesArrived(SessionID(raw: 1)), after: 13_000)
        let codes = tell(&street, .wokeUp, after: milliseconds).closes.map(\.code)
        #expect(codes == (milliseconds < 28_000 ? [] : [.timeout]))
    }

    @Test("Hands on every entry of the chain, whichever of two commits is reported first", arguments: [false, true])
    func appendedOutOfOrder(_ isReversed: Bool) throws {
        var parent = try engine(District.district)
        var street = try engine(District.streetA)
        let fromStreet = open(&street, parent.node)
        let fromParent = open(&parent, street.node, dialled: false)
        _ = converse(&street, &parent, fromA: fromStreet, fromB: fromParent)
        var town = district
        var reports: [SyncEvent] = []
        for number in UInt64(0)..<2 {
            try town.append(
                .place(
                    Place(
                        id: PlaceID(raw: 13 + number),
                        tier: .community,
                        parent: District.streetA,
                        code: "44120200100\(3 + number)",
                        name: "new \(number)"
                    )
                )
            )
            reports.append(.authorityAppended([try #require(town.entries.last)], town.authority))
        }
        let effects = (isReversed ? reports.reversed() : reports).flatMap { tell(&parent, $0) }
        #expect(parent.authority.height == town.authority.height)
        let kept = effects.frames.flatMap { tell(&street, .received(SessionID(raw: 1), frame: $0)) }
        var heights: [UInt64] = []
        for case .persist(_, let batch) in kept {
            heights += try batch.authority.map { try AuthorityEntryContent(decoding: $0.entry).height }
        }
        #expect(heights.first == district.authority.height + 1)
        // Not committed yet, so that the rest waits behind the first.
        #expect(effects.closes.isEmpty && kept.closes.isEmpty)
        if isReversed { #expect(heights == [town.authority.height - 1, town.authority.height]) }
    }

    @Test("Tells a peer of what the chain grew by between its own hello and the peer's") func grownBetweenHellos()
        throws
    {
        var parent = try engine(District.district)
        var street = try engine(District.streetA)
        var town = district
        let place = Place(
            id: PlaceID(raw: 13),
            tier: .community,
            parent: District.streetA,
            code: "441202001003",
            name: "new"
        )
        try town.append(.place(place))
        let grown = SyncEvent.authorityAppended([try #require(town.entries.last)], town.authority)
        _ = tell(&parent, grown)
        let fromStreet = open(&street, parent.node)
        let fromParent = open(&parent, street.node, dialled: false)
        // The street hears of the entry by another way, before the parent's hello arrives.
        _ = tell(&street, grown)
        _ = converse(&street, &parent, fromA: fromStreet, fromB: fromParent)
        #expect(parent.links.first { $0.peer == street.node }?.isUp == true)
        #expect(street.links.first { $0.peer == parent.node }?.isUp == true)
    }

    @Test("Refuses a peer that the chain does not enrol") func stranger() throws {
        var parent = try engine(District.district)
        var stranger = try engine(District.streetA, signer: try testSigner(99))
        let fromStranger = open(&stranger, parent.node)
        let fromParent = open(&parent, stranger.node, dialled: false)
        let closes = converse(&stranger, &parent, fromA: fromStranger, fromB: fromParent)
        #expect(!closes.a.isEmpty || !closes.b.isEmpty)
    }

    @Test("Refuses a hello that names another node than the certificate") func wrongName() throws {
        var parent = try engine(District.district)
        var street = try engine(District.streetA)
        let hello = try #require(open(&street, parent.node).frames.first)
        _ = open(&parent, try district.id(District.streetB), dialled: false)
        let effects = tell(&parent, .received(SessionID(raw: 1), frame: hello))
        #expect(effects.closes.map(\.code) == [.protocolError])
    }

    @Test("Refuses a paused peer") func paused() throws {
        var parent = try engine(District.district)
        let street = try district.id(District.streetA)
        _ = tell(&parent, .paused(street))
        #expect(open(&parent, street, dialled: false).closes.map(\.code) == [.paused])
        _ = tell(&parent, .resumed(street))
        #expect(open(&parent, street, session: 2, dialled: false).closes.isEmpty)
    }

    @Test("Says goodbye to all when it stops") func stopping() throws {
        var parent = try engine(District.district)
        _ = open(&parent, try district.id(District.streetA), session: 1)
        _ = open(&parent, try district.id(District.streetB), session: 2)
        #expect(tell(&parent, .stopping).closes.map(\.code) == [.shuttingDown, .shuttingDown])
    }

    @Test("Both ends keep the connection that the smaller NodeID dialled") func duplicates() throws {
        var a = try engine(District.district)
        var b = try engine(District.streetA)
        var helloA: [[UInt8]] = []
        var helloB: [[UInt8]] = []
        for session in [UInt64(1), 2] {
            helloA += open(&a, b.node, session: session, dialled: session == 1).frames
            helloB += open(&b, a.node, session: session, dialled: session == 2).frames
        }
        var (closedByA, closedByB): ([UInt64], [UInt64]) = ([], [])
        for (index, session) in [UInt64(1), 2].enumerated() {
            let id = SessionID(raw: session)
            closedByA += tell(&a, .received(id, frame: helloB[index])).closedSessions
            closedByB += tell(&b, .received(id, frame: helloA[index])).closedSessions
        }
        let loser: UInt64 = a.node < b.node ? 2 : 1
        #expect(closedByA == [loser] && closedByB == [loser])
    }

    @Test("No bytes before or after the hello trap it; each ends in a close or in nothing") func hostileBytes() throws {
        var random = SeededGenerator(seed: 1)
        var street = try engine(District.streetA)
        var parent = try engine(District.district)
        let hello = try #require(open(&street, parent.node).frames.first)
        var frames: [[UInt8]] = (0..<hello.count).map { Array(hello.prefix($0)) }
        for _ in 0..<500 {
            frames.append(
                (0..<Int.random(in: 0..<200, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            )
            var damaged = hello
            damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= .random(in: 1...255, using: &random)
            frames.append(damaged)
        }
        var session: UInt64 = 100
        for frame in frames {
            for beforeHello in [true, false] {
                session += 1
                let id = SessionID(raw: session)
                _ = open(&parent, street.node, session: session, dialled: false)
                if !beforeHello { _ = tell(&parent, .received(id, frame: hello)) }
                _ = tell(&parent, .received(id, frame: frame))
                _ = tell(&parent, .closed(id))
            }
        }
        // It still serves.
        let fromStreet = open(&street, parent.node, session: 50)
        let fromParent = open(&parent, street.node, session: 50, dialled: false)
        let closes = converse(&street, &parent, fromA: fromStreet, fromB: fromParent, session: 50)
        #expect(closes.a.isEmpty && closes.b.isEmpty)
    }
}

extension [SyncEffect] {
    fileprivate var frames: [[UInt8]] {
        compactMap { effect in
            if case .send(_, let frame) = effect { frame } else { nil }
        }
    }

    fileprivate var closes: [CloseReason] {
        compactMap { effect in
            if case .close(_, let reason) = effect { reason } else { nil }
        }
    }

    fileprivate var closedSessions: [UInt64] {
        compactMap { effect in
            if case .close(let id, _) = effect { id.raw } else { nil }
        }
    }
}

extension ScanResult {
    fileprivate static func nothing(after lsn: LSN) -> ScanResult {
        ScanResult(deltas: [], scannedTo: lsn, reachedEnd: true)
    }
}
