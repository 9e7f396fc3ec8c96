import Foundation
import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// A replica one schema behind, and what it makes of the same deltas once it is not.
@Suite("Schemas one behind") struct UpgradeTests {
    private let district: District
    private let home: Audience
    private let older: Schema

    init() throws {
        self.district = try District()
        self.home = try #require(Audience(lines: [District.communityA1]))
        // It knows the kind's creation and title, not its tags, units, events and secrets.
        let known = [Schema.creation, Schema.title]
        self.older = Schema(
            version: 0,
            fields: Schema.test.fields.filter { known.contains($0.key) },
            acceptableForOthers: Schema.test.acceptableForOthers
        )
    }

    private func ledger(_ schema: Schema, over storage: MemoryLedgerStorage) throws -> Ledger {
        try Ledger(
            node: try district.id(District.streetA),
            incarnation: Incarnation(raw: 1),
            schema: schema,
            authority: district.authority,
            cryptography: .sodium,
            signer: try district.signer(District.streetA),
            storage: storage
        )
    }

    private func take(_ deltas: [Delta], _ ledger: inout Ledger, _ storage: MemoryLedgerStorage) throws {
        storage.insert(audience: home, id: AudienceID(home, .sodium))
        var outcome = LedgerOutcome()
        try ledger.apply(deltas, from: nil, at: Instant(milliseconds: 9_000), in: storage, into: &outcome)
    }

    private func shown(_ record: RecordID, _ storage: MemoryLedgerStorage) throws -> [String] {
        try RecordView(of: record, in: storage)?.entries.map {
            "\($0.field) \(hexadecimal($0.element)) \(hexadecimal($0.value)) \($0.stamp) \($0.dot)"
        } ?? []
    }

    private func deltas() throws -> (record: TestRecord, deltas: [Delta]) {
        let record = TestRecord(1, home)
        var author = try Replica(District.communityA1, in: district)
        var deltas = try author.commit(
            [
                record.create, record.write(Schema.title, "first"), record.write(Schema.tags, "", element: "noise"),
                record.write(Schema.unit, "parks"),
            ],
            at: 1_000
        )
        deltas += try author.commit(
            [
                record.write(Schema.title, "second"), record.write(Schema.unit, "roads"),
                record.remove(Schema.tags, element: "noise"), record.write(Schema.events, "seen", element: "1"),
            ],
            at: 2_000
        )
        return (record, deltas)
    }

    @Test("Fields it does not know are kept, counted and passed on byte for byte, and merged once it knows them")
    func unknownFields() throws {
        let (record, deltas) = try deltas()
        let storage = MemoryLedgerStorage()
        var behind = try ledger(older, over: storage)
        try take(deltas, &behind, storage)
        #expect(storage.parkedOps(because: [.unknownField]).count == 5)
        #expect(try shown(record.id, storage).count == 2, "creation and title")
        var held: [Delta] = []
        storage.forEachDelta(ofLanes: nil) { held.append($0.delta) }
        #expect(held == deltas)

        var upgraded = try ledger(.test, over: storage)
        var outcome = LedgerOutcome()
        try upgraded.lookAgain(isOtherSchema: true, at: Instant(milliseconds: 9_000), in: storage, into: &outcome)
        #expect(outcome.touched == [record.id])
        #expect(outcome.stored.isEmpty, "nothing came a second time")
        #expect(storage.parkedOps(because: [.unknownField]).isEmpty)

        let direct = MemoryLedgerStorage()
        var always = try ledger(.test, over: direct)
        try take(deltas, &always, direct)
        #expect(try shown(record.id, storage) == shown(record.id, direct))
    }

    @Test("Records of a kind it does not know wait as a whole, in whatever order they came")
    func unknownKind() throws {
        let (record, deltas) = try deltas()
        let none = Schema(version: 0, fields: [:], acceptableForOthers: [])
        let direct = MemoryLedgerStorage()
        var always = try ledger(.test, over: direct)
        try take(deltas, &always, direct)
        for order in [deltas, deltas.reversed()] {
            let storage = MemoryLedgerStorage()
            var behind = try ledger(none, over: storage)
            try take(order, &behind, storage)
            #expect(storage.parkedOps(because: [.unknownField]).count == 8)
            #expect(try shown(record.id, storage).isEmpty)
            var upgraded = try ledger(.test, over: storage)
            var outcome = LedgerOutcome()
            try upgraded.lookAgain(isOtherSchema: true, at: Instant(milliseconds: 9_000), in: storage, into: &outcome)
            #expect(try shown(record.id, storage) == shown(record.id, direct))
        }
    }

    @Test("An op type and message fields of a later build survive byte for byte on the wire and in a file, and wait on")
    func unknownOpType() throws {
        let record = TestRecord(1, home)
        var author = try Replica(District.communityA1, in: district)
        let created = try #require(try author.commit([record.create], at: 1_000).first)
        let later = try laterDelta(record, after: created)
        #expect(!later.isCanonical)

        var encoder = DeltaStreamEncoder()
        var decoder = DeltaStreamDecoder()
        let cluster = try #require(district.authority.cluster)
        for (index, delta) in [created, later].enumerated() {
            let (lane, sent) = encoder.encode(delta, lsn: LSN(index + 1))
            if let lane { try decoder.define(lane) }
            let arrived = try decoder.decode(sent, cluster: cluster, .sodium)
            #expect(arrived == delta)
        }
        #expect(try Delta(wireBytes: later.wireBytes, .sodium) == later)

        let storage = MemoryLedgerStorage()
        var replica = try ledger(.test, over: storage)
        try take([created, later], &replica, storage)
        #expect(storage.parkedOps(because: [.unknownField]).count == 1)
        var outcome = LedgerOutcome()
        try replica.lookAgain(isOtherSchema: true, at: Instant(milliseconds: 9_000), in: storage, into: &outcome)
        #expect(storage.parkedOps(because: [.unknownField]).count == 1, "this build does not know it either")
        // The field that this build does not know is inside an op that it does know.
        #expect(try RecordView(of: record.id, in: storage)?.register(Schema.title)?.value == Array("later".utf8))
    }

    /// A delta as a later build might write it: a header field 40, an op of type 9, and an op with a field 12.
    private func laterDelta(_ record: TestRecord, after created: Delta) throws -> Delta {
        let unknownType = Op(
            record: record.id,
            field: Schema.title,
            value: Array("?".utf8),
            change: .unknown(9)
        ).wireBytes
        // Field 12, length-delimited: tag 0x62.
        let withField = Op(record: record.id, field: Schema.title, value: Array("later".utf8)).wireBytes + [0x62, 1, 7]
        let ops = [unknownType, withField].map { SaltedOp.held(salt: SaltedOp.plainSalt, op: $0) }
        var header = created.header
        header.seq = 2
        header.previous = created.id
        header.hlc = HLC(milliseconds: 2_000)
        header.opCount = ops.count
        header.opsRoot = MerkleTree.root(ops.map { $0.leaf(.sodium) }, .sodium)
        // Field 40, a varint: tag 320.
        let bytes = header.canonicalBytes + [0xC0, 0x02, 5]
        let signature = try district.signer(District.communityA1).sign(Delta.signedMessage(headerBytes: bytes))
        return try Delta(headerBytes: bytes, signature: signature, ops: ops, .sodium)
    }
}
