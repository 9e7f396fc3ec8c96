import Foundation
import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

@Suite("Excerpts")
struct ExcerptTests {
    private let district: District
    private let home: Audience
    private let wider: Audience
    private let record: TestRecord
    private let delta: Delta

    init() throws {
        district = try District()
        home = try #require(Audience(lines: [District.communityA1, District.communityA2]))
        wider = try #require(Audience(lines: [District.communityA1, District.communityA2, District.communityB1]))
        let record = TestRecord(1, home)
        var author = try Replica(District.communityA1, in: district)
        delta = try author.commit(
            [record.create] + (0..<6).map { record.write(Schema.events, "entry \($0)", element: "\($0)") },
            at: 1_700_000_000_000
        )[0]
        self.record = record
    }

    private func excerpt(_ index: Int = 0) throws -> Excerpt {
        try #require(Excerpt(delta, index: index, audience: home, .sodium))
    }

    @Test("Every op of a delta of any size is proved by its excerpt", arguments: [1, 2, 3, 7, 512])
    func everyIndex(count: Int) throws {
        var author = try Replica(District.communityA1, in: district)
        let entries = (1..<count).map { record.write(Schema.events, "\($0)", element: "\($0)") }
        let delta = try author.commit([record.create] + entries, at: 1_000)[0]
        #expect(delta.ops.count == count)
        for index in delta.ops.indices {
            let excerpt = try #require(Excerpt(delta, index: index, audience: home, .sodium))
            let read = try Excerpt(decoding: excerpt.wireBytes)
            #expect(read == excerpt)
            let proved = try #require(read.verified(.sodium))
            #expect(proved.delta == delta.id)
            #expect(delta.ops[index] == .held(salt: read.salt, op: read.op))
            #expect(proved.op == (try Op(decoding: read.op)))
        }
        #expect(Excerpt(delta, index: count, audience: home, .sodium) == nil)
    }

    @Test("One changed bit of any byte, and what was left out, prove nothing")
    func everyBit() throws {
        let whole = try excerpt(3).wireBytes
        #expect(try Excerpt(decoding: whole).verified(.sodium) != nil)
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 1
            #expect((try? Excerpt(decoding: changed))?.verified(.sodium) == nil, "byte \(index)")
            #expect((try? Excerpt(decoding: Array(whole[..<index])))?.verified(.sodium) == nil, "cut at \(index)")
        }
    }

    /// What a dishonest carrier can change of an excerpt, or of the carry around it.
    enum Forgery: CaseIterable {
        case none, header, signature, index, salt, op, path, longerPath, audience, record, field
    }

    @Test("A carry with a forged excerpt is refused, whichever part is forged", arguments: Forgery.allCases)
    func forged(_ forgery: Forgery) throws {
        let genuine = try excerpt()
        func changed(_ bytes: [UInt8]) -> [UInt8] {
            bytes.enumerated().map { $0.offset == 9 ? $0.element ^ 1 : $0.element }
        }
        let excerpt = Excerpt(
            headerBytes: forgery == .header ? changed(genuine.headerBytes) : genuine.headerBytes,
            signature: forgery == .signature ? changed(genuine.signature) : genuine.signature,
            index: forgery == .index ? 1 : genuine.index,
            salt: forgery == .salt ? [UInt8](repeating: 0, count: 16) : genuine.salt,
            op: forgery == .op ? changed(genuine.op) : genuine.op,
            path: forgery == .path
                ? genuine.path.reversed() : forgery == .longerPath ? genuine.path + genuine.path : genuine.path,
            audience: forgery == .audience ? wider : genuine.audience
        )
        let carrier = try Replica(District.communityA1, in: district)
        let carry = Op(
            record: forgery == .record ? TestRecord(2, home).id : record.id,
            field: forgery == .field ? Schema.title : Schema.creation,
            value: excerpt.wireBytes,
            change: .carry
        )
        var reader = try Replica(District.communityB1, in: district)
        let sent = try carrier.write(carry, in: wider, district, at: 1_700_000_001_000)
        try reader.receive([sent], audiences: [wider], at: 1_700_000_002_000)
        if forgery == .none {
            #expect(try reader.view(record.id) != nil)
            #expect(reader.storage.content.parked.isEmpty)
        } else {
            #expect(try reader.view(record.id) == nil)
            #expect(reader.storage.content.parked.map(\.reason) == [.refused])
        }
    }

    @Test("An excerpt of a later height of the chain than its carry's is refused")
    func laterHeight() throws {
        var ahead = district
        try ahead.append(.policy(name: "x", value: "1"))
        var author = try Replica(District.communityA1, in: ahead)
        let late = try author.commit([record.create], at: 1_700_000_000_000)[0]
        let excerpt = try #require(Excerpt(late, index: 0, audience: home, .sodium))
        let carry = Op(record: record.id, field: Schema.creation, value: excerpt.wireBytes, change: .carry)
        for (chain, reason) in [(district, [ParkedOp.Reason.refused]), (ahead, [])] {
            let carrier = try Replica(District.communityA1, in: chain)
            var reader = try Replica(District.communityB1, in: ahead)
            let sent = try carrier.write(carry, in: wider, chain, at: 1_700_000_001_000)
            try reader.receive([sent], audiences: [wider], at: 1_700_000_002_000)
            #expect(reader.storage.content.parked.map(\.reason) == reason)
        }
    }

    @Test("The bytes of an excerpt and of a given are those of the published example")
    func golden() throws {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/protocol/golden/excerpt.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        let given = Given(audience: wider, replaces: [Dot(delta: delta.id, index: 258)])
        let made = ["excerpt \(hexadecimal(try excerpt(3).wireBytes))", "given \(hexadecimal(given.wireBytes))"]
        #expect(lines.map(String.init) == made)
        #expect(try Given(decoding: given.wireBytes) == given)
    }
}
