import LiandongCore
import LiandongDomain
import LiandongIngest
import Testing

@Suite("Rules over readings")
struct MachineTests {
    static let start = Instant(milliseconds: 1_790_000_000_000)
    static let device = RecordID(raw: Bytes16(high: 3, low: 4))

    /// A device with its rules, fed at times in seconds; its state goes through bytes each time.
    struct Bench {
        var rules: DeviceRules
        var state = DeviceState()
        private var arrivals: UInt64 = 0

        init(_ kind: DeviceKind) { rules = .builtIn(kind) }
        init(_ rules: [DeviceRule], silentAfterSeconds: Int = 0) {
            self.rules = DeviceRules(.other, rules: rules, silentAfterSeconds: silentAfterSeconds)
        }

        mutating func send(
            _ series: String,
            _ value: Reading.Value,
            at second: Int64,
            own: Int64? = nil,
            sequence: UInt64? = nil,
            boot: String = "b",
            closed: Set<String> = []
        ) throws -> DeviceMachine {
            let message = DeviceMessage(
                sequence: sequence.map { .init(boot: boot, number: $0) },
                items: [.init(series: series, at: own.map { MachineTests.time($0) }, value: value)]
            )
            arrivals += 1
            var machine = DeviceMachine(
                device: MachineTests.device,
                rules: rules,
                state: try #require(DeviceState(bytes: state.bytes)),
                now: MachineTests.time(second)
            )
            machine.received([message], arrival: arrivals.bigEndianBytes, closed: closed)
            state = machine.state
            return machine
        }

        mutating func wake(at second: Int64, listening: Int64 = 0) throws -> [AlarmSignal] {
            var machine = DeviceMachine(
                device: MachineTests.device,
                rules: rules,
                state: try #require(DeviceState(bytes: state.bytes)),
                now: MachineTests.time(second)
            )
            machine.wokeUp(listeningSince: MachineTests.time(listening))
            state = machine.state
            return machine.signals
        }
    }

    static func time(_ second: Int64) -> Instant { start.advanced(byMilliseconds: second * 1_000) }

    @Test(
        "Each kind raises what it is for",
        arguments: [
            (DeviceKind.smoke, "smoke", Reading.Value.flag(true), "fire"), (.gas, "lel", .number(12), "gas"),
            (.sos, "press", .number(1), "sos"), (.bloodPressure, "systolic", .number(185), "pressure-high"),
            (.elevator, "trapped", .flag(true), "trapped"), (.camera, "behaviour", .text("fall"), "fall"),
            (.smoke, "battery", .number(5), "battery-low"),
        ]
    )
    func kinds(kind: DeviceKind, series: String, value: Reading.Value, type: String) throws {
        var bench = Bench(kind)
        let signals = try bench.send(series, value, at: 0).signals
        #expect(signals.map(\.type) == [type] && signals.first?.change == .raised)
        #expect(signals.first?.value == value.description)
    }

    @Test(
        "Each kind that waits raises when it has held for long enough, though no further reading comes",
        arguments: [
            (DeviceKind.door, "open", Reading.Value.flag(true), "door-open", Int64(600)),
            (.parking, "occupied", .flag(true), "lane-blocked", 300),
            (.environment, "pm25", .number(160), "air-bad", 1_800), (.wasteBin, "fill", .number(95), "bin-full", 900),
        ]
    )
    func waiting(kind: DeviceKind, series: String, value: Reading.Value, type: String, seconds: Int64) throws {
        var bench = Bench(kind)
        #expect(try bench.send(series, value, at: 0).signals.isEmpty)
        #expect(try bench.wake(at: seconds - 1).isEmpty)
        let machine = DeviceMachine(
            device: Self.device,
            rules: bench.rules,
            state: bench.state,
            now: Self.time(1)
        )
        #expect(machine.nextDue(listeningSince: Self.start) == Self.time(seconds))
        #expect(try bench.wake(at: seconds).map(\.type) == [type])
        #expect(try bench.wake(at: seconds + 1).isEmpty, "an episode is raised once")
    }

    @Test("A device whose clock is behind has not waited for longer")
    func clockBehind() throws {
        var bench = Bench(.door)
        #expect(try bench.send("open", .flag(true), at: 660, own: 0).signals.isEmpty)
        #expect(try bench.wake(at: 661).isEmpty)
        #expect(try bench.wake(at: 1_259).isEmpty)
        #expect(try bench.wake(at: 1_260).map(\.type) == ["door-open"])
    }

