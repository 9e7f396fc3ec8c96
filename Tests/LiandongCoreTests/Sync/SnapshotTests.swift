import LiandongCore
import LiandongSigning
import Testing

@Suite("Snapshots between engines")
struct SnapshotTests {
    static let start = Instant(milliseconds: 1_700_000_000_000)
    static let session = SessionID(raw: 1)
    let district: District

    init() throws { self.district = try District() }

    // MARK: Two engines and what lies between them

    private func engine(_ place: PlaceID, lastLSN: LSN = 0, preview: PreviewProgress? = nil) throws -> SyncEngine {
        var configuration = SyncConfiguration(addresses: ["\(place):1"], version: "test")
        configuration.snapshotThreshold = 100
        return SyncEngine(
            start: SyncStart(
                node: try district.id(place),
                incarnation: Incarnation(raw: 1),
                storeEpoch: StoreEpoch(raw: place.raw),
                chain: district.entries,
                authority: district.authority,
                preview: preview,
                lastLSN: lastLSN,
                startedAt: Self.start
            ),
            configuration: configuration,
            schemaVersion: 1,
            signer: try district.signer(place),
            cryptography: .sodium
        )
    }

    private func tell(_ engine: inout SyncEngine, _ event: SyncEvent, after milliseconds: Int64 = 0) -> [SyncEffect] {
        var effects: [SyncEffect] = []
        engine.handle(event, at: Self.start.advanced(byMilliseconds: milliseconds), into: &effects)
        return effects
    }

    /// Carries frames until neither says more; scans find nothing and stay open, so that nothing is caught up.
    ///
    /// - Returns: the effects that are not frames, of the sender of the snapshot and of its receiver.
    private func converse(
        _ sender: inout SyncEngine,
        _ receiver: inout SyncEngine,
        _ first: [SyncEffect],
        _ second: [SyncEffect]
    ) -> (sender: [SyncEffect], receiver: [SyncEffect]) {
        var (fromSender, fromReceiver) = (first, second)
        var others: (sender: [SyncEffect], receiver: [SyncEffect]) = ([], [])
        for _ in 0..<50 where !fromSender.isEmpty || !fromReceiver.isEmpty {
            others.sender += fromSender.filter { $0.frame == nil }
            others.receiver += fromReceiver.filter { $0.frame == nil }
            let (toReceiver, toSender) = (fromSender.compactMap(\.frame), fromReceiver.compactMap(\.frame))
            fromReceiver = toReceiver.flatMap { tell(&receiver, .received(Self.session, frame: $0)) }
            fromSender = toSender.flatMap { tell(&sender, .received(Self.session, frame: $0)) }
        }
        return others
    }

    private func meet(
        _ sender: inout SyncEngine,
        _ receiver: inout SyncEngine
    ) -> (sender: [SyncEffect], receiver: [SyncEffect]) {
        let first = tell(&sender, .opened(Self.session, peer: receiver.node, dialled: false))
        let second = tell(&receiver, .opened(Self.session, peer: sender.node, dialled: true))
        return converse(&sender, &receiver, first, second)
    }

    private func record(_ number: UInt64, for audience: Audience) throws -> SnapshotRecord {
        let id = RecordID(raw: Bytes16(high: 1, low: number))
        let entry = EntryView(
            field: Schema.title,
            element: [],
            value: Array("title \(number)".utf8),
            stamp: HLC(milliseconds: 5),
            dot: Dot(delta: DeltaID(headerBytes: [UInt8(truncatingIfNeeded: number)], .sodium), index: 0),
            author: try district.id(District.district)
        )
        return SnapshotRecord(RecordView(record: id, home: audience, entries: [entry]))
    }

    // MARK: Offers

    @Test("A peer far behind is offered a snapshot and asks for pages; one that is near is not", arguments: [99, 100])
    func offer(_ lastLSN: LSN) throws {
        var parent = try engine(District.district, lastLSN: lastLSN)
        var street = try engine(District.streetA)
        let queries = meet(&parent, &street).sender.queries
        #expect(queries.count == (lastLSN < 100 ? 0 : 1))
        #expect(queries.allSatisfy { $0.query.since == 0 && $0.query.after == nil })
        #expect((street.preview != nil) == (lastLSN >= 100))
    }

