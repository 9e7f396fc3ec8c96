import Foundation
import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// What the ledger writes, checked by Tests/Protocol/verify_deltas.py: another language, another protobuf, written from
/// docs/protocol alone.
@Suite("Second implementation")
struct SecondImplementationTests {
    private let district: District
    private let home: Audience
    private let deltas: [Delta]

    init() throws {
        self.district = try District()
        self.home = try #require(Audience(lines: [District.communityA1, District.communityB1]))
        var author = try Replica(District.communityA1, in: district)
        var other = try Replica(District.communityB1, in: district)
        let record = TestRecord(1, home)
        var deltas = try author.commit(
            [record.create, record.write(Schema.secret, "name")]
                + (0..<12).map { record.write(Schema.tags, "", element: "tag \($0)") },
            at: 1_700_000_000_000
        )
        try other.receive(deltas, audiences: [home], at: 1_700_000_000_500)
        for step in 0..<7 {
            deltas += try author.commit([record.write(Schema.unit, "unit \(step)")], at: 1_700_000_001_000)
            deltas += try other.commit(
                [record.write(Schema.title, "title \(step)"), record.remove(Schema.tags, element: "tag \(step)")],
                at: 1_700_000_002_000
            )
        }
        self.deltas = deltas
    }

    @Test("It verifies the chain and every delta of an export")
    func verifies() throws {
        let verdict = try verify(export(deltas))
        #expect(verdict.status == 0, "\(verdict.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: verdict.output) as? [String: Any])
        #expect(report["deltas"] as? Int == deltas.count)
        #expect(report["authority_height"] as? Int == district.entries.count)
        #expect(report["creations"] as? Int == 1)
        #expect(report["lanes"] as? Int == 3)
        #expect(report["gaps"] as? Int == 0)
    }

    @Test("It refuses one changed byte of an op, a foreign signature, and a chain with an entry left out")
    func refuses() throws {
        var changed = export(deltas)
        let text = try #require(changed.firstRange(of: Array("tag 3".utf8)))
        changed[text.upperBound - 1] = UInt8(ascii: "4")
        let wrongRoot = try verify(changed)
        #expect(wrongRoot.status == 1)
        #expect(wrongRoot.errors.contains("root"))

        let first = deltas[0]
        let foreign = Delta(
            headerBytes: first.headerBytes,
            signature: deltas[1].signature,
            ops: first.ops,
            header: first.header,
            id: first.id
        )
        let wrongSignature = try verify(export([foreign]))
        #expect(wrongSignature.status == 1)
        #expect(wrongSignature.errors.contains("signature"))

        let gap = try verify(export(deltas, chain: district.entries.filter { $0 != district.entries[2] }))
        #expect(gap.status == 1)
        #expect(gap.errors.contains("authority entry 3"))
    }

    /// The deltas of a further audience alone: what they carry is of deltas that the export does not have.
    private func given() throws -> (deltas: [Delta], audience: Audience) {
        let wider = try #require(Audience(lines: [District.communityA1, District.communityB1, District.communityA2]))
        let record = TestRecord(1, home)
        var giver = try Replica(District.communityB1, in: district)
        try giver.receive(deltas, audiences: [home], at: 1_700_000_003_000)
        let all = try giver.commit(
            [.give(record.id, of: Schema.kind, from: home, to: wider)],
            at: 1_700_000_004_000
        )
        return (all.filter { $0.lane.audience == AudienceID(wider, .sodium) }, wider)
    }

    @Test("It verifies what was carried to a further audience from that audience's deltas alone")
    func verifiesExcerpts() throws {
        let (deltas, wider) = try given()
        let verdict = try verify(export(deltas, audiences: [wider]))
        #expect(verdict.status == 0, "\(verdict.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: verdict.output) as? [String: Any])
        let count = deltas.reduce(0) { $0 + $1.ops.count }
        #expect(report["carries"] as? Int == count)
        #expect(count > 12)
        #expect(report["creations"] as? Int == 1)
    }

    @Test("It refuses an excerpt with one changed bit in its header, signature, op or path")
    func refusesExcerpts() throws {
        let wider = try given().audience
        let excerpt = try #require(Excerpt(deltas[0], index: 1, audience: home, .sodium))
        func flipped(_ bytes: [UInt8]) -> [UInt8] { bytes.dropLast() + bytes.suffix(1).map { $0 ^ 1 } }
        func sent(header: Bool = false, signature: Bool = false, op: Bool = false, path: Bool = false) throws -> Delta {
            let forged = Excerpt(
                headerBytes: header ? flipped(excerpt.headerBytes) : excerpt.headerBytes,
                signature: signature ? flipped(excerpt.signature) : excerpt.signature,
                index: excerpt.index,
                salt: excerpt.salt,
                op: op ? flipped(excerpt.op) : excerpt.op,
                path: path ? excerpt.path.dropLast() : excerpt.path,
                audience: excerpt.audience
            )
            guard case .held(_, let bytes) = deltas[0].ops[1] else { throw Missing() }
            let field = try Op(decoding: bytes).field
            let carry = Op(record: TestRecord(1, home).id, field: field, value: forged.wireBytes, change: .carry)
            let carrier = try Replica(District.communityA1, in: district)
            return try carrier.write(carry, in: wider, district, at: 1_700_000_005_000)
        }
        #expect(try verify(export([sent()], audiences: [wider])).status == 0)
        for (forged, word) in [
            (try sent(header: true), "root"), (try sent(signature: true), "signature"), (try sent(op: true), "root"),
            (try sent(path: true), "root"),
        ] {
            let verdict = try verify(export([forged], audiences: [wider]))
            #expect(verdict.status == 1)
            #expect(verdict.errors.contains(word), "\(verdict.errors)")
        }
    }