    @Test("A short one is none, and one that goes on is one")
    func duration() throws {
        var bench = Bench(.door)
        _ = try bench.send("open", .flag(true), at: 0)
        _ = try bench.send("open", .flag(false), at: 599)
        #expect(try bench.wake(at: 700).isEmpty)
        _ = try bench.send("open", .flag(true), at: 1_000)
        _ = try bench.send("open", .flag(true), at: 1_300)
        #expect(try bench.send("open", .flag(true), at: 1_600).signals.map(\.change) == [.raised])
        #expect(try bench.send("open", .flag(true), at: 1_700).signals.isEmpty)
        #expect(try bench.send("open", .flag(false), at: 1_800).signals.map(\.change) == [.cleared(reason: "value")])
    }

    @Test("Between the two bounds nothing changes")
    func hysteresis() throws {
        var bench = Bench([DeviceRule("hot", "t", .above(30, clearsAt: 25), .warning)])
        #expect(try bench.send("t", .number(30), at: 0).signals.isEmpty)
        #expect(try bench.send("t", .number(31), at: 1).signals.count == 1)
        for (second, value) in [(2, 29.0), (3, 31), (4, 26)] {
            #expect(try bench.send("t", .number(value), at: Int64(second)).signals.isEmpty)
        }
        #expect(try bench.send("t", .number(25), at: 5).signals.count == 1)
    }

    @Test("Two presses are two events of one episode, which ends when it is quiet; the next is another")
    func presses() throws {
        var bench = Bench(.sos)
        let first = try #require(try bench.send("press", .flag(true), at: 0).signals.first)
        let second = try #require(try bench.send("press", .flag(true), at: 1).signals.first)
        #expect(second.change == .repeated && second.firstInput == first.input && second.input != first.input)
        #expect(try bench.wake(at: 900).isEmpty)
        #expect(try bench.wake(at: 901).map(\.change) == [.cleared(reason: "quiet")])
        let third = try #require(try bench.send("press", .flag(true), at: 2_000).signals.first)
        #expect(third.change == .raised && third.firstInput != first.firstInput)
    }

    @Test("A press after somebody closed the alarm is another call")
    func closed() throws {
        var bench = Bench(.sos)
        let first = try #require(try bench.send("press", .flag(true), at: 0).signals.first)
        let next = try #require(try bench.send("press", .flag(true), at: 5, closed: ["sos/press"]).signals.first)
        #expect(next.change == .raised && next.firstInput != first.firstInput)
    }

    @Test("A button that is held down for hours is no flood, and no press is left out of the count")
    func flood() throws {
        var bench = Bench(.sos)
        var signals: [AlarmSignal] = []
        for second in 0..<600 { signals += try bench.send("press", .flag(true), at: Int64(second)).signals }
        #expect(signals.count < 50)
        signals += try bench.wake(at: 2_000)
        #expect(signals.filter { $0.change == .repeated || $0.change == .raised }.reduce(0) { $0 + $1.count } == 600)
    }

