import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

@Suite("Delta codec")
struct DeltaCodecTests {
    private let home: Audience
    private let deltas: [Delta]

    init() throws {
        let district = try District()
        self.home = try #require(Audience(lines: [District.communityA1, District.communityB1]))
        var author = try Replica(District.communityA1, in: district)
        let record = TestRecord(1, home)
        var deltas = try author.commit(
            [record.create, record.write(Schema.title, "noise at night"), record.write(Schema.secret, "name")],
            at: 1_700_000_000_000
        )
        for step in 0..<5 {
            deltas += try author.commit([record.write(Schema.title, "\(step)")], at: 1_700_000_001_000)
        }
        self.deltas = deltas
    }

    @Test("A header's bytes are canonical: reading and writing gives them back")
    func headerRoundTrip() throws {
        for delta in deltas {
            #expect(try DeltaHeader(decoding: delta.headerBytes) == delta.header)
            #expect(delta.isCanonical)
        }
    }

    @Test("A header's first bytes are those the protocol page gives")
    func goldenHeader() throws {
        let header = DeltaHeader(
            cluster: ClusterID(raw: Bytes16(high: 1, low: 2)),
            lane: LaneKey(
                origin: try #require(NodeID([UInt8](repeating: 3, count: 32))),
                incarnation: Incarnation(raw: 4),
                audience: AudienceID(raw: Bytes16(high: 5, low: 6)),
                deltaClass: .interactive
            ),
            seq: 1,
            previous: nil,
            hlc: HLC(milliseconds: 7, counter: 8),
            schema: 1,
            epoch: AuthorityEpoch(district: 9, issuer: 9),
            opCount: 1,
            opsRoot: try #require(Hash([UInt8](repeating: 10, count: 32)))
        )
        let golden =
            "0801" + "1210" + "00000000000000010000000000000002" + "1a20" + String(repeating: "03", count: 32)
            + "210400000000000000" + "2a10" + "00000000000000050000000000000006" + "3001" + "3801"
            + "490800070000000000" + "5001" + "5809" + "6009" + "6801" + "7220" + String(repeating: "0a", count: 32)
        #expect(hexadecimal(header.canonicalBytes) == golden)
    }

    @Test("An exported delta comes back as it was, and no truncation of it does")
    func exportRoundTrip() throws {
        let bytes = deltas[0].wireBytes
        #expect(try Delta(wireBytes: bytes, .sodium) == deltas[0])
        for count in bytes.indices {
            #expect(throws: DeltaError.self) { try Delta(wireBytes: Array(bytes.prefix(count)), .sodium) }
        }
    }

    @Test("Flipping any bit of a delta is noticed by its checks or its signature")
    func bitFlips() throws {
        let bytes = deltas[0].wireBytes
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1 << UInt8(index % 8)
            guard let delta = try? Delta(wireBytes: changed, .sodium) else { continue }
            let check = delta.signatureCheck
            let isAccepted = Cryptography.sodium.verify(check.signature, check.message, check.key)
            // What may change unnoticed is only how protobuf spells the same delta.
            #expect(!isAccepted || delta == deltas[0])
        }
    }

    @Test("A session's stream rebuilds the author's exact bytes and leaves out what can be rebuilt")
    func stream() throws {
        var encoder = DeltaStreamEncoder()
        var decoder = DeltaStreamDecoder()
        let cluster = deltas[0].header.cluster
        var sizes: [Int] = []
        for (index, delta) in deltas.enumerated() {
            let (definition, sent) = encoder.encode(delta, lsn: LSN(index + 1))
            if let definition { try decoder.define(definition) }
            #expect(try decoder.decode(sent, cluster: cluster, .sodium) == delta)
            sizes.append(try (sent.serializedBytes() as [UInt8]).count)
        }
        // A one-field edit, signed: issue 2 wants 260 bytes at most.
        #expect(try #require(sizes.last) <= 160)
    }

    @Test("A header that is not canonical travels whole and keeps its bytes")
    func nonCanonicalHeader() throws {
        // The same header with a field of a later build behind it.
        let headerBytes = deltas[0].headerBytes + [0xA0, 0x06, 0x01]
        let delta = try Delta(
            headerBytes: headerBytes,
            signature: deltas[0].signature,
            ops: deltas[0].ops,
            .sodium
        )
        #expect(!delta.isCanonical)
        var encoder = DeltaStreamEncoder()
        var decoder = DeltaStreamDecoder()
        let (definition, sent) = encoder.encode(delta, lsn: 1)
        try decoder.define(try #require(definition))
        #expect(try decoder.decode(sent, cluster: delta.header.cluster, .sodium).headerBytes == headerBytes)
    }

    @Test("A delta on a lane that was never defined is refused")
    func undefinedLane() throws {
        var encoder = DeltaStreamEncoder()
        var decoder = DeltaStreamDecoder()
        let (_, sent) = encoder.encode(deltas[0], lsn: 1)
        #expect(throws: DeltaError.self) {
            try decoder.decode(sent, cluster: deltas[0].header.cluster, .sodium)
        }
    }

    @Test("Random bytes are refused as an op, a header and a delta", arguments: 0..<200)
    func randomBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 0..<300, using: &generator)
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(throws: DeltaError.self) { try DeltaHeader(decoding: bytes) }
        #expect(throws: DeltaError.self) { try Delta(wireBytes: bytes, .sodium) }
        #expect(throws: AuthorityError.self) { try AuthorityEntryContent(decoding: bytes) }
        _ = try? Op(decoding: bytes)
        _ = Audience(wireBytes: bytes)
    }
}