    @Test("No snapshot goes upward: a child's store proves nothing to its parent")
    func upward() throws {
        var street = try engine(District.streetA, lastLSN: 1_000)
        var parent = try engine(District.district)
        #expect(meet(&street, &parent).sender.queries.isEmpty)
        #expect(parent.preview == nil)
    }

    @Test("A page brings records to the disk and asks for the next; the last ends it")
    func pages() throws {
        var parent = try engine(District.district, lastLSN: 1_000)
        var street = try engine(District.streetA)
        let audience = Audience(below: District.streetA)
        var query = try #require(meet(&parent, &street).sender.queries.first)
        var kept: [PreviewBatch] = []
        for number in UInt64(1)...20 {
            let found = try record(number, for: audience)
            let page = SnapshotPage(records: [found], last: found.record, reachedEnd: number == 20)
            var effects = tell(&parent, .snapshotRead(query.ticket, page))
            let others = converse(&parent, &street, effects, [])
            let batch = try #require(others.receiver.batches.first)
            #expect(others.receiver.closes.isEmpty)
            kept.append(batch.batch)
            effects = tell(&street, .previewKept(batch.ticket))
            let next = converse(&parent, &street, [], effects).sender.queries + others.sender.queries
            if let more = next.last {
                #expect(more.query.after == page.last)
                query = more
            } else {
                #expect(number == 20)
            }
        }
        #expect(kept.count == 20)
        #expect(kept.first?.isFirst == true && kept.dropFirst().allSatisfy { !$0.isFirst })
        #expect(kept.last?.progress.isWhole == true)
        #expect(kept.flatMap(\.records).count == 20)
    }

    @Test("What the receiver is not entitled to is not sent, and not kept")
    func entitlement() throws {
        var parent = try engine(District.district, lastLSN: 1_000)
        var street = try engine(District.streetA)
        let query = try #require(meet(&parent, &street).sender.queries.first)
        let foreign = try record(1, for: Audience(below: District.streetB))
        let page = SnapshotPage(records: [foreign], last: foreign.record, reachedEnd: true)
        let sent = tell(&parent, .snapshotRead(query.ticket, page))
        let marker = Array("title 1".utf8)
        #expect(sent.compactMap(\.frame).allSatisfy { frame in !frame.contains(marker) })
        let batches = converse(&parent, &street, sent, []).receiver.batches
        #expect(batches.count == 1 && batches.allSatisfy { $0.batch.records.isEmpty && $0.batch.progress.isWhole })
    }

    // MARK: Refusals

    @Test("A page that is damaged, comes twice or was not asked for ends the session", arguments: ["damaged", "twice"])
    func refusedPages(_ how: String) throws {
        var parent = try engine(District.district, lastLSN: 1_000)
        var street = try engine(District.streetA)
        let query = try #require(meet(&parent, &street).sender.queries.first)
        let found = try record(1, for: Audience(below: District.streetA))
        let page = SnapshotPage(records: [found], last: found.record, reachedEnd: false)
        let frame = try #require(tell(&parent, .snapshotRead(query.ticket, page)).compactMap(\.frame).first)
        if how == "damaged" {
            var damaged = frame
            damaged[frame.count / 2] ^= 1
            #expect(tell(&street, .received(Self.session, frame: damaged)).closes.map(\.code) == [.protocolError])
        } else {
            #expect(tell(&street, .received(Self.session, frame: frame)).closes.isEmpty)
            #expect(tell(&street, .received(Self.session, frame: frame)).closes.map(\.code) == [.protocolError])
        }
    }

