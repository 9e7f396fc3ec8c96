import LiandongCore
import LiandongDomain
import Testing

@Suite("The life of a work order")
struct LifecycleTests {
    typealias Action = ActOnWorkOrder.Action

    static let decline = Action.decline(reason: .outsideRemit, whereTo: "请拨110")

    /// How the holder brings a new order to each status.
    static let ways: [(status: WorkOrder.Status, way: [Action])] = [
        (.submitted, []),
        (.accepted, [.accept]),
        (.filed, [.accept, .file]),
        (.dispatched, [.accept, .dispatch(to: nil)]),
        (.signedFor, [.accept, .dispatch(to: nil), .signFor]),
        (.handling, [.accept, .dispatch(to: nil), .handle]),
        (.handled, [.accept, .dispatch(to: nil), .handled]),
        (.verified, [.accept, .dispatch(to: nil), .handled, .verify]),
        (.revisited, [.accept, .dispatch(to: nil), .handled, .verify, .revisit(satisfaction: 5)]),
        (.declined, [decline]),
        (.closed, [.accept, .close]),
        (.archived, [.accept, .close, .archive]),
        (.reopened, [.accept, .close, .reopen]),
    ]

    /// Where each act may be done, and where it leads: the table of design §9, written a second time.
    static let table: [(action: Action, from: Set<WorkOrder.Status>, to: WorkOrder.Status?)] = [
        (.accept, [.submitted], .accepted),
        (decline, [.submitted, .accepted, .reopened, .filed], .declined),
        (.file, [.accepted, .reopened], .filed),
        (.dispatch(to: nil), [.accepted, .reopened, .filed, .dispatched, .signedFor, .handling], nil),
        (.signFor, [.dispatched], .signedFor),
        (.handle, [.accepted, .reopened, .filed, .dispatched, .signedFor], .handling),
        (.handled, [.dispatched, .signedFor, .handling], .handled),
        (.verify, [.handled], .verified),
        (.rework, [.handled], .handling),
        (.revisit(satisfaction: 3), [.handled, .verified], .revisited),
        (
            .close,
            [.accepted, .reopened, .filed, .dispatched, .signedFor, .handling, .handled, .verified, .revisited], .closed
        ),
        (.reopen, [.handled, .verified, .revisited, .declined, .closed, .archived], .reopened),
        (.archive, [.declined, .closed], .archived),
        (.note, Set(WorkOrder.Status.allCases), nil),
        (
            .offer(to: Town.streetA),
            [
                .submitted, .accepted, .reopened, .filed, .dispatched, .signedFor, .handling, .handled, .verified,
                .revisited,
            ], nil
        ),
        (.take, [], nil), (.refuse(reason: "x"), [], nil), (.withdraw(to: nil), [], nil), (.lapse(to: nil), [], nil),
        (.pick(Town.communityA1), [], nil),
    ]

    func order(_ town: Town, in status: WorkOrder.Status) throws -> RecordID {
        let record = try town.run(SubmitTests.request(), at: Town.communityA1).record
        let way = try #require(Self.ways.first { $0.status == status }).way
        for action in way { try town.act(record, action, at: Town.communityA1) }
        #expect(try town.order(record, at: Town.communityA1).status == status)
        return record
    }

