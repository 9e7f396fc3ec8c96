import LiandongCore
import LiandongSigning
import Testing

@Suite("Two nodes of which one does not know the other's store") struct ReconcilingTests {
    private let district: District
    private let audience: Audience
    private let deltas: [Delta]

    init() throws {
        let district = try District()
        self.district = district
        let audience = try #require(Audience(lines: [District.communityA1]))
        self.audience = audience
        self.deltas = try (0..<40).map { number in
            try district.delta(
                by: try district.signer(District.communityA1),
                in: audience,
                atHeight: district.authority.height,
                incarnation: UInt64(100 + number)
            )
        }
    }

    private func street(
        holding deltas: [Delta],
        cursors: [Cursor] = [],
        configure: (inout SyncConfiguration) -> Void = { _ in }
    ) throws -> EnginePair.End {
        try EnginePair.End(
            District.streetA,
            in: district,
            epoch: 10,
            holding: deltas,
            audience: audience,
            cursors: cursors,
            configure: configure
        )
    }

    private func parent(
        holding deltas: [Delta],
        cursors: [Cursor] = [],
        configure: (inout SyncConfiguration) -> Void = { _ in }
    ) throws -> EnginePair.End {
        try EnginePair.End(
            District.district,
            in: district,
            epoch: 20,
            holding: deltas,
            audience: audience,
            cursors: cursors,
            configure: configure
        )
    }

    /// The street had taken over an earlier file of the district's.
    private func oldCursors() throws -> [Cursor] {
        try DeltaClass.allCases.map {
            Cursor(
                peer: try district.id(District.district),
                storeEpoch: StoreEpoch(raw: 19),
                deltaClass: $0,
                lsn: 35
            )
        }
    }

    @Test("Each sends what the other lacks and no more; then the cursors stand where the stream is")
    func repairs() throws {
        let here = Array(deltas[..<10]) + [deltas[39]]
        var pair = EnginePair(
            try street(holding: here, cursors: oldCursors()),
            try parent(holding: Array(deltas[..<30]))
        )
        try pair.meet()
        try pair.converse()
        let all = Set((deltas[..<30] + [deltas[39]]).map(\.id))
        #expect(pair.ends.map(\.ids) == [all, all])
        #expect(pair.ends.map(\.engine.counters.deltasSent) == [1, 20])
        #expect(pair.ends.map(\.engine.counters.duplicates) == [0, 0])
        let cursor = try #require(pair.durableCursors(at: 0)[.interactive])
        #expect(cursor.storeEpoch == StoreEpoch(raw: 20))
        #expect(cursor.lsn >= 30)
        #expect(pair.ends.allSatisfy { $0.closes.isEmpty })
        // Once more, to see that nothing was behind it.
        #expect(pair.ends[0].reports.last?.isEqual == true)
    }

    @Test("A fork behind a gap of the peer is found before the cursors go") func forkBehindGap() throws {
        let here = try [laneDelta(1, "one"), laneDelta(2, "two"), laneDelta(3, "three")]
        // It holds the other end of the second alone: until it has the rest, the lanes differ in their seqs.
        let there = try [laneDelta(2, "another two")]
        var pair = EnginePair(try street(holding: here, cursors: oldCursors()), try parent(holding: there))
        try pair.meet()
        try pair.converse()
        let all = Set((here + there).map(\.id))
        #expect(pair.ends.map(\.ids) == [all, all])
        #expect(pair.durableCursors(at: 0)[.interactive]?.storeEpoch == StoreEpoch(raw: 20))
    }

    @Test("What a stream brings to the peer anyway, no pass brings once more") func streamedOnce() throws {
        var pair = EnginePair(try street(holding: deltas, cursors: oldCursors()), try parent(holding: []))
        try pair.meet()
        try pair.converse()
        #expect(pair.ends[0].reports.first?.differences.isEmpty == false)
        #expect(pair.ends[1].ids == Set(deltas.map(\.id)))
        #expect(pair.ends.map(\.engine.counters.deltasSent) == [40, 0])
        #expect(pair.ends[1].engine.counters.duplicates == 0)
    }

    @Test("A fork behind what a stream still brings is found once it has") func forkBehindStream() throws {
        let here = try [deltas[0]] + (1...30).map { try laneDelta($0, "\($0)") }
        let there = try [deltas[0], laneDelta(25, "another 25")]
        // The parent knows the street's store, and streams from behind its first, one at a time; the street waits for a pass.
        let peer = try district.id(District.streetA)
        let known = DeltaClass.allCases.map {
            Cursor(peer: peer, storeEpoch: StoreEpoch(raw: 10), deltaClass: $0, lsn: 1)
        }
        var pair = EnginePair(
            try street(holding: here, cursors: oldCursors()),
            try parent(holding: there, cursors: known) { $0.interactiveWindow = 1 }
        )
        try pair.meet()
        try pair.converse()
        #expect(pair.ends[1].ids == Set((here + there).map(\.id)))
        pair.milliseconds = 1_000
        try pair.tell(0, .wokeUp)
        try pair.converse()
        #expect(pair.ends[0].ids == Set((here + there).map(\.id)))
        #expect(pair.ends.allSatisfy { $0.closes.isEmpty })
    }

