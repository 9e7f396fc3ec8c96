import LiandongCore
import LiandongDomain
import LiandongSimulation
import Testing

/// What pages offer is what commands take: both ask the same rules.
@Suite("What may be done to an order now")
struct LegalActsTests {
    @Test(
        "Whatever is legal can be done, and whatever is not is refused with those words",
        arguments: 0..<6 as Range<UInt64>
    )
    func agrees(_ seed: UInt64) throws {
        let town = try Town(seed: seed + 1)
        var random = SeededRandom(seed: seed, stream: 0)
        let record = try town.run(SubmitTests.request(Town.communityB1), at: Town.communityA1).record
        try town.sync()
        for _ in 0..<8 {
            var possible: [(PlaceID, ActOnWorkOrder.Action)] = []
            for place in Town.places {
                guard let view = try town.view(record, at: place) else { continue }
                for legal in WorkOrder.legalActs(view, at: place, town.authority) {
                    let actions = LegalActsTests.actions(legal)
                    for action in actions {
                        let command = ActOnWorkOrder(.record(record), action, text: "说明")
                        if let refusal = legal.refusal {
                            #expect(try town.refusal(command, at: place).code == refusal.code, "\(action) at \(place)")
                        } else {
                            _ = try command.plan(town.reader(place), town.context(place))
                            possible.append((place, action))
                        }
                    }
                    #expect(!actions.isEmpty, "\(legal.act)")
                }
            }
            guard let (place, action) = possible.randomElement(using: &random) else { break }
            try town.act(record, action, text: "说明", at: place)
            try town.sync()
        }
    }

    @Test("Offers go to any place but the holder and those asked already, dispatches to those under it")
    func places() throws {
        let town = try Town()
        let record = try town.run(SubmitTests.request(Town.gridA1), at: Town.communityA1).record
        try town.act(record, .accept, at: Town.communityA1)
        try town.act(record, .offer(to: Town.communityB2), at: Town.communityA1)
        let view = try #require(try town.view(record, at: Town.communityA1))
        let acts = WorkOrder.legalActs(view, at: Town.communityA1, town.authority)
        func places(_ act: WorkOrderEvent.Act) -> [PlaceID] { acts.first { $0.act == act }?.places ?? [] }
        #expect(
            places(.offer)
                == [Town.district, Town.streetA, Town.communityA2, Town.streetB, Town.communityB1, Town.communityB2]
                .filter { $0 != Town.communityB2 }
        )
        #expect(places(.dispatch) == [Town.communityA1, Town.gridA1])
        #expect(places(.withdraw) == [Town.communityB2])
        #expect(acts.first { $0.act == .take }?.isLegal == false)
    }

    @Test("A requester rates and asks for reopening once it was handled, in words")
    func requester() throws {
        let town = try Town()
        let record = try town.run(SubmitTests.request(nil), at: Town.communityA1).record
        let order = WorkOrderSelector.record(record)
        func refusal(_ action: ActOnWorkOrder.Action, by role: String = Actor.residentRole) throws -> Refusal.Code {
            try town.refusal(ActOnWorkOrder(order, action, text: ""), by: role, at: Town.communityA1).code
        }
        #expect(try refusal(.rate(2)) == .wrongState)
        try town.act(record, .accept, at: Town.communityA1)
        try town.act(record, .close, at: Town.communityA1)
        #expect(try refusal(.rate(6)) == .invalid)
        #expect(try refusal(.askToReopen) == .invalid)
        #expect(try refusal(.rate(5), by: "clerk") == .notPermitted, "nobody says it in their name")
        #expect(try refusal(.askToReopen, by: "grid worker") == .notPermitted)
        try town.act(record, .rate(2), text: "没有修好", by: Actor.residentRole, at: Town.communityA1)
        try town.act(record, .askToReopen, text: "又坏了", by: Actor.residentRole, at: Town.communityA1)
        let found = try town.order(record, at: Town.communityA1)
        #expect(found.status == .closed, "asking changes no state")
        #expect(found.events.suffix(2).map(\.reason) == ["rating", "reopen-asked"])
        #expect(found.events.suffix(2).map(\.satisfaction) == [2, nil])
        #expect(found.events.suffix(2).allSatisfy { $0.act == .note && $0.isApplied })
    }

    /// The act with each place that is legal, or as it would be tried.
    private static func actions(_ legal: WorkOrder.LegalAct) -> [ActOnWorkOrder.Action] {
        switch legal.act {
        case .dispatch: legal.places.isEmpty ? [.dispatch(to: nil)] : legal.places.map { .dispatch(to: $0) }
        case .offer: legal.places.isEmpty ? [.offer(to: Town.district)] : legal.places.map { .offer(to: $0) }
        case .withdraw: legal.places.isEmpty ? [.withdraw(to: nil)] : legal.places.map { .withdraw(to: $0) }
        case .lapse: legal.places.isEmpty ? [.lapse(to: nil)] : legal.places.map { .lapse(to: $0) }
        case .pick: legal.places.isEmpty ? [.pick(Town.district)] : legal.places.map { .pick($0) }
        case .accept: [.accept]
        case .decline: [.decline(reason: .outsideRemit, whereTo: "派出所")]
        case .file: [.file]
        case .signFor: [.signFor]
        case .handle: [.handle]
        case .handled: [.handled]
        case .verify: [.verify]
        case .rework: [.rework]
        case .revisit: [.revisit(satisfaction: 5)]
        case .close: [.close]
        case .reopen: [.reopen]
        case .archive: [.archive]
        case .note: [.note]
        case .take: [.take]
        case .refuse: [.refuse(reason: "不在辖区")]
        case .unknown: []
        }
    }
}
