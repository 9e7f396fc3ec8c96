import Foundation
import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

/// docs/protocol/golden/signed.txt: what this build hashes and signs, beside what Tests/Protocol/golden_signed.py makes
/// of the same values from the protocol's page.
@Suite("The bytes of what is signed")
struct GoldenSignedTests {
    private let golden: [String: String]
    private let root: Signer
    private let district: Signer
    private let community: Signer
    private let invite: Signer
    private let home: Audience
    private let lane: LaneKey

    private static let time: Int64 = 1_700_000_000_123
    private static let incarnation = Incarnation(raw: 0x0102_0304_0506_0708)
    private static let nonce = Nonce(raw: Bytes16(high: 0x0909_0909_0909_0909, low: 0x0909_0909_0909_0909))
    private static let addresses = ["192.0.2.1:7311"]
    private let sealingKey = [UInt8](repeating: 7, count: 32)

    init() throws {
        var golden: [String: String] = [:]
        for line in try Golden.page("signed.txt").split(separator: "\n") {
            let parts = line.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
            golden[parts[0]] = parts[1]
        }
        self.golden = golden
        self.root = try testSigner(200)
        self.district = try testSigner(1)
        self.community = try testSigner(2)
        self.invite = try testSigner(3)
        self.home = try #require(Audience(lines: [PlaceID(raw: 11), PlaceID(raw: 21)]))
        self.lane = LaneKey(
            origin: try #require(NodeID(community.publicKey)),
            incarnation: GoldenSignedTests.incarnation,
            audience: AudienceID(home, .sodium),
            deltaClass: .interactive
        )
    }

    private var cluster: ClusterID { ClusterID(root: root.publicKey, .sodium) }
    private var record: RecordID {
        RecordID(kind: RecordKind(code: 2), home: lane.audience, nonce: GoldenSignedTests.nonce, .sodium)
    }

    @Test("The page is what the second implementation makes")
    func page() throws {
        #expect(try Golden.output(of: "golden_signed.py") == Golden.page("signed.txt"))
    }

    @Test("Names are derived alike")
    func names() {
        #expect(golden["public key of the root"] == hexadecimal(root.publicKey))
        #expect(golden["public key of the district"] == hexadecimal(district.publicKey))
        #expect(golden["public key of the community"] == hexadecimal(community.publicKey))
        #expect(golden["public key of the invite"] == hexadecimal(invite.publicKey))
        #expect(golden["cluster id"] == hexadecimal(cluster.bytes))
        #expect(golden["audience id"] == hexadecimal(lane.audience.bytes))
        #expect(golden["lane id"] == hexadecimal(LaneID(lane, .sodium).bytes))
        #expect(golden["record id"] == hexadecimal(record.bytes))
    }

    // MARK: The chain

    private func place(_ id: UInt64, _ tier: Tier, under parent: UInt64?, _ code: String, _ name: String) -> Place {
        Place(id: PlaceID(raw: id), tier: tier, parent: parent.map(PlaceID.init(raw:)), code: code, name: name)
    }

    private func bodies() throws -> [AuthorityEntryContent.Body] {
        let parent = try #require(NodeID(district.publicKey))
        let later = Instant(milliseconds: GoldenSignedTests.time + 86_400_000)
        return [
            .genesis(
                root: root.publicKey,
                signer: parent,
                district: place(1, .district, under: nil, "441202000000", "Duanzhou")
            ),
            .place(
                Place(
                    id: PlaceID(raw: 10),
                    tier: .street,
                    parent: PlaceID(raw: 1),
                    code: "441202001000",
                    name: "East Gate",
                    boundary: [112.5, 23.25, 112.75, 23.25, 112.5, 23.5],
                    validFrom: "2024-01-01"
                )
            ),
            .place(place(11, .community, under: 10, "441202001001", "East Gate 1")),
            .place(place(21, .community, under: 10, "441202001002", "East Gate 2")),
            .invite(
                .init(key: invite.publicKey, place: PlaceID(raw: 11), expires: later, name: "East Gate 1")
            ),
            .enrol(enrolment(of: parent, at: 1, "district", ordinal: 1, addresses: []), invite: nil),
            .enrol(
                enrolment(of: lane.origin, at: 11, "East Gate 1", ordinal: 99, addresses: GoldenSignedTests.addresses),
                invite: invite.publicKey
            ),
            .grant(lane.origin, capability: StandingGrant.acceptForOthers.rawValue, withdrawn: true),
            .purposeKey(.init(purpose: "register", version: 300), [lane.origin: Array("a sealed box".utf8)]),
            .policy(name: "name of a policy", value: "its value"),
            .revoke(
                lane.origin,
                .init(
                    cuts: [LaneID(lane, .sodium): .init(seq: 2, header: try deltas()[1].id)],
                    reason: "stolen"
                )
            ),
        ]
    }

