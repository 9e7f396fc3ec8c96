import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

@Suite("Audience definitions ahead of their deltas") struct DefinitionBoundTests {
    private var bench: EngineBench
    private let district: District

    init() throws {
        self.district = try District()
        self.bench = try EngineBench(District.streetA, in: district)
        _ = try bench.meet(District.communityA1, of: district, on: 1)
    }

    /// One of many audiences that community A1 and its street are of.
    private func audience(_ number: UInt64) throws -> Audience {
        try #require(Audience(lines: [District.communityA1, PlaceID(raw: 1_000 + number)]))
    }

    private mutating func define(_ numbers: Range<UInt64>) throws -> [SyncEffect] {
        let definitions = try numbers.map { try audience($0).wire }
        return try bench.say(.audiences(.with { $0.audiences = definitions }), on: 1)
    }

    @Test("One more than 1,024 that no delta used ends the session and says why") mutating func unused() throws {
        #expect(try define(0..<1_024).closeReasons.isEmpty)
        // Said again they are not more.
        #expect(try define(0..<1_024).closeReasons.isEmpty)
        let reasons = try define(1_024..<1_025).closeReasons
        #expect(reasons.map(\.code) == [.protocolError])
        #expect(reasons.first?.text.contains("more than 1024 audiences defined and not used") == true)
    }

    @Test("More than 1,024 at once end the session") mutating func atOnce() throws {
        #expect(try define(0..<1_025).closeReasons.map(\.code) == [.protocolError])
    }

    @Test("A delta that uses one makes room for another") mutating func room() throws {
        #expect(try define(0..<1_024).closeReasons.isEmpty)
        #expect(try use(500).persistBatches.count == 1)
        #expect(try define(1_024..<1_025).closeReasons.isEmpty)
        #expect(try define(1_025..<1_026).closeReasons.map(\.code) == [.protocolError])
    }

    @Test("Any number used in turn is taken in") mutating func usedInTurn() throws {
        for number in UInt64(0)..<1_100 {
            let effects = try use(number)
            try #require(effects.closeReasons.isEmpty)
            try #require(effects.persistBatches.map(\.audiences) == [[try audience(number)]])
            _ = try bench.commit(effects)
        }
        #expect(try define(5_000..<6_024).closeReasons.isEmpty)
    }

    @Test("Any number is taken in of which every delta is refused, and each stays good")
    mutating func refused() throws {
        for number in UInt64(0)..<1_100 {
            let effects = try refuse(number)
            try #require(effects.closeReasons.isEmpty && effects.persistBatches.isEmpty)
        }
        #expect(bench.engine.counters.deltasRefused == 1_100)
        #expect(try define(5_000..<6_024).closeReasons.isEmpty, "none of them counts as unused")
        // The peer has no reason to define the audience again for another origin's delta, which is good.
        let effects = try use(7, isDefined: true)
        #expect(effects.closeReasons.isEmpty)
        #expect(effects.persistBatches.map(\.audiences) == [[try audience(7)]])
    }

    @Test("Any number is taken in of which every delta is not ours, as of a peer that has not heard of a move")
    mutating func notOurs() throws {
        for number in UInt64(0)..<1_100 {
            let foreign = try #require(Audience(lines: [District.communityB1, PlaceID(raw: 1_000 + number)]))
            let effects = try bench.send([try delta(in: foreign)], in: foreign, on: 1)
            try #require(effects.closeReasons.isEmpty && effects.persistBatches.isEmpty)
        }
        #expect(bench.engine.counters.deltasNotOurs == 1_100)
        #expect(try define(5_000..<6_024).closeReasons.isEmpty, "none of them counts as unused")
    }

    @Test("More of these than are kept in mind end the session, and the next goes on behind what was judged")
    mutating func tooManyRefused() throws {
        bench = try EngineBench(District.streetA, in: district) { $0.asideAudienceLimit = 8 }
        _ = try bench.meet(District.communityA1, of: district, on: 1)
        for number in UInt64(0)..<8 { #expect(try refuse(number).closeReasons.isEmpty) }
        #expect(try refuse(3).closeReasons.isEmpty, "said again it is not one more")
        let under = try use(100)
        #expect(under.persistBatches.count == 1 && under.closeReasons.isEmpty)
        #expect(try refuse(8).closeReasons.isEmpty, "what is under way is finished first")
        let last = bench.lastSent
        let effects = try bench.commit(under)
        #expect(effects.closeReasons.map(\.code) == [.replaced])
        #expect(effects.closeReasons.first?.text.contains("at most 8 are kept in mind") == true)
        #expect(try bench.meet(District.communityA1, of: district, on: 2).resumes(on: 2).max() == UInt64(last))
    }

    /// A delta that is refused: its origin is not of the chain.
    private mutating func refuse(_ number: UInt64) throws -> [SyncEffect] {
        let audience = try audience(number)
        let delta = try district.delta(by: try testSigner(99), in: audience, atHeight: district.authority.height)
        return try bench.send([delta], in: audience, on: 1)
    }

    private func delta(in audience: Audience) throws -> Delta {
        let author = try district.signer(District.communityA1)
        return try district.delta(by: author, in: audience, atHeight: district.authority.height)
    }

    private mutating func use(_ number: UInt64, isDefined: Bool = false) throws -> [SyncEffect] {
        let audience = try audience(number)
        return try bench.send([try delta(in: audience)], in: audience, isDefined: isDefined, on: 1)
    }
}
