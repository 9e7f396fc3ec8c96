import LiandongCore
import LiandongDomain
import Testing

@Suite("Alarms")
struct AlarmTests {
    func device(_ town: Town, _ kind: DeviceKind = .smoke, code: String = "S1") throws -> RecordID {
        try town.run(
            RegisterDevice(code: code, kind: kind, .init(name: "三楼", place: Town.gridA1, address: "3号楼三层")),
            at: Town.communityA1
        ).record
    }

    func signal(
        _ town: Town,
        _ device: RecordID,
        _ change: AlarmSignal.Change = .raised,
        first: [UInt8] = [1],
        input: [UInt8]? = nil,
        type: String = "fire",
        service: String = "0701"
    ) -> AlarmSignal {
        AlarmSignal(
            device: device,
            type: type,
            change,
            firstInput: first,
            input: input ?? first,
            at: Instant(milliseconds: town.now),
            receivedAt: Instant(milliseconds: town.now),
            quality: .device,
            series: "smoke",
            value: "true",
            severity: .life,
            service: service,
            escalation: .init(streetAfterMinutes: 2, districtAfterMinutes: 5)
        )
    }

    func alarm(_ record: RecordID, _ town: Town, at place: PlaceID = Town.communityA1) throws -> DeviceAlarm {
        let view = try #require(try town.view(record, at: place))
        return try #require(DeviceAlarm.fold(view, town.authority))
    }

    @Test("A fire is an alarm and a work order at once, and the district sees both")
    func fire() throws {
        let town = try Town()
        let device = try device(town)
        let receipt = try town.run(SignalAlarms([signal(town, device)]), at: Town.communityA1)
        try town.sync()
        let found = try alarm(try #require(receipt.raised.first), town, at: Town.district)
        #expect(found.device == device && found.type == "fire" && found.severity == .life)
        #expect(found.isRaised && found.status == .tasked && found.count == 1)
        #expect(found.workOrders == receipt.workOrders)
        let order = try town.order(try #require(receipt.workOrders.first), at: Town.district)
        #expect(order.service == "0701" && order.channel == "device" && order.holder == Town.communityA1)
        #expect(order.place == Town.gridA1 && order.address == "3号楼三层")
        #expect(order.externalReferences.first?.identifier == "\(found.record)")
    }

    @Test("The same signals twice have the effect of once")
    func twice() throws {
        let town = try Town()
        let signals = SignalAlarms([signal(town, try device(town))])
        let first = try town.run(signals, at: Town.communityA1)
        let again = try town.run(signals, at: Town.communityA1)
        #expect(again.raised.isEmpty && again.workOrders.isEmpty)
        let doubled = SignalAlarms([signals.signals[0], signals.signals[0]])
        #expect(try town.run(doubled, at: Town.communityA1).raised.isEmpty)
        #expect(try alarm(try #require(first.raised.first), town).conditions.count == 1)
    }

    @Test("Two presses are two events of one episode; what cannot go on from a beginning is left out")
    func presses() throws {
        let town = try Town()
        let device = try device(town, .sos)
        let record = try #require(
            try town.run(SignalAlarms([signal(town, device)]), at: Town.communityA1).raised.first
        )
        try town.run(SignalAlarms([signal(town, device, .repeated, input: [2])]), at: Town.communityA1)
        try town.run(
            SignalAlarms([signal(town, device, .cleared(reason: "quiet"), input: [3])]),
            at: Town.communityA1
        )
        let found = try alarm(record, town)
        #expect(found.count == 2 && !found.isRaised && found.conditions.count == 3)
        let lost = signal(town, device, .cleared(reason: "value"), first: [9], input: [9])
        #expect(try town.run(SignalAlarms([lost]), at: Town.communityA1).raised.isEmpty)
    }

    @Test("An order that two places make of one alarm is one record, found by either number", arguments: 1...4)
    func oneOrder(seed: UInt64) throws {
        let town = try Town(seed: seed)
        // The rule names no service, so nothing is made by itself.
        let raised = signal(town, try device(town), service: "")
        let record = try #require(try town.run(SignalAlarms([raised]), at: Town.communityA1).raised.first)
        try town.sync()
        let task = ActOnAlarm(record, .task(service: "0701"))
        let here = try #require(try town.run(task, at: Town.communityA1).workOrder)
        let there = try #require(try town.run(task, at: Town.streetA).workOrder)
        #expect(here == there)
        try town.sync(Town.places, Town.Delivery.allCases[Int(seed % 3)])
        let orders = try town.everywhere(here)
        #expect(orders.count == 3 && Set(orders).count == 1)
        #expect(orders.first?.numbers.count == 2)
        for place in [Town.communityA1, Town.streetA, Town.district] {
            #expect(try alarm(record, town, at: place).workOrders == [here])
        }
    }

    @Test("Handling goes new, acknowledged, tasked, verified, closed, and says why not otherwise")
    func handling() throws {
        let town = try Town()
        let device = try device(town)
        let record = try #require(
            try town.run(SignalAlarms([signal(town, device, service: "")]), at: Town.communityA1).raised.first
        )
        func refused(_ action: ActOnAlarm.Action) throws -> Refusal.Code {
            try town.refusal(ActOnAlarm(record, action), at: Town.communityA1).code
        }
        func act(_ action: ActOnAlarm.Action, _ text: String = "") throws {
            try town.run(ActOnAlarm(record, action, text: text), at: Town.communityA1)
        }
        #expect(try refused(.close) == .wrongState)
        #expect(try refused(.task(service: nil)) == .invalid)
        #expect(try refused(.note) == .invalid)
        try act(.acknowledge, "去看看")
        #expect(try alarm(record, town).status == .acknowledged)
        #expect(try alarm(record, town).handling.first?.text == "去看看")
        #expect(try refused(.acknowledge) == .wrongState)
        try act(.task(service: "0701"))
        #expect(try refused(.task(service: nil)) == .wrongState)
        try act(.verify(.real))
        #expect(try alarm(record, town).result == .real)
        #expect(try refused(.close) == .wrongState, "the device says that it goes on")
        try town.run(
            SignalAlarms([signal(town, device, .cleared(reason: "value"), input: [2])]),
            at: Town.communityA1
        )
        try act(.close)
        #expect(try alarm(record, town).status == .closed)
        #expect(try refused(.close) == .wrongState)
        #expect(try refused(.verify(.test)) == .wrongState)
        #expect(try town.refusal(ActOnAlarm(device, .acknowledge), at: Town.communityA1).code == .notFound)
    }