    private func enrolment(
        of node: NodeID,
        at place: UInt64,
        _ name: String,
        ordinal: Int,
        addresses: [String]
    ) -> Enrolment {
        Enrolment(
            node: node,
            sealingKey: sealingKey,
            place: PlaceID(raw: place),
            name: name,
            ordinal: ordinal,
            addresses: addresses
        )
    }

    private func chain() throws -> [SignedAuthorityEntry] {
        var state = AuthorityState()
        return try bodies().enumerated().map { index, body in
            let entry = try SignedAuthorityEntry(
                cluster: cluster,
                height: state.height + 1,
                previous: state.head,
                time: Instant(milliseconds: GoldenSignedTests.time + Int64(index)),
                body: body,
                signer: index == 0 ? root : district
            )
            try state.apply(entry, .sodium)
            return entry
        }
    }

    @Test("Entries of every kind have the same bytes and signatures, and a chain takes them from the page")
    func authority() throws {
        var state = AuthorityState()
        for (index, entry) in try chain().enumerated() {
            let bytes = try #require(golden["authority entry \(index + 1)"])
            #expect(hexadecimal(entry.wireBytes) == bytes)
            let wire = try WireSignedEntry(serializedBytes: Golden.read(bytes))
            try state.apply(.init(entry: Array(wire.entry), signature: Array(wire.signature)), .sodium)
        }
        #expect(golden.keys.count { $0.hasPrefix("authority entry") } == Int(state.height))
        #expect(golden["hash of the last entry"] == state.head.map { hexadecimal($0.bytes) })
        #expect(state.place(code: "441202001001")?.parent == PlaceID(raw: 10))
        #expect(state.places[PlaceID(raw: 10)]?.boundary.count == 6)
        #expect(state.nodes[lane.origin]?.ordinal == 99)
        #expect(!state.has(lane.origin, .acceptForOthers, atHeight: state.height))
        #expect(state.purposeKey("register", for: lane.origin)?.version == 300)
        #expect(state.policies == ["name of a policy": "its value"])
        #expect(state.revocations[lane.origin]?.cuts.values.map(\.seq) == [2])
    }

    // MARK: Deltas

    private func deltas() throws -> [Delta] {
        let stamp = HLC(milliseconds: GoldenSignedTests.time, counter: 7)
        let salt = [UInt8](repeating: 8, count: 16)
        var context = CellContext()
        context.insert(LaneID(lane, .sodium), LanePosition(raw: 513))
        let first: [(salt: [UInt8], op: Op)] = [
            (SaltedOp.plainSalt, op(200, value: "creation", nonce: GoldenSignedTests.nonce)),
            (salt, op(203, value: "夜里有噪声")),
        ]
        let second: [(salt: [UInt8], op: Op)] = [
            (SaltedOp.plainSalt, op(205, value: "unit", context: context, floor: HLC(raw: stamp.raw + 9))),
            (SaltedOp.plainSalt, op(209, element: "tag", change: .remove)),
            (salt, op(204, value: "a note")),
        ]
        let one = try delta(1, after: nil, at: stamp, first)
        return [one, try delta(2, after: one.id, at: HLC(raw: stamp.raw + 1), second)]
    }

    private func op(
        _ field: UInt32,
        element: String = "",
        value: String = "",
        change: Op.Change = .write,
        context: CellContext = CellContext(),
        floor: HLC? = nil,
        nonce: Nonce? = nil
    ) -> Op {
        Op(
            record: record,
            field: Field(code: field),
            element: Array(element.utf8),
            value: Array(value.utf8),
            change: change,
            context: context,
            floor: floor,
            nonce: nonce
        )
    }

