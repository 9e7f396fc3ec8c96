import ArgumentParser
import LiandongNode
import LiandongReports

struct DeviceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device",
        abstract: "A community's devices: who they are, and why their readings did what they did.",
        subcommands: [
            Add.self, Change.self, List.self, Show.self, Explain.self, Block.self, Unblock.self, Token.self,
            DeviceRulesCommand.self,
        ]
    )

    /// What may be said of a device.
    struct Values: ParsableArguments {
        @Option(help: "What people call it.") var name: String?
        @Option(help: "Maker and model.") var model: String?
        @Option(help: "The code of the grid that it stands in.") var place: String?
        @Option(help: "Its street address or room.") var address: String?
        @Option(help: "Degrees.") var latitude: Double?
        @Option(help: "Degrees.") var longitude: Double?
        @Option(name: .customLong("report"), help: "A series whose days the tiers above are told of; once for each.")
        var reported: [String] = []
        @Option(name: .customLong("hears"), help: "NAME:PHONE of who hears of its alarms; once for each.")
        var hearers: [String] = []

        func form(_ code: String) -> DeviceRequest.Form {
            var form = DeviceRequest.Form(code: code)
            (form.name, form.model, form.place, form.address) = (name, model, place, address)
            (form.latitude, form.longitude) = (latitude, longitude)
            form.reported = reported.isEmpty ? nil : reported
            form.hearers = hearers.isEmpty ? nil : hearers
            return form
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Register a device; prints its token, once.")

        @Argument(help: "Its code: Latin letters, digits, dots, - and _.") var code: String
        @Option(
            help: """
                smoke, gas, sos, blood-pressure, door, parking, elevator, environment, waste-bin, camera or other.
                """
        )
        var kind: String
        @OptionGroup var values: Values
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            var form = values.form(code)
            form.kind = kind
            try output.show(.device(.add(form)), of: node.folder, as: DeviceReport.self) {
                Console.print($0.token ?? "")
                Console.say("\($0.kind) \($0.code) registered; its token is shown this once")
            }
        }
    }

    struct Change: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Change what is known of a device.")

        @Argument(help: "Its code.") var code: String
        @OptionGroup var values: Values
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.device(.change(values.form(code))), of: node.folder, as: DeviceReport.self) {
                DeviceCommand.print($0)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The devices known here.")

        @Option(help: "Of one kind.") var kind: String?
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.device(.list(kind: kind)), of: node.folder, as: DevicesReport.self) { report in
                Console.table(
                    ["CODE", "KIND", "PLACE", "LAST HEARD", "STATE", "NAME"],
                    report.devices.map {
                        [
                            $0.code, $0.kind, $0.place.name, $0.lastHeard ?? "-", $0.blocked == nil ? "" : "blocked",
                            $0.name,
                        ]
                    }
                )
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One device.")

        @Argument(help: "Its code, or the beginning of its id.") var code: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.device(.show(code)), of: node.folder, as: DeviceReport.self) { DeviceCommand.print($0) }
        }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Its rules with what each waits for, and the sums of its messages."
        )

        @Argument(help: "Its code.") var code: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.device(.explain(code)), of: node.folder, as: DeviceExplainReport.self) { report in
                Console.print("\(report.code)  \(report.kind)  last heard \(report.lastHeard ?? "never")")
                Console.print(
                    "  messages \(report.messages), readings \(report.readings), duplicates \(report.duplicates), "
                        + "missing \(report.missing), restarts \(report.resets)"
                )
                Console.print(
                    "  late \(report.late) (of these \(report.withheld) would have raised an alarm), "
                        + "ahead of time \(report.ahead), passed over as out of order \(report.passedOver)"
                )
                Console.print("  series \(report.series.joined(separator: ", "))")
                let silence = report.silentAfterSeconds == 0 ? "never" : "after \(report.silentAfterSeconds) s"
                Console.print("  rules version \(report.rulesVersion), silent \(silence)")
                for rule in report.rules {
                    Console.print("    \(rule.type) (\(rule.severity)): \(rule.says): \(rule.state)")
                }
            }
        }
    }

    struct Block: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take nothing from a device any more.")

        @Argument(help: "Its code.") var code: String
        @Option(help: "Why.") var reason = ""
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.confirm(.device(.block(code, reason: reason, isBlocked: true)), of: node.folder)
        }
    }

    struct Unblock: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take its readings again.")

        @Argument(help: "Its code.") var code: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.confirm(.device(.block(code, reason: "", isBlocked: false)), of: node.folder)
        }
    }

    struct Token: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make another token for a device; those before it are worth nothing any more."
        )

        @Argument(help: "Its code.") var code: String
        @Flag(help: "Let those before it stay.") var keep = false
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.device(.token(code, replacing: !keep)), of: node.folder, as: DeviceReport.self) {
                Console.print($0.token ?? "")
            }
        }
    }

    private static func print(_ device: DeviceReport) {
        Console.print("\(device.code)  \(device.kind)  \(device.name)  \(device.model)")
        Console.print("  \(device.record)")
        Console.print("  \(device.place.code) \(device.place.name)  \(device.address ?? "")")
        if let latitude = device.latitude, let longitude = device.longitude {
            Console.print("  \(latitude), \(longitude)")
        }
        Console.print("  registered \(device.registeredAt), last heard \(device.lastHeard ?? "-")")
        if !device.reported.isEmpty { Console.print("  reports \(device.reported.joined(separator: ", "))") }
        for hearer in device.hearers ?? ["who hears of it is sealed"] { Console.print("  hears: \(hearer)") }
        if let reason = device.blocked { Console.print("  BLOCKED: \(reason)") }
    }
}
