import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

@Suite("What a peer can make wait") struct QueueBoundTests {
    /// Ends at street A: community A1 on session 1, the district on session 2.
    private var bench: EngineBench
    private let district: District
    private let home: Audience

    init() throws {
        self.district = try District()
        self.home = try #require(Audience(lines: [District.communityA1]))
        self.bench = try EngineBench(District.streetA, in: district) { configuration in
            configuration.interactiveWindow = 1_000
        }
        _ = try bench.meet(District.communityA1, of: district, on: 1)
        _ = try bench.meet(District.district, of: district, on: 2)
    }

    private func delta(_ incarnation: UInt64, by place: PlaceID = District.communityA1) throws -> Delta {
        let height = district.authority.height
        return try district.delta(
            by: try district.signer(place),
            in: home,
            atHeight: height,
            incarnation: incarnation
        )
    }

    @Test("Words of progress that come while a commit is under way leave one a class") mutating func progress() throws {
        let first = try bench.send([try delta(1)], in: home, on: 1)
        #expect(first.persistBatches.count == 1)
        for lsn in 1...50 {
            for deltaClass in [WireDeltaClass.interactive, .bulk] {
                let progress = WireProgress.with {
                    $0.class = deltaClass
                    $0.lsn = bench.lastSent.magnitude + UInt64(lsn)
                }
                _ = try bench.say(.progress(progress), on: 1)
            }
        }
        #expect(bench.engine.loads.first?.inboxCount == 2)
        _ = try bench.commit(first)
        #expect(bench.engine.loads.first?.inboxCount == 0)
    }

    @Test("A peer that goes on sending without credit is turned away; one that waits is not") mutating func credit()
        throws
    {
        var incarnation: UInt64 = 1
        var effects: [SyncEffect] = []
        while effects.closeReasons.isEmpty, incarnation < 5_000 {
            effects = try bench.send(try (0..<20).map { try delta(incarnation + $0) }, in: home, on: 1)
            incarnation += 20
        }
        #expect(effects.closeReasons.map(\.code) == [.protocolError])
        #expect(incarnation * CommittedDelta.byteCountLeast > 1_000)

        _ = try bench.meet(District.communityA1, of: district, on: 3)
        for number in 0..<3_000 where number.isMultiple(of: 100) {
            let batch = try (0..<20).map { try delta(10_000 + UInt64(number) + $0) }
            let answers = try bench.commit(try bench.send(batch, in: home, on: 3))
            #expect(answers.closeReasons.isEmpty)
            #expect(bench.engine.loads.first?.outstanding[.interactive] == 0)
        }
    }

    @Test("What a delta takes beyond the credit is owed") mutating func debt() throws {
        _ = try bench.say(.resume(.with { $0.class = .interactive }), on: 2)
        func grant(_ bytes: UInt64) throws -> Int {
            let credit = WireCredit.with {
                $0.channel = .interactive
                $0.bytes = bytes
            }
            return try bench.say(.credit(credit), on: 2).deltaCount(on: 2)
        }
        let own = try (1...3).map { CommittedDelta(lsn: $0, delta: try delta(UInt64($0)), source: nil) }
        _ = bench.tell(.committed(own, definitions: [home]))
        #expect(try grant(10) == 1)
        // It took some two hundred bytes: so many have to come before there is credit again.
        #expect(try grant(10) == 0)
        #expect(try grant(UInt64(own[0].byteCount)) == 1)
    }

    @Test("However often a peer asks for a stream, one scan of it is under way") mutating func scans() throws {
        let start = SyncStart(
            node: try district.id(District.streetA),
            incarnation: Incarnation(raw: 1),
            storeEpoch: StoreEpoch(raw: 1),
            chain: district.entries,
            authority: district.authority,
            lastLSN: 50,
            startedAt: EngineBench.start
        )
        let signer = try district.signer(District.streetA)
        bench = EngineBench(start, SyncConfiguration(addresses: ["a:1"], version: "test"), signer: signer)
        _ = try bench.meet(District.district, of: district, on: 2)
        _ = try bench.say(.credit(.with { $0.bytes = 1_000 }.of(.interactive)), on: 2)
        var scans: [(Ticket, ScanRequest)] = []
        func ask(from lsn: UInt64) throws {
            let resume = WireResume.with {
                $0.class = .interactive
                $0.storeEpoch = 1
                $0.lsn = lsn
            }
            scans += try bench.say(.resume(resume), on: 2).scans
        }
        for lsn: UInt64 in [0, 30, 0, 20] { try ask(from: lsn) }
        #expect(scans.map(\.1.after) == [0])

        // What was found for the first is of no use; the stream that counts is the last one.
        let ticket = try #require(scans.first?.0)
        let result = ScanResult(deltas: [], scannedTo: 50, reachedEnd: true)
        let again = bench.tell(.scanned(ticket, result)).scans
        #expect(again.map(\.1.after) == [20])
    }

    @Test("A lane whose time goes back is refused of its author, and taken of who passes it on") mutating func back()
        throws
    {
        let first = try delta(1)
        var header = first.header
        header.seq = 2
        header.previous = first.id
        header.hlc = HLC(milliseconds: first.header.hlc.milliseconds - 60_000)
        let bytes = header.canonicalBytes
        let signature = try district.signer(District.communityA1).sign(Delta.signedMessage(headerBytes: bytes))
        let second = try Delta(headerBytes: bytes, signature: signature, ops: first.ops, .sodium)
        _ = try bench.commit(try bench.send([first], in: home, on: 1))
        let ofAuthor = try bench.send([second], in: home, isDefined: true, on: 1)
        #expect(ofAuthor.closeReasons.map(\.code) == [.protocolError])
        let ofOther = try bench.send([second], in: home, on: 2)
        #expect(ofOther.closeReasons.isEmpty)
        #expect(ofOther.persistBatches.map(\.deltas) == [[second]])
    }
}

extension [SyncEffect] {
    fileprivate var scans: [(Ticket, ScanRequest)] {
        compactMap { effect in
            if case .scan(let ticket, let request) = effect { (ticket, request) } else { nil }
        }
    }
}

extension WireCredit {
    fileprivate func of(_ channel: WireChannel) -> WireCredit {
        var credit = self
        credit.channel = channel
        return credit
    }
}
