import LiandongCore
import LiandongSigning
import Testing

@Suite("Deltas handed in from a file") struct ImportTests {
    /// Street A, with the district on session 2 listening.
    private var bench: EngineBench
    private let district: District
    private let home: Audience
    private let exporter: NodeID

    init() throws {
        self.district = try District()
        self.home = try #require(Audience(lines: [District.communityA1]))
        self.exporter = try district.id(District.communityA1)
        self.bench = try EngineBench(District.streetA, in: district)
        _ = try bench.meet(District.district, of: district, on: 2)
        try bench.ask(on: 2)
    }

    private func delta(_ incarnation: UInt64, by place: PlaceID = District.communityA1) throws -> Delta {
        try district.delta(
            by: try district.signer(place),
            in: home,
            atHeight: district.authority.height,
            incarnation: incarnation
        )
    }

    /// Hands a batch in; what is to be verified is.
    private mutating func offer(_ content: ImportBatch.Content, by exporter: NodeID? = nil) -> [SyncEffect] {
        let batch = ImportBatch(exporter: exporter ?? self.exporter, content: content)
        var effects = bench.tell(.importOffered(7, batch))
        for case .verify(let ticket, let checks) in effects {
            let answers = checks.map { Cryptography.sodium.verify($0.signature, $0.message, $0.key) }
            effects += bench.tell(.verified(ticket, answers))
        }
        return effects
    }

    @Test("They are committed without a cursor, go on to other peers, and the answer counts them once durable")
    mutating func taken() throws {
        let deltas = [try delta(1), try delta(2)]
        let offered = offer(.deltas(deltas, definitions: [home]))
        #expect(offered.outcomes.isEmpty)
        let batch = try #require(offered.persistBatches.first)
        #expect(batch.deltas == deltas)
        #expect(batch.cursors.isEmpty)
        #expect(batch.audiences == [home])
        #expect(batch.peer == exporter)
        let done = try bench.commit(offered)
        #expect(try done.deltaCount(on: 2) == 2)
        #expect(done.outcomes.map(\.stored) == [2])
        #expect(done.outcomes.map(\.known) == [0])
    }

    @Test("What is held already is known, and nothing else happens")
    mutating func known() throws {
        let offered = offer(.deltas([try delta(1)], definitions: [home]))
        var effects: [SyncEffect] = []
        for case .persist(let ticket, _) in offered {
            effects += bench.tell(.persisted(ticket, PersistOutcome(stored: [])))
        }
        #expect(effects.outcomes.map(\.known) == [1])
        #expect(effects.outcomes.map(\.stored) == [0])
    }