    @Test("Every act in every status", arguments: WorkOrder.Status.allCases)
    func everyActInEveryStatus(status: WorkOrder.Status) throws {
        #expect(Set(Self.table.map(\.action.act)) == Set(WorkOrderEvent.Act.allCases).subtracting([.unknown]))
        let town = try Town()
        for (action, from, to) in Self.table {
            let record = try order(town, in: status)
            let before = try town.order(record, at: Town.communityA1)
            let command = ActOnWorkOrder(.record(record), action, text: "说明")
            guard from.contains(status) else {
                let refusal = try town.refusal(command, at: Town.communityA1)
                #expect(refusal.code == .wrongState, "\(action) in \(status)")
                #expect(!refusal.wayOut.isEmpty)
                continue
            }
            let receipt = try town.run(command, at: Town.communityA1)
            let after = try town.order(record, at: Town.communityA1)
            let isDispatch = action.act == .dispatch
            #expect(after.status == to ?? (isDispatch ? max(status, .dispatched) : status), "\(action) in \(status)")
            #expect(receipt.status == after.status)
            #expect(receipt.holders == after.holders)
            #expect(after.events.count == before.events.count + 1)
            #expect(after.events.allSatisfy { $0.isApplied })
            #expect(after.events.last?.text.hasPrefix("说明") == true)
            #expect(after.events.last?.operatorName == "李工")
            #expect(after.events.last?.role == "clerk")
        }
    }

    /// An order accepted at A1 for B1, taken by B1 and dispatched there: A1 is the acceptor, B1 the holder.
    func transferred(_ town: Town, _ further: [Action]) throws -> RecordID {
        let record = try town.run(SubmitTests.request(Town.communityB1), at: Town.communityA1).record
        try town.sync()
        try town.act(record, .take, at: Town.communityB1)
        for action in further { try town.act(record, action, at: Town.communityB1) }
        try town.sync()
        return record
    }

