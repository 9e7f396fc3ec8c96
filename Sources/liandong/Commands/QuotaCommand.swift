import ArgumentParser
import LiandongNode

struct QuotaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota",
        abstract: "Who writes for others more than a day's quota: it waits at the first common ancestor.",
        subcommands: [List.self, LetIn.self, Mute.self, Set.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What was written for others, and what waits here.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.quotas, of: node.folder, as: QuotasReport.self) { report in
                Console.print(
                    "a day: \(report.recordsADay) records, \(report.bytesADay) bytes, \(report.bulkBytesADay) of photos"
                )
                Console.table(
                    ["ORIGIN", "CODE", "STATE", "TODAY", "WAITING", "BYTES", "NOT KEPT", "FOR"],
                    report.origins.map { row in
                        [
                            row.name, row.placeCode, row.state, "\(row.recordsToday)", "\(row.deltasWaiting)",
                            "\(row.bytesWaiting)", "\(row.turnedAway)",
                            row.lanes.map { $0.audience.joined(separator: "+") }.joined(separator: ", "),
                        ]
                    }
                )
            }
        }
    }

    struct LetIn: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "let-in",
            abstract: "Take over what waits of a node, and lift its quota here until the day ends."
        )

        @Argument(help: "The node's name, place code or the beginning of its id.") var origin: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws { try output.confirm(.letIn(origin: origin), of: node.folder, timeoutSeconds: 300) }
    }

    struct Mute: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep back all that a node writes for others, until it is let in."
        )

        @Argument(help: "The node's name, place code or the beginning of its id.") var origin: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws { try output.confirm(.mute(origin: origin), of: node.folder) }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set the district's quota a day, at its signer."
        )

        @Option(help: "Records opened for others.") var records: Int?
        @Option(help: "Bytes written for others.") var bytes: Int?
        @Option(help: "Bytes of photos in orders for others.") var photoBytes: Int?
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let quota = AdminRequest.setQuota(records: records, bytes: bytes, bulkBytes: photoBytes)
            try output.confirm(quota, of: node.folder)
        }
    }
}
