import LiandongCore
import LiandongSigning
import Testing

@Suite("Deltas without a right to their audience") struct RefusedDeltaTests {
    /// Ends at street A: community A1 sends on session 1, the district listens on session 2.
    private var bench: EngineBench
    private let district: District
    private let home: Audience

    init() throws {
        var district = try District()
        let muted = try district.id(District.communityA2)
        try district.append(.grant(muted, capability: StandingGrant.write.rawValue, withdrawn: true))
        self.district = district
        self.home = try #require(Audience(lines: [District.communityA1]))
        self.bench = try EngineBench(District.streetA, in: district)
        _ = try bench.meet(District.communityA1, of: district, on: 1)
        _ = try bench.meet(District.district, of: district, on: 2)
        try bench.ask(on: 2)
    }

    private func good(_ incarnation: UInt64) throws -> Delta {
        try district.delta(
            by: try district.signer(District.communityA1),
            in: home,
            atHeight: district.authority.height,
            incarnation: incarnation
        )
    }

    private func refused(_ refusal: DeltaAdmission.Refusal, incarnation: UInt64 = 1) throws -> Delta {
        switch refusal {
        case .notEnrolled:
            // The chain's first entry enrols nobody.
            try district.delta(
                by: try district.signer(District.communityA1),
                in: home,
                atHeight: 1,
                incarnation: incarnation
            )
        case .withdrawn:
            try district.delta(
                by: try district.signer(District.communityA2),
                in: home,
                atHeight: district.authority.height,
                incarnation: incarnation
            )
        case .notOfTheAudience:
            try district.delta(
                by: try district.signer(District.communityB1),
                in: home,
                atHeight: district.authority.height,
                incarnation: incarnation
            )
        }
    }

    @Test(
        "It is neither stored nor sent on; the cursor moves, credit comes back, other lanes flow",
        arguments: [DeltaAdmission.Refusal.notEnrolled, .withdrawn, .notOfTheAudience]
    )
    mutating func refusal(_ refusal: DeltaAdmission.Refusal) throws {
        let delta = try refused(refusal, incarnation: 5)
        let alone = try bench.send([delta], in: home, on: 1)
        #expect(alone.persistBatches.isEmpty && alone.closeReasons.isEmpty)
        let peer = try district.id(District.communityA1)
        #expect(alone.alarms == [.unauthorised(lane: delta.lane, seq: 1, peer: peer, refusal)])
        #expect(bench.engine.refused.map(\.signature) == [delta.signature])
        let sent = bench.lastSent
        let answers = try alone.said(on: 1)
        #expect(answers.contains { if case .acknowledge(let word) = $0 { word.lsn == sent } else { false } })
        #expect(answers.contains { if case .credit(let credit) = $0 { credit.bytes > 0 } else { false } })

        // In one frame with lanes before and behind it.
        let again = try refused(refusal, incarnation: 6)
        let mixed = try bench.send([try good(7), again, try good(8)], in: home, on: 1)
        #expect(mixed.persistBatches.map(\.deltas) == [[try good(7), try good(8)]])
        let cursor = mixed.persistBatches.first?.cursors.first { $0.deltaClass == .interactive }
        #expect(cursor?.lsn == bench.lastSent)
        #expect(mixed.persistBatches.first?.audiences == [home])
        #expect(try bench.commit(mixed).deltaCount(on: 2) == 2)
        #expect(bench.engine.counters.deltasRefused == 2)
        #expect(bench.engine.counters.duplicates == 0)
    }

    @Test("A wrong signature ends the session before anybody is accused") mutating func forged() throws {
        let delta = try refused(.notOfTheAudience)
        let forged = Delta(
            headerBytes: delta.headerBytes,
            signature: [UInt8](repeating: 1, count: 64),
            ops: delta.ops,
            header: delta.header,
            id: delta.id
        )
        let effects = try bench.send([forged], in: home, on: 1)
        #expect(effects.closeReasons.map(\.code) == [.protocolError])
        #expect(effects.alarms.isEmpty && bench.engine.refused.isEmpty)
        #expect(bench.engine.counters.deltasRefused == 0)
    }

    @Test("Of one origin four are kept and told of, the rest counted") mutating func oneOrigin() throws {
        let deltas = try (1...9).map { try refused(.notOfTheAudience, incarnation: $0) }
        let effects = try bench.send(deltas, in: home, on: 1)
        #expect(effects.alarms.count == RefusedDelta.originLimit)
        #expect(bench.engine.refused.map(\.lane) == deltas.prefix(RefusedDelta.originLimit).map(\.lane))
        #expect(bench.engine.counters.deltasRefused == 9)
    }

    @Test("Of many origins sixty-four are kept and told of, the rest counted") mutating func manyOrigins() throws {
        let deltas = try (20..<90).map { seed in
            try district.delta(by: try testSigner(seed), in: home, atHeight: district.authority.height)
        }
        let effects = try bench.send(deltas, in: home, on: 1)
        #expect(effects.alarms.count == RefusedDelta.limit)
        #expect(bench.engine.refused.map(\.lane) == deltas.prefix(RefusedDelta.limit).map(\.lane))
        #expect(bench.engine.counters.deltasRefused == 70)
        #expect(try bench.send([try good(1)], in: home, on: 1).persistBatches.map(\.deltas.count) == [1])
    }

    @Test("A delta in a place made after its epoch is refused by replicas at that height and ahead of it alike")
    func placeMadeLater() throws {
        var ahead = district
        let made = Place(
            id: PlaceID(raw: 13),
            tier: .community,
            parent: District.streetA,
            code: "441202001013",
            name: "later"
        )
        try ahead.append(.place(made))
        // The district is of it by street B; street A wrote it, and would be only by the place that was made later.
        let audience = try #require(Audience(lines: [District.streetB, made.id]))
        let origin = try district.signer(District.streetA)
        let early = try district.delta(by: origin, in: audience, atHeight: district.authority.height)
        for chain in [district, ahead] {
            var bench = try EngineBench(District.district, in: chain)
            _ = try bench.meet(District.streetA, of: chain, on: 1)
            let effects = try bench.send([early], in: audience, on: 1)
            #expect(effects.persistBatches.isEmpty && effects.closeReasons.isEmpty)
            #expect(bench.engine.refused.map(\.refusal) == [.notOfTheAudience])
            guard chain.authority.height == ahead.authority.height else { continue }
            let late = try ahead.delta(by: origin, in: audience, atHeight: ahead.authority.height, incarnation: 2)
            #expect(try bench.send([late], in: audience, on: 1).persistBatches.map(\.deltas) == [[late]])
        }
    }
}