    @Test("A false alarm can be closed while its detector is stuck")
    func falseAlarm() throws {
        let town = try Town()
        let signals = SignalAlarms([signal(town, try device(town))])
        let record = try #require(try town.run(signals, at: Town.communityA1).raised.first)
        try town.run(ActOnAlarm(record, .verify(.falseAlarm), text: "炒菜"), at: Town.communityA1)
        try town.run(ActOnAlarm(record, .close), at: Town.communityA1)
        let found = try alarm(record, town)
        #expect(found.status == .closed && found.isRaised && found.result == .falseAlarm)
    }

    @Test("Acts of nodes that were cut off meet alike in any order, and different findings are shown", arguments: 1...8)
    func partition(seed: UInt64) throws {
        let town = try Town(seed: seed)
        let signals = SignalAlarms([signal(town, try device(town), service: "")])
        let record = try #require(try town.run(signals, at: Town.communityA1).raised.first)
        try town.sync()
        try town.run(ActOnAlarm(record, .verify(.real)), at: Town.communityA1)
        try town.run(ActOnAlarm(record, .acknowledge), at: Town.district)
        try town.run(ActOnAlarm(record, .verify(.falseAlarm)), at: Town.streetA)
        try town.sync(Town.places, Town.Delivery.allCases[Int(seed % 3)])
        let expected = try alarm(record, town, at: Town.district)
        #expect(expected.status == .verified && expected.isContested)
        #expect(expected.result == .falseAlarm, "the later one is shown")
        for place in [Town.communityA1, Town.streetA] { #expect(try alarm(record, town, at: place) == expected) }
        let view = try #require(try town.view(record, at: Town.district))
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let twice = view.entries + view.entries.filter { $0.field == AlarmField.handling }
            let shuffled = RecordView(
                record: record,
                home: view.home,
                entries: twice.shuffled(using: &generator).sorted { $0.field < $1.field }
            )
            #expect(DeviceAlarm.fold(shuffled, town.authority) == expected)
        }
    }