    private func laneDelta(_ seq: UInt64, _ op: String) throws -> Delta {
        try district.delta(
            by: try district.signer(District.communityA1),
            in: audience,
            atHeight: district.authority.height,
            seq: seq,
            op: op
        )
    }

    @Test("No cursor is written before the peer has sent all of it") func cursorsWait() throws {
        var pair = EnginePair(
            try street(holding: Array(deltas[..<1]), cursors: oldCursors()) { $0.interactiveWindow = 1 },
            try parent(holding: Array(deltas[..<30]))
        )
        try pair.meet()
        try pair.converse()
        // With so little credit deltas come one at a time: a cursor before the last would have been seen here.
        let first = try #require(pair.ends[0].cursors.first { $0.storeEpoch == StoreEpoch(raw: 20) })
        #expect(first.lsn >= 30)
        #expect(pair.ends[0].ids.count == 30)
    }

    @Test("What the peer writes meanwhile comes by the stream") func meanwhile() throws {
        var pair = EnginePair(
            try street(holding: Array(deltas[..<5]), cursors: oldCursors()),
            try parent(holding: Array(deltas[..<20]))
        )
        try pair.meet()
        try pair.commit(deltas[30], at: 1)
        try pair.converse()
        try pair.commit(deltas[31], at: 1)
        try pair.converse()
        let all = Set((deltas[..<20] + deltas[30...31]).map(\.id))
        #expect(pair.ends.map(\.ids) == [all, all])
        #expect(try #require(pair.durableCursors(at: 0)[.interactive]).lsn == 22)
    }

    @Test("A replica that holds nothing streams from the beginning") func empty() throws {
        var pair = EnginePair(try street(holding: []), try parent(holding: Array(deltas[..<20])) { $0.features = [] })
        try pair.meet()
        try pair.converse()
        #expect(pair.ends[0].ids == Set(deltas[..<20].map(\.id)))
        #expect(pair.ends[0].engine.counters.passesOpened == 0)
        #expect(try #require(pair.durableCursors(at: 0)[.interactive]).lsn == 20)
    }

    @Test("With a peer that knows no reconciliation it streams from the beginning", arguments: [0, 1])
    func olderPeer(_ older: Int) throws {
        var pair = EnginePair(
            try street(holding: Array(deltas[..<5]), cursors: oldCursors()) { if older == 0 { $0.features = [] } },
            try parent(holding: Array(deltas[..<20])) { if older == 1 { $0.features = [] } }
        )
        try pair.meet()
        try pair.converse()
        #expect(pair.ends[0].ids == Set(deltas[..<20].map(\.id)))
        #expect(pair.ends.allSatisfy { $0.reports.isEmpty && $0.closes.isEmpty })
    }

    @Test("The end that dialled compares again when the interval is over, not before") func scrub() throws {
        var pair = EnginePair(
            try street(holding: Array(deltas[..<20]), cursors: oldCursors()) { $0.scrubInterval = 10_000 },
            try parent(holding: Array(deltas[..<20])) { $0.scrubInterval = 1 }
        )
        try pair.meet()
        try pair.converse()
        let before = pair.ends.map(\.engine.counters.passesOpened)
        pair.milliseconds = 9_999
        for index in [0, 1] { try pair.tell(index, .wokeUp) }
        try pair.converse()
        #expect(pair.ends.map(\.engine.counters.passesOpened) == before)
        pair.milliseconds = 10_000
        for index in [0, 1] { try pair.tell(index, .wokeUp) }
        try pair.converse()
        #expect(pair.ends.map(\.engine.counters.passesOpened) == [before[0] + 1, before[1]])
        #expect(pair.ends[0].reports.last?.isEqual == true)
    }

    @Test("What was set aside because it rotted comes back from the peer") func rot() throws {
        var pair = EnginePair(
            try street(holding: Array(deltas[..<20]), cursors: oldCursors()),
            try parent(holding: Array(deltas[..<20]))
        )
        try pair.meet()
        try pair.converse()
        pair.lose(deltas[3].id, at: 0)
        let rot = ScrubOutcome.Rot(lane: deltas[3].lane, seq: 1, id: deltas[3].id)
        try pair.tell(0, .scrubbed(ScrubOutcome(checkedCount: 20, rot: [rot])))
        try pair.converse()
        #expect(pair.ends[0].ids.contains(deltas[3].id))
        #expect(pair.ends[0].engine.counters.deltasRotten == 1)
    }

    @Test("Whoever asks for a pass hears how it ended, also where there can be none") func asked() throws {
        var pair = EnginePair(
            try street(holding: Array(deltas[..<3])),
            try parent(holding: Array(deltas[..<3])) { $0.features = [] }
        )
        let peer = pair.ends[1].engine.node
        try pair.tell(0, .passWanted(peer))
        try pair.meet()
        try pair.converse()
        try pair.tell(0, .passWanted(peer))
        #expect(
            pair.ends[0].reports.map(\.result) == [
                .failed("there is no session with the peer"), .failed("the peer's build knows no reconciliation"),
            ]
        )
    }
}
