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

    private mutating func use(_ number: UInt64) throws -> [SyncEffect] {
        let delta = try district.delta(
            by: try district.signer(District.communityA1),
            in: try audience(number),
            atHeight: district.authority.height
        )
        return try bench.send([delta], in: try audience(number), on: 1)
    }
}
