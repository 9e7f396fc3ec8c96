import LiandongCore
import LiandongDomain
import SwiftProtobuf
import Testing

@Suite("Devices and their rules")
struct DeviceTests {
    @Test("A community registers each kind; the tiers above it see it, no other community does")
    func register() throws {
        let town = try Town()
        for kind in DeviceKind.allCases {
            let receipt = try town.run(
                RegisterDevice(
                    code: "D-\(kind.rawValue)",
                    kind: kind,
                    .init(name: "楼道", model: "M1", place: Town.gridA1, address: "3号楼", reported: ["b", "a", "b"])
                ),
                at: Town.communityA1
            )
            try town.sync()
            for place in [Town.communityA1, Town.streetA, Town.district] {
                let view = try #require(try town.view(receipt.record, at: place))
                let device = try #require(Device.fold(view, town.authority))
                #expect(device.kind == kind)
                #expect(device.community == Town.communityA1)
                #expect(device.place == Town.gridA1)
                #expect(device.reported == ["a", "b"])
                #expect(device.address == "3号楼")
                #expect(device.block == nil)
            }
            #expect(try town.view(receipt.record, at: Town.communityA2) == nil)
        }
    }

    @Test("The same code is one device of a community, and another of the next")
    func codes() throws {
        let town = try Town()
        let first = try town.run(RegisterDevice(code: "S1", kind: .smoke), at: Town.communityA1)
        let again = RegisterDevice(code: "S1", kind: .smoke)
        #expect(try town.refusal(again, at: Town.communityA1).code == .conflict)
        let other = try town.run(again, at: Town.communityA2)
        #expect(other.record != first.record)
    }

    @Test("Refuses what may not be registered", arguments: ["", " ", "a/b", "烟感", String(repeating: "x", count: 65)])
    func wrongCodes(code: String) throws {
        let town = try Town()
        #expect(try town.refusal(RegisterDevice(code: code, kind: .smoke), at: Town.communityA1).code == .invalid)
    }

    @Test("Devices are a community's, and a grid is one of its own")
    func places() throws {
        let town = try Town()
        #expect(try town.refusal(RegisterDevice(code: "S1", kind: .smoke), at: Town.streetA).code == .notPermitted)
        let elsewhere = RegisterDevice(code: "S1", kind: .smoke, .init(place: Town.gridA1))
        #expect(try town.refusal(elsewhere, at: Town.communityA2).code == .invalid)
    }

    @Test("What is changed keeps the rest; who hears of it travels sealed")
    func change() throws {
        let town = try Town()
        let hearer = Contact(name: "张三", phone: "13800000000")
        let record = try town.run(
            RegisterDevice(code: "S1", kind: .sos, .init(name: "床头", model: "B2", hearers: [hearer])),
            at: Town.communityA1
        ).record
        try town.run(ChangeDevice(.code("S1"), .init(name: "客厅")), at: Town.communityA1)
        try town.sync()
        try town.run(BlockDevice(.record(record), isBlocked: true, reason: "坏了"), at: Town.streetA)
        try town.sync()
        let view = try #require(try town.view(record, at: Town.communityA1))
        let device = try #require(Device.fold(view, town.authority))
        #expect(device.name == "客厅" && device.model == "B2")
        #expect(device.hearers(town.purposes(at: Town.communityA1)) == [hearer])
        #expect(device.hearers(.none) == nil)
        #expect(device.block?.reason == "坏了")
        let again = BlockDevice(.record(record), isBlocked: true, reason: "")
        #expect(try town.refusal(again, at: Town.communityA1).code == .wrongState)
        #expect(try town.refusal(ChangeDevice(.record(record), .init()), at: Town.communityA1).code == .invalid)
        #expect(try town.refusal(ChangeDevice(.code("S2"), .init(name: "x")), at: Town.communityA1).code == .notFound)
    }

    // MARK: Rules

    func inForce(_ town: Town, _ kind: DeviceKind, at place: PlaceID) throws -> DeviceRules {
        try DeviceRules.inForce(for: kind, at: place, town.reader(place), town.context(place))
    }

    static let tighter = DeviceRule("bin-full", "fill", .above(80, clearsAt: 40), .warning, service: "0101")

    @Test("The nearest place's rules hold, in their newest version; elsewhere the build's own")
    func nearest() throws {
        let town = try Town()
        func set(_ threshold: Double, at place: PlaceID) throws -> Int {
            var rule = Self.tighter
            rule.condition = .above(threshold, clearsAt: 10)
            return try town.run(
                SetDeviceRules(.wasteBin, at: place, rules: [rule], silentAfterSeconds: 60),
                at: place
            )
        }
        #expect(try set(70, at: Town.district) == 1)
        try town.sync()
        #expect(try inForce(town, .wasteBin, at: Town.communityB1).rules.first?.condition == .above(70, clearsAt: 10))
        #expect(try set(60, at: Town.streetA) == 1)
        #expect(try set(50, at: Town.streetA) == 2)
        try town.sync()
        let below = try inForce(town, .wasteBin, at: Town.communityA1)
        #expect(below.rules.first?.condition == .above(50, clearsAt: 10))
        #expect(below.version == 2 && below.silentAfterSeconds == 60)
        #expect(try inForce(town, .wasteBin, at: Town.communityB1).version == 1)
        #expect(try inForce(town, .door, at: Town.communityA1) == .builtIn(.door))
    }