    @Test("A request without an offer ends the session")
    func requestWithoutOffer() throws {
        var near = try engine(District.district)
        var street = try engine(District.streetA)
        _ = meet(&near, &street)
        // What a street asks of a district that offered one, brought to a district that did not.
        var requests: [[UInt8]] = []
        var other = try engine(District.streetA)
        var offering = try engine(District.district, lastLSN: 1_000)
        let first = tell(&offering, .opened(Self.session, peer: other.node, dialled: false))
        var toOther = first.compactMap(\.frame)
        var toOffering = tell(&other, .opened(Self.session, peer: offering.node, dialled: true)).compactMap(\.frame)
        for _ in 0..<20 {
            let fromOther = toOther.flatMap { tell(&other, .received(Self.session, frame: $0)) }
            toOther = toOffering.flatMap { tell(&offering, .received(Self.session, frame: $0)) }.compactMap(\.frame)
            toOffering = fromOther.compactMap(\.frame)
            // Field 18 of a frame, length-delimited: 0x92 0x01.
            requests += toOffering.filter { $0.starts(with: [0x92, 0x01]) }
        }
        let request = try #require(requests.first)
        #expect(tell(&near, .received(Self.session, frame: request)).closes.map(\.code) == [.protocolError])
    }

    @Test("Pages that are on their way when one could not be kept are let pass, and no session ends")
    func failedPage() throws {
        var parent = try engine(District.district, lastLSN: 1_000)
        var street = try engine(District.streetA)
        let query = try #require(meet(&parent, &street).sender.queries.first)
        let audience = Audience(below: District.streetA)
        let pages = try [UInt64(1), 2].map { number in
            let found = try record(number, for: audience)
            return SnapshotPage(records: [found], last: found.record, reachedEnd: false)
        }
        let first = tell(&parent, .snapshotRead(query.ticket, pages[0]))
        let next = try #require(first.queries.first)
        let second = tell(&parent, .snapshotRead(next.ticket, pages[1]))
        let kept = first.compactMap(\.frame).flatMap { tell(&street, .received(Self.session, frame: $0)) }
        let batch = try #require(kept.batches.first)
        #expect(tell(&street, .previewFailed(batch.ticket, reason: "full disk")).closes.isEmpty)
        let late = second.compactMap(\.frame).flatMap { tell(&street, .received(Self.session, frame: $0)) }
        #expect(late.closes.isEmpty && late.batches.isEmpty)
        #expect(street.preview == nil)
    }

    // MARK: Going on

    @Test("A node that was stopped half-way asks for what lies behind the last record kept")
    func resumes() throws {
        let last = RecordID(raw: Bytes16(high: 1, low: 77))
        let progress = PreviewProgress(
            source: try district.id(District.district),
            storeEpoch: StoreEpoch(raw: District.district.raw),
            since: 0,
            last: last,
            startedAt: Self.start
        )
        var parent = try engine(District.district, lastLSN: 1_000)
        var street = try engine(District.streetA, preview: progress)
        #expect(meet(&parent, &street).sender.queries.map(\.query.after) == [last])
    }

    @Test("What is shown and never proven is let go of after a day")
    func limit() throws {
        let progress = PreviewProgress(
            source: try district.id(District.district),
            storeEpoch: StoreEpoch(raw: 99),
            since: 0,
            isWhole: true,
            startedAt: Self.start
        )
        var street = try engine(District.streetA, preview: progress)
        let day: Int64 = 86_400_000
        #expect(tell(&street, .wokeUp, after: day - 1).endings.isEmpty)
        let ticket = try #require(tell(&street, .wokeUp, after: day).endings.first)
        #expect(tell(&street, .wokeUp, after: day + 1).endings.isEmpty)
        // Nobody is to blame: the source was only out of reach.
        #expect(tell(&street, .previewEnded(ticket, unproven: 3)).alarms.isEmpty)
        #expect(street.preview == nil)
    }
}

extension SyncEffect {
    fileprivate var frame: [UInt8]? {
        if case .send(_, let frame) = self { frame } else { nil }
    }
}

extension [SyncEffect] {
    fileprivate var queries: [(ticket: Ticket, query: SnapshotQuery)] {
        compactMap { if case .readSnapshot(let ticket, let query) = $0 { (ticket, query) } else { nil } }
    }

    fileprivate var batches: [(ticket: Ticket, batch: PreviewBatch)] {
        compactMap { if case .keepPreview(let ticket, let batch) = $0 { (ticket, batch) } else { nil } }
    }

    fileprivate var endings: [Ticket] {
        compactMap { if case .endPreview(let ticket) = $0 { ticket } else { nil } }
    }

    fileprivate var closes: [CloseReason] {
        compactMap { if case .close(_, let reason) = $0 { reason } else { nil } }
    }
}