    @Test("Each is judged as a peer's: what is out of order is counted by its reason, the rest is taken")
    mutating func judged() throws {
        let good = try delta(1)
        let forged = Delta(
            headerBytes: good.headerBytes,
            signature: [UInt8](repeating: 1, count: 64),
            ops: good.ops,
            header: good.header,
            id: good.id
        )
        let elsewhere = try #require(Audience(lines: [District.communityB1]))
        let notOurs = try district.delta(
            by: try district.signer(District.communityB1),
            in: elsewhere,
            atHeight: district.authority.height
        )
        let noRight = try delta(1, by: District.communityB1)
        let undefined = try district.delta(
            by: try district.signer(District.communityA1),
            in: try #require(Audience(lines: [District.communityA2])),
            atHeight: district.authority.height
        )
        let early = try district.delta(
            by: try district.signer(District.communityA1),
            in: home,
            atHeight: district.authority.height + 1,
            incarnation: 3
        )
        let offered = offer(
            .deltas([forged, notOurs, noRight, undefined, early, good], definitions: [home, elsewhere])
        )
        #expect(offered.persistBatches.map(\.deltas) == [[good]])
        #expect(offered.closeReasons.isEmpty)
        #expect(
            offered.alarms == [.unauthorised(lane: noRight.lane, seq: 1, peer: exporter, .notOfTheAudience)]
        )
        let outcome = try #require(try bench.commit(offered).outcomes.first)
        #expect(outcome.stored == 1)
        #expect(outcome.refused.values.reduce(0, +) == 5)
        #expect(outcome.refused.count == 5)
        #expect(outcome.refused["for an audience that this node is not of"] == 1)
        #expect(outcome.refused["a signature that does not verify"] == 1)
    }

    @Test("A delta of another cluster is refused")
    mutating func otherCluster() throws {
        let other = try delta(1)
        let header = DeltaHeader(
            cluster: ClusterID(raw: Bytes16(high: 1, low: 2)),
            lane: other.lane,
            seq: 1,
            previous: nil,
            hlc: other.header.hlc,
            schema: 1,
            epoch: other.header.epoch,
            opCount: 1,
            opsRoot: other.header.opsRoot
        )
        let bytes = header.canonicalBytes
        let signature = try district.signer(District.communityA1).sign(Delta.signedMessage(headerBytes: bytes))
        let foreign = try Delta(headerBytes: bytes, signature: signature, ops: other.ops, .sodium)
        let offered = offer(.deltas([foreign], definitions: [home]))
        #expect(offered.persistBatches.isEmpty)
        #expect(offered.outcomes.map(\.refused) == [["of another cluster": 1]])
    }

    @Test("Entries beyond this node's chain are committed, those it holds are known")
    mutating func entries() throws {
        let longer = try district.movingA1()
        let held = offer(.entries(district.entries))
        #expect(held.persistBatches.isEmpty)
        #expect(held.outcomes.map(\.known) == [district.entries.count])
        let offered = offer(.entries(longer.entries))
        #expect(offered.persistBatches.map(\.authority.count) == [1])
        let done = try bench.commit(offered)
        #expect(done.outcomes.map(\.stored) == [1])
        #expect(bench.engine.authority.height == longer.authority.height)
    }

    @Test("A chain that forked is refused, with an alarm, and so is a batch of a node that the chain does not enrol")
    mutating func forkedChain() throws {
        var other = try District()
        let place = Place(
            id: PlaceID(raw: 99),
            tier: .community,
            parent: District.streetB,
            code: "441202003099",
            name: "fork"
        )
        try other.append(.place(place))
        var bench = try EngineBench(District.streetA, in: try district.movingA1())
        let batch = ImportBatch(exporter: exporter, content: .entries(other.entries))
        let effects = bench.tell(.importOffered(1, batch))
        #expect(effects.persistBatches.isEmpty)
        #expect(effects.outcomes.first?.failure?.contains("chains differ at height \(other.authority.height)") == true)
        #expect(effects.alarms == [.authorityFork(peer: exporter, height: other.authority.height)])

        let stranger = try #require(NodeID(try testSigner(99).publicKey))
        let refused = offer(.deltas([try delta(1)], definitions: [home]), by: stranger)
        #expect(refused.persistBatches.isEmpty)
        #expect(refused.outcomes.first?.failure?.contains("does not enrol") == true)
    }

    @Test("What cannot be committed is told, and can be handed in again")
    mutating func commitFails() throws {
        let offered = offer(.deltas([try delta(1)], definitions: [home]))
        var effects: [SyncEffect] = []
        for case .persist(let ticket, _) in offered {
            effects += bench.tell(.persistFailed(ticket, reason: "the disk is full"))
        }
        #expect(effects.outcomes.map(\.failure) == ["the disk is full"])
        #expect(try bench.commit(offer(.deltas([try delta(1)], definitions: [home]))).outcomes.map(\.stored) == [1])
    }

    @Test("Beats of a file tell what their authors hold; what is for others to know does not go into one")
    mutating func beats() throws {
        var other = try EngineBench(District.communityA1, in: district)
        let own = CommittedDelta(lsn: 1, delta: try delta(1), source: nil)
        _ = other.tell(.committed([own], definitions: [home]))
        _ = other.tell(.beatWanted)
        let street = try district.id(District.streetA)
        let kept = other.engine.keptBeats(for: street)
        #expect(kept.beats.count == 1)
        #expect(kept.parts.count == 1)
        #expect(other.engine.keptBeats(for: try district.id(District.communityB1)).parts.isEmpty)
        _ = try bench.commit(offer(.deltas([try delta(1)], definitions: [home])))
        #expect(bench.engine.positions(of: exporter).isEmpty)
        #expect(offer(.beats(kept.beats, parts: kept.parts)).outcomes.count == 1)
        let positions = bench.engine.positions(of: exporter)
        #expect(positions[AudienceID(home, .sodium)]?.values.map { $0 } == [1])
        #expect(bench.engine.beatState(of: exporter) != nil)
    }
}

extension [SyncEffect] {
    /// What became of what was handed in.
    var outcomes: [ImportOutcome] {
        compactMap { effect in
            if case .imported(_, let outcome) = effect { outcome } else { nil }
        }
    }
}