    @Test("Who may: the holder, those above it, the acceptor; others are refused by name")
    func who() throws {
        let town = try Town()
        // act, way of the holder to a fit status, the places that may.
        let holder = Town.communityB1
        let above = [Town.streetB, Town.district]
        let acceptors = [Town.communityA1, Town.streetA]
        let cases: [(Action, [Action], Set<PlaceID>)] = [
            (Self.decline, [], [holder]),
            (.file, [], [holder]),
            (.dispatch(to: Town.communityB1), [], Set(above + [holder])),
            (.signFor, [.dispatch(to: nil)], Set(above + [holder])),
            (.handle, [.dispatch(to: nil)], Set(above + [holder])),
            (.handled, [.dispatch(to: nil)], Set(above + [holder])),
            (.verify, [.dispatch(to: nil), .handled], Set(above + [holder])),
            (.rework, [.dispatch(to: nil), .handled], Set(above + [holder])),
            (.revisit(satisfaction: 1), [.dispatch(to: nil), .handled], Set(above + acceptors + [holder])),
            (.close, [.dispatch(to: nil)], Set(above + [holder])),
            (.reopen, [.close], Set(above + acceptors + [holder])),
            (.archive, [.close], Set(above + [holder])),
            (.note, [], Set(above + acceptors + [holder])),
            (.offer(to: Town.communityA1), [], [holder]),
        ]
        for (action, way, permitted) in cases {
            for place in [holder] + above + acceptors {
                let record = try transferred(town, way)
                let command = ActOnWorkOrder(.record(record), action, text: "x")
                if permitted.contains(place) {
                    try town.run(command, at: place)
                } else {
                    let refusal = try town.refusal(command, at: place)
                    #expect(refusal.code == .notPermitted, "\(action) at \(place)")
                    #expect(refusal.reason.contains("西一社区"), "it names the holder: \(refusal)")
                }
            }
            let record = try transferred(town, way)
            #expect(
                try town.refusal(ActOnWorkOrder(.record(record), action, text: "x"), at: Town.communityA2).code
                    == .notFound
            )
        }
    }

    @Test("Dispatch goes down to a place that receives the order; elsewhere it is offered")
    func dispatchTargets() throws {
        let town = try Town()
        let record = try town.run(SubmitTests.request(Town.communityA1), at: Town.streetA).record
        try town.act(record, .accept, at: Town.streetA)
        func refusal(_ to: PlaceID) throws -> Refusal.Code {
            try town.refusal(ActOnWorkOrder(.record(record), .dispatch(to: to)), at: Town.streetA).code
        }
        #expect(try refusal(Town.streetB) == .notPermitted)
        #expect(try refusal(Town.communityA2) == .notPermitted)
        #expect(try refusal(PlaceID(raw: 77)) == .notFound)
        try town.act(record, .dispatch(to: Town.communityA1), at: Town.streetA)
        try town.sync()
        #expect(try town.order(record, at: Town.communityA1).lead == Town.communityA1)
        try town.act(record, .signFor, at: Town.communityA1)
        try town.act(record, .handle, at: Town.communityA1)
        try town.act(record, .handled, at: Town.communityA1)
        #expect(try town.order(record, at: Town.communityA1).status == .handled)
        let verify = ActOnWorkOrder(.record(record), .verify)
        #expect(try town.refusal(verify, at: Town.communityA1).code == .notPermitted)
    }

    @Test("Reopening begins a round and keeps the old one")
    func rounds() throws {
        let town = try Town()
        let record = try order(town, in: .closed)
        try town.act(record, .reopen, text: "又坏了", at: Town.communityA1)
        try town.act(record, .dispatch(to: nil), at: Town.communityA1)
        try town.act(record, .handled, at: Town.communityA1)
        try town.act(record, .rework, at: Town.communityA1)
        try town.act(record, .close, at: Town.communityA1)
        let order = try town.order(record, at: Town.communityA1)
        #expect(order.round == 3)
        #expect(
            order.rounds.map { $0.events.map(\.act) } == [
                [.accept, .close], [.reopen, .dispatch, .handled], [.rework, .close],
            ]
        )
        #expect(order.rounds.map { $0.closing != nil } == [true, false, true])
    }

    @Test("Malformed wishes are refused")
    func malformed() throws {
        let town = try Town()
        let record = try order(town, in: .handled)
        func code(_ action: Action, _ text: String = "") throws -> Refusal.Code {
            try town.refusal(ActOnWorkOrder(.record(record), action, text: text), at: Town.communityA1).code
        }
        #expect(try code(.note) == .invalid)
        #expect(try code(.revisit(satisfaction: 6)) == .invalid)
        #expect(try code(.close, String(repeating: "字", count: 4001)) == .invalid)
        #expect(try code(.offer(to: Town.communityA1)) == .conflict)
        #expect(try code(.offer(to: Town.gridA1)) == .notPermitted)
        #expect(try code(.offer(to: PlaceID(raw: 77))) == .notFound)
        let nowhere = Action.decline(reason: .inCourt, whereTo: " ")
        let fresh = try order(town, in: .submitted)
        #expect(try town.refusal(ActOnWorkOrder(.record(fresh), nowhere), at: Town.communityA1).code == .invalid)
        let missing = ActOnWorkOrder(.number("4412020010010126112100001"), .accept)
        #expect(try town.refusal(missing, at: Town.streetB).code == .notFound)
    }

    @Test("The deadline starts at dispatch, stops when handled, and starts again in a new round")
    func deadlines() throws {
        let town = try Town()
        let record = try order(town, in: .accepted)
        func deadline() throws -> Deadline {
            try town.order(record, at: Town.communityA1).deadline(.current, .mainlandChina)
        }
        try town.act(record, .dispatch(to: nil), at: Town.communityA1)
        let dispatched = Instant(milliseconds: town.now)
        #expect(try deadline().startedAt == dispatched)
        // 0302, a missing manhole cover, is immediate: two hours.
        #expect(try deadline().due == dispatched.advanced(byMilliseconds: 7_200_000))
        #expect(try !deadline().isOverdue(at: dispatched))
        #expect(try deadline().isOverdue(at: dispatched.advanced(byMilliseconds: 7_200_001)))
        try town.act(record, .handled, at: Town.communityA1)
        #expect(try !deadline().isOverdue(at: dispatched.advanced(byMilliseconds: 9_000_000)))
        try town.act(record, .rework, at: Town.communityA1)
        #expect(try deadline().startedAt == Instant(milliseconds: town.now))
        #expect(try deadline().handledAt == nil)
    }
}
