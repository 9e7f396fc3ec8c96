import LiandongCore
import LiandongDomain
import Testing

@Suite("Folding a work order")
struct FoldTests {
    /// Random histories over random partitions.
    @Test("Random partitions end equal everywhere, with a holder, whatever the order of entries", arguments: 1...25)
    func convergence(seed: UInt64) throws {
        let town = try Town(seed: seed)
        var generator = SeededGenerator(seed: seed)
        let record = try town.run(SubmitTests.request(Town.communityB1), at: Town.communityA1).record
        try town.sync()
        let places = [Town.communityA1, Town.communityB1, Town.streetA, Town.streetB, Town.district]
        var written = 0
        for _ in 0..<60 {
            let place = try #require(places.randomElement(using: &generator))
            let action = try #require(Self.actions.randomElement(using: &generator))
            town.now += Int64.random(in: -3000...3000, using: &generator)
            do {
                try town.act(record, action, text: "x", at: place)
                written += 1
            } catch is Refusal {}
            if Int.random(in: 0..<4, using: &generator) == 0 {
                let some = places.shuffled(using: &generator).prefix(2)
                try town.sync(Array(some), Town.Delivery.allCases.randomElement(using: &generator) ?? .forward)
            }
        }
        try town.sync(Town.places, .shuffled)
        let orders = try town.everywhere(record)
        #expect(orders.count == 5)
        let order = try #require(orders.first)
        #expect(orders.allSatisfy { $0 == order })
        #expect(!order.holders.isEmpty)
        #expect(order.holders.count == 1 || order.dispute != nil)
        #expect(order.events.allSatisfy { $0.isApplied }, "an honest command writes nothing that the fold then flags")
        #expect(order.events.count == written + 1)
        #expect((order.publicSteps.last?.status ?? .submitted) == order.status, "what is not public changes no status")

        let view = try #require(try town.view(record, at: Town.district))
        for _ in 0..<10 {
            let shuffled = RecordView(
                record: record,
                home: view.home,
                entries: view.entries.shuffled(using: &generator).sorted { $0.field < $1.field }
            )
            #expect(WorkOrder.fold(shuffled, town.authority) == order)
        }
    }

    static let actions: [ActOnWorkOrder.Action] = [
        .accept, .file, .dispatch(to: nil), .signFor, .handle, .handled, .verify, .rework, .revisit(satisfaction: 4),
        .close, .reopen, .archive, .note, .offer(to: Town.communityA1), .offer(to: Town.communityB1),
        .offer(to: Town.streetA), .offer(to: Town.district), .take, .take, .take, .refuse(reason: "x"),
        .withdraw(to: nil), .lapse(to: nil), .pick(Town.communityB1), .pick(Town.streetA), .pick(Town.district),
        .decline(reason: .repeated, whereTo: "x"),
    ]

    static let kinds: [RecordKind] = [
        .registration, .workOrder, .consultation, .personLink, .elsewhereNotice, .device, .alarm, .deviceRules, .series,
        .notice,
    ]

    @Test("Foreign bytes in any field of any kind never trap a fold", arguments: 1...40)
    func foreignBytes(seed: UInt64) throws {
        let town = try Town()
        var generator = SeededGenerator(seed: seed)
        let home = try #require(Audience(lines: [Town.communityA1]))
        let author = try town.node(Town.communityA1)
        for kind in FoldTests.kinds {
            let fields = LiandongSchema.current.fields.keys.filter { $0.kind == kind }.sorted()
            var entries: [EntryView] = []
            for field in fields {
                for index in 0..<Int.random(in: 1...6, using: &generator) {
                    func bytes(_ limit: Int) -> [UInt8] {
                        (0..<Int.random(in: 0...limit, using: &generator)).map { _ in
                            // Small bytes make plausible protobuf.
                            Bool.random(using: &generator)
                                ? UInt8.random(in: 0...40, using: &generator)
                                : UInt8.random(in: 0...255, using: &generator)
                        }
                    }
                    let dot = Dot(
                        delta: try #require(DeltaID([UInt8](repeating: 9, count: 32))),
                        index: index
                    )
                    entries.append(
                        EntryView(
                            field: field,
                            element: Bool.random(using: &generator) ? bytes(40) : [0, 0, 0, 0, 0, 0, 0, 1],
                            value: Bool.random(using: &generator) ? bytes(60) : [],
                            stamp: HLC(raw: UInt64.random(in: 0...UInt64.max, using: &generator)),
                            dot: dot,
                            author: author
                        )
                    )
                }
            }
            let view = RecordView(
                record: RecordID(raw: Bytes16(high: 1, low: seed)),
                home: home,
                entries: entries.sorted { $0.field < $1.field }
            )
            if let summary = RecordSummary(view, town.authority), case .workOrder(let order) = summary {
                #expect(order.status == .submitted || order.round >= 1)
                let folded = try #require(WorkOrder.fold(view, town.authority))
                #expect(!folded.holders.isEmpty)
                _ = folded.deadline(.current, .mainlandChina)
                _ = folded.rounds
            }
            _ = DeviceRules.fold(view, town.authority)
            _ = SeriesYear.fold(view, town.authority)
        }
    }

    @Test("A log of a thousand notes folds")
    func longLog() throws {
        let town = try Town()
        let record = try town.run(SubmitTests.request(), at: Town.communityA1).record
        let home = try #require(Audience(lines: [Town.communityA1]))
        var view = try #require(try town.view(record, at: Town.communityA1))
        let plan = try ActOnWorkOrder(.record(record), .note, text: "x").plan(
            town.reader(Town.communityA1),
            town.context(Town.communityA1)
        )
        let note = try #require(plan.drafts.first)
        let author = try town.node(Town.communityA1)
        let delta = try #require(DeltaID([UInt8](repeating: 9, count: 32)))
        let notes = (1...1000).map { index in
            EntryView(
                field: note.field,
                element: UInt64(index).bigEndianBytes,
                value: note.value,
                stamp: HLC(milliseconds: town.now + Int64(index)),
                dot: Dot(delta: delta, index: 0),
                author: author
            )
        }
        view = RecordView(record: record, home: home, entries: (view.entries + notes).sorted { $0.field < $1.field })
        #expect(WorkOrder.fold(view, town.authority)?.events.count == 1000)
    }

    @Test(
        "Every field of the schema belongs to a known kind, creations are registers, personal text is never a creation"
    )
    func schema() {
        let kinds = Set(FoldTests.kinds)
        for (field, specification) in LiandongSchema.current.fields {
            #expect(kinds.contains(field.kind))
            if field.isCreation { #expect(specification.rule == .register && !specification.isPersonal) }
        }
        #expect(LiandongSchema.current.acceptableForOthers == [.workOrder])
    }
}
