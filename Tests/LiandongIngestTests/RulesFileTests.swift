import LiandongDomain
import LiandongIngest
import Testing

@Suite("Rules as a file")
struct RulesFileTests {
    func parse(_ text: String) throws -> DeviceRulesFile { try DeviceRulesFile(parsing: Array(text.utf8)) }

    @Test("What is shown is what is set", arguments: DeviceKind.allCases)
    func same(kind: DeviceKind) throws {
        let file = DeviceRulesFile(.builtIn(kind))
        #expect(try parse(file.text) == file)
    }

    @Test("A schedule, a word and what is left out")
    func members() throws {
        let file = try parse(
            """
            {"kind": "camera", "silent_after_seconds": 60, "rules": [
              {"type": "a", "series": "s", "is": "fall", "severity": "warning", "weekdays": [1, 7], "from": "22:30",
               "to": "06:00"}, {"type": "b", "series": "n", "below": 4, "severity": "notice"}]}
            """
        )
        let schedule = DeviceRule.Schedule(weekdays: 0b100_0001, fromMinute: 1_350, toMinute: 360)
        #expect(
            file.rules == [
                DeviceRule("a", "s", .equals("fall"), .warning, schedule: schedule),
                DeviceRule("b", "n", .below(4, clearsAt: 4), .notice),
            ]
        )
        #expect(file.silentAfterSeconds == 60 && file.kind == .camera)
        #expect(try parse(file.text) == file)
    }

    @Test(
        "Each flaw is named",
        arguments: [
            ("{", "at byte"), ("[]", "no object"), (#"{"kind": "lamp"}"#, "lamp"),
            (#"{"kind": "door"}"#, "silent_after_seconds"),
            (#"{"kind": "door", "silent_after_seconds": -1}"#, "silent_after_seconds"),
            (#"{"kind": "door", "silent_after_seconds": 1}"#, "rules is no list"),
            (#"{"kind": "door", "silent_after_seconds": 1, "rules": [], "rule": 1}"#, "\"rule\""),
        ]
    )
    func flaws(text: String, says: String) throws {
        let error = #expect(throws: Refusal.self) { try parse(text) }
        #expect(error?.description.contains(says) == true, "\(String(describing: error))")
    }

    @Test(
        "Each flaw of a rule is named with its place",
        arguments: [
            (#""above": 1, "severity": "bad""#, "severity"), (#""severity": "life""#, "exactly one"),
            (#""above": 1, "is": true, "severity": "life""#, "exactly one"),
            (#""is": true, "clears_at": 1, "severity": "life""#, "clears_at"),
            (#""is": 1, "severity": "life""#, "neither"), (#""above": "1", "severity": "life""#, "above is no number"),
            (#""is": true, "severity": "life", "weekdays": [8]"#, "weekdays"),
            (#""is": true, "severity": "life", "from": "9:00""#, "from"),
            (#""is": true, "severity": "life", "to": "24:01""#, "to"),
            (#""is": true, "severity": "life", "for_seconds": 1.5"#, "for_seconds"),
            (#""is": true, "severity": "life", "serivce": "0701""#, "serivce"),
        ]
    )
    func ruleFlaws(members: String, says: String) throws {
        let text = """
            {"kind": "door", "silent_after_seconds": 1, "rules": [{"type": "a", "series": "b", "is": true,
            "severity": "notice"}, {"type": "c", "series": "d", \(members)}]}
            """
        let error = #expect(throws: Refusal.self) { try parse(text) }
        #expect(error?.description.contains("rule 2") == true && error?.description.contains(says) == true)
    }
}