    @Test("What others than the community say of the condition does not count")
    func foreignCondition() throws {
        let town = try Town()
        let device = try device(town)
        let record = try #require(
            try town.run(SignalAlarms([signal(town, device)]), at: Town.communityA1).raised.first
        )
        try town.sync()
        let clear = SignalAlarms([signal(town, device, .cleared(reason: "value"), input: [7])])
        let plan = try clear.plan(town.reader(Town.communityA1), town.context(Town.communityA1))
        try town.commit(plan.drafts, at: Town.streetA)
        try town.sync()
        #expect(try alarm(record, town).isRaised)
    }

    // MARK: The clock

    @Test("Unacknowledged, it is called to the street and then the district, by whoever still works")
    func escalation() throws {
        let town = try Town()
        let start = town.now
        let signals = SignalAlarms([signal(town, try device(town), service: "")])
        let record = try #require(try town.run(signals, at: Town.communityA1).raised.first)
        try town.sync()
        #expect(try town.run(EscalateAlarm(record), at: Town.communityA1) == nil)
        town.now = start + 2 * 60_000
        #expect(try town.run(EscalateAlarm(record), at: Town.streetA) == nil, "the community has the first word")
        #expect([Tier.district, .street, .community].map(EscalateAlarm.graceMilliseconds) == [40_000, 20_000, 0])
        #expect(try town.run(EscalateAlarm(record), at: Town.communityA1) == .street)
        #expect(try town.run(EscalateAlarm(record), at: Town.communityA1) == nil)
        town.now = start + 5 * 60_000 + 60_000
        // The community is silent: street and district both do it, and it is done once.
        #expect(try town.run(EscalateAlarm(record), at: Town.streetA) == .street)
        #expect(try town.run(EscalateAlarm(record), at: Town.streetA) == .district)
        try town.sync()
        let found = try alarm(record, town, at: Town.district)
        #expect(found.escalatedTo == .district)
        #expect(found.handling.filter { $0.act == .escalate }.count == 2)
        #expect(found.status == .new && found.escalatesAt == nil)
    }

    @Test("The minutes to acknowledge it count from when it was written, not by the device's clock")
    func clockBehind() throws {
        let town = try Town()
        var raised = signal(town, try device(town))
        raised.at = raised.at.advanced(byMilliseconds: -6 * 60_000)
        let record = try #require(try town.run(SignalAlarms([raised]), at: Town.communityA1).raised.first)
        let found = try alarm(record, town)
        #expect(found.escalatesAt?.at == found.createdAt.advanced(byMilliseconds: 2 * 60_000))
        #expect(found.raisedAt < found.createdAt)
        #expect(try town.run(EscalateAlarm(record), at: Town.communityA1) == nil)
        town.now += 2 * 60_000
        #expect(try town.run(EscalateAlarm(record), at: Town.communityA1) == .street)
        #expect(try town.run(EscalateAlarm(record), at: Town.communityA1) == nil)
    }

    @Test("What becomes an order by itself still waits for somebody to acknowledge it; by hand it is acknowledged")
    func tasked() throws {
        let town = try Town()
        let device = try device(town)
        let byItself = try #require(
            try town.run(SignalAlarms([signal(town, device)]), at: Town.communityA1).raised.first
        )
        let byHand = try #require(
            try town.run(SignalAlarms([signal(town, device, first: [2], service: "")]), at: Town.communityA1).raised
                .first
        )
        try town.run(ActOnAlarm(byHand, .task(service: "0701")), at: Town.communityA1)
        town.now += 130_000
        #expect(try town.run(EscalateAlarm(byHand), at: Town.communityA1) == nil)
        #expect(try town.run(EscalateAlarm(byItself), at: Town.communityA1) == .street)
        try town.run(ActOnAlarm(byItself, .acknowledge), at: Town.communityA1)
        #expect(try alarm(byItself, town).status == .tasked)
        town.now += 3_600_000
        #expect(try town.run(EscalateAlarm(byItself), at: Town.communityA1) == nil)
    }

    @Test("Acknowledged, it is not called any further")
    func acknowledged() throws {
        let town = try Town()
        let signals = SignalAlarms([signal(town, try device(town), service: "")])
        let record = try #require(try town.run(signals, at: Town.communityA1).raised.first)
        try town.run(ActOnAlarm(record, .acknowledge), at: Town.communityA1)
        town.now += 3_600_000
        #expect(try town.run(EscalateAlarm(record), at: Town.communityA1) == nil)
    }
}