    @Test("What is raised again soon after it was cleared goes on; once that was closed, it is another alarm")
    func resumed() throws {
        var bench = Bench(.smoke)
        let first = try #require(try bench.send("smoke", .flag(true), at: 0).signals.first)
        _ = try bench.send("smoke", .flag(false), at: 10)
        let again = try #require(try bench.send("smoke", .flag(true), at: 300).signals.first)
        #expect(again.change == .raised && again.firstInput == first.firstInput && again.input != first.input)
        _ = try bench.send("smoke", .flag(false), at: 310)
        let closed = try #require(
            try bench.send("smoke", .flag(true), at: 320, closed: ["fire/smoke"]).signals.first
        )
        #expect(closed.change == .raised && closed.firstInput == closed.input)
        _ = try bench.send("smoke", .flag(false), at: 330)
        let later = try #require(try bench.send("smoke", .flag(true), at: 631).signals.first)
        #expect(later.firstInput == later.input)
    }

    @Test("One leak that two series tell of is one alarm, over with the last of them")
    func siblings() throws {
        var bench = Bench(.gas)
        let message = DeviceMessage(items: [
            .init(series: "gas", at: nil, value: .flag(true)), .init(series: "lel", at: nil, value: .number(12)),
        ])
        var machine = DeviceMachine(device: Self.device, rules: bench.rules, state: bench.state, now: Self.time(0))
        machine.received([message], arrival: [1])
        bench.state = machine.state
        #expect(machine.signals.map(\.change) == [.raised, .repeated])
        #expect(Set(machine.signals.map(\.firstInput)).count == 1)
        #expect(bench.state.raised == ["gas/gas", "gas/lel"])
        #expect(try bench.send("gas", .flag(false), at: 10).signals.isEmpty)
        #expect(bench.state.raised == ["gas/lel"])
        let cleared = try bench.send("lel", .number(1), at: 20).signals
        #expect(cleared.map(\.change) == [.cleared(reason: "value")])
        #expect(cleared.first?.firstInput == machine.signals.first?.firstInput)
    }

    @Test("A detector that flaps is one alarm with a bounded log, raised until it has stayed clear")
    func flapping() throws {
        var bench = Bench(.smoke)
        let items = (0..<10_000).map { index in
            DeviceMessage.Item(series: "smoke", at: nil, value: .flag(index.isMultiple(of: 2)))
        }
        var machine = DeviceMachine(device: Self.device, rules: bench.rules, state: bench.state, now: Self.time(0))
        machine.received([DeviceMessage(items: items)], arrival: [1])
        bench.state = machine.state
        #expect(Set(machine.signals.map(\.firstInput)).count == 1)
        #expect(machine.signals.count < 100 && machine.signals.last?.change == .raised)
        let due = DeviceMachine(device: Self.device, rules: bench.rules, state: bench.state, now: Self.time(0))
            .nextDue(listeningSince: Self.start)
        #expect(due == Self.time(60))
        #expect(try bench.wake(at: 59).isEmpty)
        let signals = try bench.wake(at: 60)
        #expect(signals.last?.change == .cleared(reason: "value"))
        let all = (machine.signals + signals).filter { $0.change == .raised || $0.change == .repeated }
        #expect(all.reduce(0) { $0 + $1.count } == 5_000, "none is left out of the count")
        #expect(try bench.send("smoke", .flag(true), at: 61).signals.map(\.change) == [.raised])
        #expect(try bench.send("smoke", .flag(false), at: 62).signals.isEmpty)
        #expect(try bench.send("smoke", .flag(true), at: 63).signals.isEmpty)
        #expect(try bench.wake(at: 500).isEmpty)
        for count in bench.state.bytes.indices {
            #expect(DeviceState(bytes: Array(bench.state.bytes.prefix(count))) == nil)
        }
    }

    // MARK: Sequence and time

    @Test("What comes twice has its effect once")
    func twice() throws {
        var bench = Bench(.sos)
        #expect(try bench.send("press", .flag(true), at: 0, sequence: 1).signals.count == 1)
        let again = try bench.send("press", .flag(true), at: 1, sequence: 1)
        #expect(again.signals.isEmpty && again.readings.isEmpty && again.duplicates == 1)
        #expect(try bench.send("press", .flag(true), at: 2, sequence: 2).signals.count == 1)
        #expect(bench.state.counters.messages == 2 && bench.state.counters.duplicates == 1)
    }

    @Test("The same sequence names the same alarm wherever it is judged")
    func identity() throws {
        var (here, there) = (Bench(.smoke), Bench(.smoke))
        _ = try there.send("battery", .number(90), at: 0)
        let a = try here.send("smoke", .flag(true), at: 5, sequence: 9).signals.first?.firstInput
        let b = try there.send("smoke", .flag(true), at: 7, sequence: 9).signals.first?.firstInput
        #expect(a != nil && a == b)
    }

    @Test("Late by more than 15 minutes it is kept and raises no siren; by less it does", arguments: [899, 901])
    func late(age: Int64) throws {
        var bench = Bench(.smoke)
        let machine = try bench.send("smoke", .flag(true), at: 2_000, own: 2_000 - age)
        #expect(machine.readings.map(\.quality) == [age > 900 ? .late : .device])
        #expect(machine.readings.first?.at == Self.time(2_000 - age))
        #expect(machine.signals.isEmpty == (age > 900))
        #expect(bench.state.counters.withheld == (age > 900 ? 1 : 0))
    }

    @Test("Before what is kept, a reading is set aside and a fire has the time of its receipt; replayed it has not")
    func outdated() throws {
        func machine(_ value: Bool, isReplay: Bool = false) -> DeviceMachine {
            let items: [DeviceMessage.Item] = [
                .init(series: "battery", at: Self.time(-100), value: .number(3)),
                .init(series: "smoke", at: Self.time(-100), value: .flag(value)),
                .init(series: "battery", at: nil, value: .number(90)),
            ]
            var machine = DeviceMachine(
                device: Self.device,
                rules: .builtIn(.smoke),
                state: DeviceState(),
                now: Self.time(0)
            )
            let message = DeviceMessage(sequence: .init(boot: "b", number: 1), items: items)
            machine.received([message], arrival: [1], keptSince: Self.time(-99), isReplay: isReplay)
            return machine
        }
        let fire = machine(true)
        #expect(fire.signals.map(\.type) == ["fire"] && fire.signals.first?.at == Self.time(0))
        #expect(fire.readings.map(\.quality) == [.received, .received] && fire.readings.first?.at == Self.time(0))
        #expect(fire.outdated.map { $0.items.map(\.series) } == [["battery"]] && fire.outdated[0].sequence == nil)
        let none = machine(false)
        #expect(none.signals.isEmpty && none.readings.count == 1)
        #expect(none.outdated.map { $0.items.map(\.series) } == [["battery", "smoke"]])
        #expect(machine(true, isReplay: true).signals.isEmpty)
    }

    @Test("A time of the future is not believed, and the alarm is raised all the same")
    func ahead() throws {
        var bench = Bench(.smoke)
        let machine = try bench.send("smoke", .flag(true), at: 0, own: 3_600)
        #expect(machine.readings.map(\.quality) == [.ahead] && machine.readings.first?.at == Self.time(0))
        #expect(machine.signals.count == 1)
    }

    @Test("What came out of order does not undo what was told since, but a fire in between is not left out")
    func outOfOrder() throws {
        var bench = Bench([DeviceRule("hot", "t", .above(30, clearsAt: 25), .warning)])
        _ = try bench.send("t", .number(20), at: 10, own: 10)
        #expect(try bench.send("t", .number(40), at: 11, own: 5).signals.isEmpty)
        var smoke = Bench(.smoke)
        _ = try smoke.send("smoke", .flag(false), at: 10, own: 10)
        #expect(try smoke.send("smoke", .flag(true), at: 11, own: 5).signals.count == 1)
    }

    @Test("A clock ahead that is corrected loses no clearing")
    func corrected() throws {
        var bench = Bench(.smoke)
        #expect(try bench.send("smoke", .flag(true), at: 0, own: 110).signals.count == 1)
        #expect(
            try bench.send("smoke", .flag(false), at: 60, own: 60).signals.map(\.change) == [.cleared(reason: "value")]
        )
        #expect(try bench.send("smoke", .flag(false), at: 61, own: 30).signals.isEmpty)
        #expect(bench.state.counters.passedOver == 1)
    }

    // MARK: Silence

    @Test("Silence is told once, counts from when the node listens, and ends with the next word")
    func silence() throws {
        var bench = Bench([], silentAfterSeconds: 60)
        #expect(try bench.wake(at: 1_000).isEmpty, "who never spoke is not silent")
        _ = try bench.send("a", .number(1), at: 0)
        #expect(try bench.wake(at: 59).isEmpty)
        #expect(try bench.wake(at: 100, listening: 90).isEmpty)
        let signals = try bench.wake(at: 150, listening: 90)
        #expect(signals.map(\.type) == ["silent"] && signals.first?.change == .raised)
        #expect(try bench.wake(at: 200, listening: 90).isEmpty)
        let back = try bench.send("a", .number(1), at: 300).signals
        #expect(back.map(\.change) == [.cleared(reason: "heard")])
        #expect(back.first?.firstInput == signals.first?.firstInput)
    }

    @Test("What rules raised that are no more in force is cleared")
    func forgotten() throws {
        var bench = Bench([DeviceRule("hot", "t", .above(30, clearsAt: 25), .warning)])
        _ = try bench.send("t", .number(40), at: 0)
        var machine = DeviceMachine(
            device: Self.device,
            rules: DeviceRules(.other, rules: [], silentAfterSeconds: 0),
            state: bench.state,
            now: Self.time(1)
        )
        machine.wokeUp(listeningSince: Self.start)
        #expect(machine.signals.map(\.change) == [.cleared(reason: "rule")])
    }

    @Test("It is cleared with the device's next word: who speaks is not woken")
    func forgottenInPassing() throws {
        var bench = Bench([DeviceRule("hot", "t", .above(30, clearsAt: 25), .warning)])
        _ = try bench.send("t", .number(40), at: 0)
        bench.rules = DeviceRules(.other, rules: [], silentAfterSeconds: 0)
        #expect(try bench.send("t", .number(41), at: 1).signals.map(\.change) == [.cleared(reason: "rule")])
        #expect(try bench.send("t", .number(42), at: 2).signals.isEmpty)
    }

    @Test("Out of its schedule a rule raises nothing")
    func schedule() throws {
        var bench = Bench(.environment)
        // It begins at 22:13:20 of UTC+8, within 22 to 6; ten hours later it is not.
        _ = try bench.send("noise", .number(80), at: 2_400)
        #expect(try bench.send("noise", .number(80), at: 3_000).signals.map(\.type) == ["noise-at-night"])
        var day = Bench(.environment)
        _ = try day.send("noise", .number(80), at: 36_000)
        #expect(try day.send("noise", .number(80), at: 37_000).signals.isEmpty)
    }

    @Test("Without a boot, a fire after a restart with a clock behind is a fire")
    func restartBehind() throws {
        var bench = Bench(.smoke)
        for number in 1...50 as ClosedRange<UInt64> {
            let second = Int64(number)
            _ = try bench.send("smoke", .flag(false), at: second, own: second, sequence: number, boot: "")
        }
        let machine = try bench.send("smoke", .flag(true), at: 60, own: 20, sequence: 1, boot: "")
        #expect(machine.duplicates == 0 && machine.signals.map(\.type) == ["fire"])
    }

    @Test("A row that the first build wrote is read")
    func oldRow() throws {
        // Version 1: of boot "b" number 4, heard at 1, two messages, one rule with its last time.
        var writer = ByteWriter()
        for word in [1, 0, 1] as [UInt64] { writer.put(word) }
        writer.put(text: "b")
        for word in [0, 0, 0, 1, 4, 0, 1] as [UInt64] { writer.put(word) }
        writer.put(fixed: 1)
        for word in [2, 2, 0, 0, 0, 0, 1] as [UInt64] { writer.put(word) }
        writer.put(text: "fire/smoke")
        writer.put(1)
        writer.put(fixed: 7)
        for word in [0, 0] as [UInt64] { writer.put(word) }
        let state = try #require(DeviceState(bytes: writer.bytes))
        #expect(state.sequence.latest == 4 && state.counters.messages == 2)
        #expect(state.lastHeard == Instant(milliseconds: 1))
        #expect(DeviceState(bytes: state.bytes) == state)
    }

    @Test("What began within the hours of a rule and holds for long enough after them is not raised")
    func afterHours() throws {
        var bench = Bench(.environment)
        // 22:13:20 is the start; at 05:55 it begins, at 06:05 it would have held.
        let begin = Int64(7 * 3_600 + 41 * 60 + 40)
        #expect(try bench.send("noise", .number(80), at: begin).signals.isEmpty)
        #expect(try bench.wake(at: begin + 600).isEmpty)
        #expect(bench.state.waits.isEmpty)
        _ = try bench.send("noise", .number(80), at: begin - 86_400 - 1_000 + 86_400)
        #expect(try bench.wake(at: begin - 400).map(\.type) == ["noise-at-night"])
    }

    @Test("A state that was cut off anywhere is none")
    func bytes() throws {
        var bench = Bench(.door)
        _ = try bench.send("open", .flag(true), at: 0, sequence: 4)
        _ = try bench.send("battery", .number(3), at: 1, sequence: 9)
        let bytes = bench.state.bytes
        #expect(DeviceState(bytes: bytes) == bench.state)
        for count in bytes.indices { #expect(DeviceState(bytes: Array(bytes.prefix(count))) == nil) }
    }
}