    @Test("A life-safety rule stays in force where a place's rules forget it, and cannot be softened")
    func lifeStays() throws {
        let town = try Town()
        try town.run(SetDeviceRules(.wasteBin, at: Town.district, rules: [], silentAfterSeconds: 0), at: Town.district)
        try town.sync()
        #expect(try inForce(town, .wasteBin, at: Town.communityA1).rules.map(\.type) == ["bin-fire"])
        func refusal(_ change: (inout DeviceRule) -> Void) throws -> Refusal.Code {
            var rule = DeviceRule("fire", "smoke", .isTrue, .life, service: "0701")
            change(&rule)
            let command = SetDeviceRules(.smoke, at: Town.district, rules: [rule], silentAfterSeconds: 0)
            return try town.refusal(command, at: Town.district).code
        }
        #expect(try refusal { $0.severity = .warning } == .notPermitted)
        #expect(try refusal { $0.forSeconds = 1 } == .invalid)
        #expect(try refusal { $0.schedule = .init(fromMinute: 0, toMinute: 60) } == .invalid)
        #expect(try refusal { $0.service = "" } == .invalid)
        #expect(try refusal { $0.service = "0000" } == .notFound)
        #expect(try refusal { $0.condition = .above(1, clearsAt: 2) } == .invalid)
        #expect(try refusal { $0.type = "a b" } == .invalid)
    }

    @Test("Another series' threshold switches no life-safety rule off")
    func otherSeries() throws {
        let town = try Town()
        let lel = DeviceRule("gas", "lel", .above(20, clearsAt: 10), .life, service: "0404")
        try town.run(SetDeviceRules(.gas, at: Town.district, rules: [lel], silentAfterSeconds: 0), at: Town.district)
        try town.sync()
        let rules = try inForce(town, .gas, at: Town.communityA1).rules
        #expect(rules.map(\.key) == ["gas/lel", "gas/gas"])
        #expect(rules.first == lel, "their own threshold holds")
    }

    @Test("Written past the checks, or with a severity of a later build, a rule softens no life-safety rule")
    func softened() throws {
        let town = try Town()
        let lel = DeviceRule("fire", "smoke", .isTrue, .life, service: "0701")
        let command = SetDeviceRules(.smoke, at: Town.district, rules: [lel], silentAfterSeconds: 0)
        let plan = try command.plan(town.reader(Town.district), town.context(Town.district))
        let drafts = try plan.drafts.map { draft -> Draft in
            guard draft.field == DeviceRulesField.versions else { return draft }
            var wire = try WireDeviceRules(serializedBytes: draft.value)
            wire.rules[0].severity = .UNRECOGNIZED(9)
            return Draft(
                record: draft.record,
                field: draft.field,
                element: draft.element,
                value: try wire.serializedBytes(),
                audience: draft.audience
            )
        }
        try town.commit(drafts, at: Town.district)
        try town.sync()
        let rules = try inForce(town, .smoke, at: Town.communityA1).rules
        #expect(rules.map(\.severity) == [.life])
    }

    @Test("Who is not above a place sets no rules for it; what it writes there all the same does not count")
    func foreignRules() throws {
        let town = try Town()
        let command = SetDeviceRules(.wasteBin, at: Town.district, rules: [Self.tighter], silentAfterSeconds: 0)
        #expect(try town.refusal(command, at: Town.communityA1).code == .notPermitted)
        try town.run(command, at: Town.district)
        try town.sync()
        var evil = command
        evil.rules = []
        // The community receives the record, and can write in it.
        let plan = try evil.plan(town.reader(Town.district), town.context(Town.district))
        try town.commit(plan.drafts, at: Town.communityA1)
        try town.sync()
        #expect(try inForce(town, .wasteBin, at: Town.communityA1).rules.contains(Self.tighter))
    }

    @Test("Every built-in rule passes its own checks, and every life-safety kind has one")
    func builtIn() throws {
        for kind in DeviceKind.allCases {
            for rule in DeviceRules.builtIn(kind).rules { #expect(try rule.checked() == rule) }
        }
        for kind in [DeviceKind.smoke, .gas, .sos, .elevator] {
            #expect(DeviceRules.builtIn(kind).rules.contains { $0.severity == .life })
        }
    }

    @Test("A schedule over midnight belongs to the day it began on")
    func schedule() {
        // 2026-11-20 is a Friday.
        let friday = DeviceRule.Schedule(weekdays: 1 << 4, fromMinute: 22 * 60, toMinute: 6 * 60)
        func at(_ day: Int, _ hour: Int64) -> Instant {
            CivilDate(year: 2026, month: 11, day: day)?.start.advanced(byMilliseconds: hour * 3_600_000)
                ?? Instant(milliseconds: 0)
        }
        #expect(!friday.contains(at(20, 5)))
        #expect(!friday.contains(at(20, 21)))
        #expect(friday.contains(at(20, 22)))
        #expect(friday.contains(at(21, 5)))
        #expect(!friday.contains(at(21, 6)))
        #expect(!friday.contains(at(21, 23)))
    }
}