    /// The record given to a third place and taken back from it by whom it was given: all that was written for it, and
    /// what its giver holds of that in the end.
    private func takenBack() throws -> (written: [Delta], held: [Delta], wider: Audience) {
        let wider = try #require(Audience(lines: [District.communityA1, District.communityB1, District.communityA2]))
        let record = TestRecord(1, home)
        var giver = try Replica(District.communityB1, in: district)
        try giver.receive(deltas, audiences: [home], at: 1_700_000_003_000)
        let given = try giver.commit([.give(record.id, of: Schema.kind, from: home, to: wider)], at: 1_700_000_004_000)
        let left = try giver.commit(
            [
                .give(record.id, of: Schema.kind, from: wider, to: home),
                .leave(record.id, of: Schema.kind, wider, for: home),
            ],
            at: 1_700_000_005_000
        )
        let stored = giver.storage.content.deltas.sorted { $0.key < $1.key }.map(\.value.delta)
        return (deltas + given + left, stored, wider)
    }

    @Test("It verifies what a record left, and tells whether bytes of it are still there")
    func verifiesLefts() throws {
        let story = try takenBack()
        for (deltas, isHeld) in [(story.written, true), (story.held, false)] {
            let verdict = try verify(export(deltas, audiences: [home, story.wider]))
            #expect(verdict.status == 0, "\(verdict.errors)")
            let report = try #require(try JSONSerialization.jsonObject(with: verdict.output) as? [String: Any])
            let named = try #require(report["ops_left"] as? Int)
            #expect(report["lefts"] as? Int == 1)
            #expect(named > 12, "all that was carried there")
            // The given that leads away from there is let go of in the commit that writes it.
            #expect(report["ops_left_held"] as? Int == (isHeld ? named - 1 : 0))
            #expect(report["dropped"] as? Int == (isHeld ? 1 : named))
        }
    }

    @Test("It refuses a left of another record's home, in another audience's name, or that takes others' home away")
    func refusesLefts() throws {
        let wider = try takenBack().wider
        let own = try #require(Audience(lines: [District.communityA1]))
        let record = TestRecord(1, home)
        let named = [Dot(delta: deltas[0].id, index: 0)]
        func left(by place: PlaceID, _ left: Left, element: Audience? = nil, field: Field? = nil) throws -> Delta {
            let op = Op(
                record: record.id,
                field: field ?? Field.audiences(of: Schema.kind),
                element: AudienceID(element ?? wider, .sodium).bytes,
                value: left.wireBytes,
                change: .left
            )
            return try Replica(place, in: district).write(op, in: wider, district, at: 1_700_000_005_000)
        }
        func value(further: Audience? = nil, nonce: Nonce? = nil) -> Left {
            Left(further: further ?? home, home: home, nonce: nonce ?? record.nonce, ops: named)
        }
        let a1 = District.communityA1
        #expect(try verify(export([left(by: a1, value())], audiences: [wider])).status == 0)
        for (forged, word) in [
            (try left(by: a1, value(nonce: TestRecord(2, home).nonce)), "commit"),
            (try left(by: a1, value(), element: home), "element"),
            (try left(by: a1, value(), field: Schema.title), "form"),
            (try left(by: District.communityA2, value()), "not entitled"),
            (try left(by: a1, value(further: own)), "place of its home"),
        ] {
            let verdict = try verify(export([forged], audiences: [wider]))
            #expect(verdict.status == 1)
            #expect(verdict.errors.contains(word), "\(verdict.errors)")
        }
        #expect(try verify(export([left(by: District.district, value(further: own))], audiences: [wider])).status == 0)
    }

    private struct Missing: Error {}

    private func export(
        _ deltas: [Delta],
        audiences: [Audience]? = nil,
        chain: [SignedAuthorityEntry]? = nil
    ) -> [UInt8] {
        let items =
            (chain ?? district.entries).map(ExportItem.authority) + (audiences ?? [home]).map(ExportItem.audience)
            + deltas.map(ExportItem.delta)
        return items.flatMap(\.framedBytes)
    }

    private func verify(_ export: [UInt8]) throws -> (status: Int32, output: Data, errors: String) {
        let file = FileManager.default.temporaryDirectory.appending(component: "export-\(UUID().uuidString)")
        try Data(export).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try ProtocolScript.run("verify_deltas.py", [file.path])
    }
}