    private func delta(
        _ seq: UInt64,
        after previous: DeltaID?,
        at stamp: HLC,
        _ contents: [(salt: [UInt8], op: Op)]
    ) throws -> Delta {
        let ops = contents.map { SaltedOp.held(salt: $0.salt, op: $0.op.wireBytes) }
        let header = DeltaHeader(
            cluster: cluster,
            lane: lane,
            seq: seq,
            previous: previous,
            hlc: stamp,
            schema: 1,
            epoch: AuthorityEpoch(district: 7, issuer: 7),
            opCount: ops.count,
            opsRoot: MerkleTree.root(ops.map { $0.leaf(.sodium) }, .sodium)
        ).canonicalBytes
        return try Delta(
            headerBytes: header,
            signature: community.sign(Delta.signedMessage(headerBytes: header)),
            ops: ops,
            .sodium
        )
    }

    @Test("Deltas have the same ids, and go out in the same frames, from which they are rebuilt")
    func stream() throws {
        let deltas = try deltas()
        #expect(golden["delta id 1"] == hexadecimal(deltas[0].id.bytes))
        #expect(golden["delta id 2"] == hexadecimal(deltas[1].id.bytes))
        var encoder = DeltaStreamEncoder()
        let sent = deltas.enumerated().map { encoder.encode($1, lsn: LSN($0 + 1)) }
        let definition = try #require(sent[0].definition)
        let frames: [WireFrame.OneOf_Body] = [
            .audiences(.with { $0.audiences = [home.wire] }),
            .lane(definition),
            .deltas(.with { $0.deltas = sent.map(\.delta) }),
        ]
        var decoder = DeltaStreamDecoder()
        for (index, body) in frames.enumerated() {
            let golden = try #require(golden["frame \(index + 1) of the deltas"])
            let bytes: [UInt8] = try WireFrame.with { $0.body = body }.serializedBytes()
            #expect(hexadecimal(bytes) == golden)
            switch try WireFrame(serializedBytes: Golden.read(golden)).body {
            case .lane(let definition): try decoder.define(definition)
            case .deltas(let batch):
                #expect(try batch.deltas.map { try decoder.decode($0, cluster: cluster, .sodium) } == deltas)
            default: break
            }
        }
        for check in deltas.map(\.signatureCheck) {
            #expect(Cryptography.sodium.verify(check.signature, check.message, check.key))
        }
    }

    @Test("An export has the same bytes")
    func export() throws {
        let items =
            try chain().map(ExportItem.authority) + [.audience(home)] + deltas().map(ExportItem.delta)
        #expect(golden["export"] == hexadecimal(items.flatMap(\.framedBytes)))
    }

    // MARK: Beats and joining

    @Test("Beats are signed over the same bytes")
    func beats() throws {
        let signed = try WireSignedBeat(serializedBytes: Golden.read(try #require(golden["signed beat"])))
        #expect(Array(signed.signature) == community.sign(SyncEngine.beatMessage + Array(signed.beat)))
        let beat = try WireBeat(serializedBytes: signed.beat)
        #expect(beat.clockOffsetMilliseconds == -1_500 && beat.links.map(\.up) == [true])
        let page = try #require(golden["signed part of a beat"])
        let part = try WireSignedBeatPart(serializedBytes: Golden.read(page))
        #expect(Array(part.signature) == community.sign(SyncEngine.partMessage + Array(part.part)))
    }

    @Test("A request to be enrolled is signed by both keys over the same bytes")
    func enrolment() throws {
        let message = SyncEngine.enrolmentMessage(
            cluster: cluster,
            node: lane.origin,
            sealingKey: sealingKey,
            invite: invite.publicKey
        )
        let frame = WireFrame.with {
            $0.enrolRequest.cluster = Data(cluster.bytes)
            $0.enrolRequest.node = Data(lane.origin.bytes)
            $0.enrolRequest.sealingKey = Data(sealingKey)
            $0.enrolRequest.invite = Data(invite.publicKey)
            $0.enrolRequest.addresses = GoldenSignedTests.addresses
            $0.enrolRequest.clock = UInt64(GoldenSignedTests.time)
            $0.enrolRequest.inviteSignature = Data(invite.sign(message))
            $0.enrolRequest.nodeSignature = Data(community.sign(message))
        }
        let bytes: [UInt8] = try frame.serializedBytes()
        #expect(golden["request to be enrolled"] == hexadecimal(bytes))
    }
}
