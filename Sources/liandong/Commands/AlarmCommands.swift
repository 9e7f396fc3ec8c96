import ArgumentParser
import Foundation
import LiandongDomain
import LiandongNode
import LiandongReports

struct AlarmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarm",
        abstract: "Alarms of devices: what they say, and what is done about it.",
        subcommands: [List.self, Show.self, Ack.self, TaskIt.self, Verify.self, Close.self, Note.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Alarms, the worst of the open ones first.")

        @Option(help: "Of one device, by its code.") var device: String?
        @Option(help: "Of one type: fire, sos, silent.") var type: String?
        @Option(help: "open, closed, new, acknowledged, tasked or verified.") var status: String?
        @Option(help: "At least notice, warning, critical or life.") var severity: String?
        @Option(help: "At most so many.") var limit = 100
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            var query = DeviceRequest.AlarmQuery()
            (query.device, query.type, query.status, query.severity) = (device, type, status, severity)
            query.limit = limit
            try output.show(.device(.alarms(query)), of: node.folder, as: AlarmsReport.self) { report in
                Console.table(
                    ["ID", "RAISED", "SEVERITY", "TYPE", "CONDITION", "HANDLING", "DEVICE", "WHERE"],
                    report.alarms.map {
                        [
                            String($0.record.prefix(12)), $0.raisedAt, $0.severity, $0.type,
                            $0.raised ? "raised" : "cleared", $0.status, $0.device, $0.community.name,
                        ]
                    }
                )
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One alarm with all that was said and done.")

        @Argument(help: "Its id, or the beginning.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.device(.alarm(id)), of: node.folder, as: AlarmReport.self) { AlarmCommand.print($0) }
        }
    }

    /// What every act on an alarm is given.
    struct Act: ParsableArguments {
        @Argument(help: "Its id, or the beginning.") var id: String
        @Option(help: "What there is to say.") var text = ""
        @Option(name: .customLong("operator"), help: "Who does it.") var operatorName = ""
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run(_ verb: ActOnAlarm.Verb, result: String? = nil, service: String? = nil) throws {
            var act = DeviceRequest.AlarmAct(id, verb)
            (act.result, act.service, act.text, act.operatorName) = (result, service, text, operatorName)
            try output.show(.device(.act(act)), of: node.folder, as: AlarmReport.self) { AlarmCommand.print($0) }
        }
    }

    struct Ack: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that somebody looks after it.")
        @OptionGroup var act: Act
        func run() throws { try act.run(.ack) }
    }

    struct TaskIt: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "task", abstract: "Make it a work order.")
        @OptionGroup var act: Act
        @Option(help: "The order's service; the rule's own when left out.") var service: String?
        func run() throws { try act.run(.task, service: service) }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say what somebody found who looked.")
        @OptionGroup var act: Act
        @Option(help: "real, false, test or unclear.") var result: String
        func run() throws { try act.run(.verify, result: result) }
    }

    struct Close: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End it, once it was verified and has cleared.")
        @OptionGroup var act: Act
        func run() throws { try act.run(.close) }
    }

    struct Note: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write something down with it.")
        @OptionGroup var act: Act
        func run() throws { try act.run(.note) }
    }

    private static func print(_ alarm: AlarmReport) {
        Console.print(
            "\(alarm.type) (\(alarm.severity))  \(alarm.device) \(alarm.deviceName)  \(alarm.community.name)"
        )
        Console.print("  \(alarm.record)")
        let result = alarm.result.map { ": \($0)" } ?? ""
        Console.print("  \(alarm.raised ? "raised" : "cleared"), \(alarm.status)\(result), \(alarm.count) times")
        if alarm.acknowledgedAt == nil { Console.print("  nobody has acknowledged it") }
        if alarm.contested { Console.print("  CONTESTED: those who looked found different things") }
        if let tier = alarm.escalatedTo { Console.print("  called to the \(tier)") }
        for order in alarm.orders { Console.print("  order \(order)") }
        for entry in alarm.conditions {
            let what = entry.raised ? "raised" : "cleared (\(entry.reason))"
            Console.print("  \(entry.at)  \(what)  \(entry.series) \(entry.value)  [\(entry.quality)]")
        }
        for entry in alarm.handling {
            Console.print("  \(entry.at)  \(entry.act) by \(entry.by)  \(entry.result ?? "")  \(entry.text)")
        }
    }
}

struct SeriesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "series",
        abstract: "What devices measured.",
        subcommands: [Query.self]
    )

    struct Query: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Readings or rollups of a series; above the community the days that it reports."
        )

        @Argument(help: "The device's code.") var device: String
        @Argument(help: "The series: pm25, fill.") var series: String
        @Option(help: "How far back: 30m, 24h, 7d.") var last = "24h"
        @Option(help: "raw, minute, hour or day.") var resolution = "hour"
        @Option(help: "At most so many rows.") var limit = 1_000
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let hours = try Span.hours(last, "--last")
            let now = Date().timeIntervalSince1970
            let query = DeviceRequest.SeriesQuery(
                device: device,
                series: series,
                from: Int64(max(0, now - min(hours, 24 * 3_650) * 3_600) * 1_000),
                to: Int64((now + 60) * 1_000),
                resolution: resolution,
                limit: limit
            )
            try output.show(.device(.series(query)), of: node.folder, as: SeriesReport.self) { report in
                if resolution == "raw" {
                    Console.table(
                        ["AT", "RECEIVED", "QUALITY", "VALUE"],
                        report.readings.map { [$0.at, $0.receivedAt, $0.quality, $0.value] }
                    )
                } else {
                    Console.table(
                        ["FROM", "COUNT", "MEAN", "LEAST", "GREATEST", "LAST"],
                        report.stretches.map {
                            [$0.start, "\($0.count)", "\($0.mean)", "\($0.least)", "\($0.greatest)", "\($0.last)"]
                        }
                    )
                }
            }
        }
    }
}

struct QuarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "What devices sent and no reading could be made of.",
        subcommands: [List.self, Replay.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What is held, the oldest first.")

        @Option(help: "At most so many.") var limit = 100
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.device(.quarantine(limit: limit)), of: node.folder, as: QuarantineReport.self) { report in
                Console.say("\(report.held) held, \(report.dropped) let go of for want of room")
                Console.table(
                    ["NUMBER", "RECEIVED", "DEVICE", "BY", "BYTES", "WHY"],
                    report.messages.map {
                        ["\($0.number)", $0.receivedAt, $0.device, $0.source, "\($0.bytes)", $0.reason]
                    }
                )
            }
        }
    }

    struct Replay: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try to read it again, as of when it came; what is still wrong stays (exit 7)."
        )

        @Argument(help: "One, by its number; all when left out.") var number: Int64?
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            var isPartial = false
            try output.show(
                .device(.replay(number: number)),
                of: node.folder,
                as: ReplayReport.self,
                timeoutSeconds: 300
            ) { report in
                Console.print("\(report.replayed) replayed with \(report.readings) readings")
                for reason in report.kept { Console.say(reason) }
                isPartial = !report.kept.isEmpty
            }
            if isPartial { throw ExitCode(NodeError.Code.partial.rawValue) }
        }
    }
}
