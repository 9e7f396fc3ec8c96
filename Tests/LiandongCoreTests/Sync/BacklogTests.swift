import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

/// What an engine sends ahead of what its peer has acknowledged.
@Suite("A backlog and what is urgent") struct BacklogTests {
    private var bench: EngineBench
    private var author: Replica
    private let home: Audience
    private let record: TestRecord
    private var lsn: LSN = 0

    /// Community A1, with street A on session 1 that takes everything and says when it has.
    init() throws {
        let district = try District()
        self.home = try #require(Audience(lines: [District.communityA1]))
        self.bench = try EngineBench(District.communityA1, in: district)
        self.author = try Replica(District.communityA1, in: district)
        self.record = TestRecord(1, home)
        _ = try bench.meet(District.streetA, of: district, on: 1)
        try bench.ask(on: 1)
    }

    /// Writes a delta of its own: the title is interactive, the secret bulk.
    private mutating func write(_ drafts: [Draft], at milliseconds: Int64) throws -> [SyncEffect] {
        let deltas = try author.commit(drafts, at: milliseconds)
        let committed = deltas.map { delta in
            lsn += 1
            return CommittedDelta(lsn: lsn, delta: delta, source: nil)
        }
        return bench.tell(.committed(committed, definitions: [home]))
    }

    private mutating func acknowledge(_ deltaClass: WireDeltaClass, after milliseconds: Int64) throws -> [SyncEffect] {
        let word = WireAcknowledge.with {
            $0.class = deltaClass
            $0.lsn = UInt64(clamping: lsn)
        }
        let frame: [UInt8] = try WireFrame.with { $0.body = .acknowledge(word) }.serializedBytes()
        return bench.tell(.received(SessionID(raw: 1), frame: frame), after: milliseconds)
    }

    @Test(
        "Bulk stops at what a thin link carries, an interactive delta goes at once, and bulk goes on when acknowledged"
    )
    mutating func interactiveFirst() throws {
        var sent = try write([record.create], at: 1_700_000_000_000).deltaCount(on: 1)
        let text = String(repeating: "x", count: 12_000)
        for step in 1...20 {
            sent += try write([record.write(Schema.secret, text)], at: 1_700_000_000_000 + Int64(step))
                .deltaCount(on: 1)
        }
        let ahead = LinkPace.firstWindow / 12_000 + 1
        #expect(sent == 1 + ahead, "bulk of 240 kB, in a window of \(LinkPace.firstWindow) bytes")
        let urgent = try write([record.write(Schema.title, "urgent")], at: 1_700_000_001_000)
        #expect(try urgent.deltaCount(on: 1) == 1)

        // A thin link's answer comes two seconds later: no more than before goes ahead.
        let late = try acknowledge(.bulk, after: 2_000).deltaCount(on: 1)
        #expect((1...ahead).contains(late))
    }

    @Test("A group commit of bulk is cut into deltas that a thin link carries in two seconds, one of orders is not")
    mutating func bulkDeltas() throws {
        _ = try write([record.create], at: 1_700_000_000_000)
        let value = String(repeating: "x", count: 1_000)
        let before = author.ledger.lanes.values.reduce(0) { $0 + $1.highest }
        let bulk = try author.commit(
            (0..<60).map { _ in record.write(Schema.secret, value) },
            at: 1_700_000_000_100
        )
        #expect(bulk.count > 3)
        #expect(bulk.allSatisfy { $0.ops.reduce(0) { $0 + $1.byteCount } <= Delta.bulkByteGoal })
        let orders = try author.commit(
            (0..<50).map { _ in record.write(Schema.title, value) },
            at: 1_700_000_000_200
        )
        #expect(orders.count == 1)
        #expect(author.ledger.lanes.values.reduce(0) { $0 + $1.highest } == before + UInt64(bulk.count + 1))
        // What is longer than that is a delta of its own.
        let long = String(repeating: "x", count: 40_000)
        let alone = try author.commit([record.write(Schema.secret, long)], at: 1_700_000_000_300)
        #expect(alone.map(\.ops.count) == [1])
    }
}
