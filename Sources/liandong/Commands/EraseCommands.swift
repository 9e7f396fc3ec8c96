import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

/// What every erasure takes and prints.
struct ErasureOptions: ParsableArguments {
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help: """
            Why, as the law has it: purpose-achieved, retention-ended, consent-withdrawn, unlawful or by-law.
            """
    )
    var reason: String
    @Flag(help: "Say what would go, and leave it.") var dryRun = false

    func run(_ form: AdminRequest.ErasureForm) throws {
        try output.show(.erase(form), of: node.folder, as: ErasureReport.self) { report in
            if let before = report.erasedBefore { return Console.print("\(report.record) was erased on \(before)") }
            Console.print("\(report.record) \(report.isDryRun ? "would lose" : "lost"):")
            for field in report.fields { Console.print("  \(field.name) (\(field.values))") }
            if report.fields.isEmpty { Console.print("  nothing that is held here") }
            if !report.isDryRun { Console.say("see who has confirmed: liandong erasures \(report.record)") }
        }
    }
}

extension ResidentCommand {
    struct Erase: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase a registration's values at every node, for ever."
        )

        @Argument(help: "The registration's id, or its beginning.") var id: String
        @OptionGroup var options: ErasureOptions

        func run() throws {
            try options.run(.init(resident: id, reason: options.reason, isDryRun: options.dryRun))
        }
    }
}

extension OrderCommand {
    struct Erase: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase who asked and every free text of an order at every node, for ever; its events stay."
        )

        @Argument(help: "The order's number.") var number: String
        @OptionGroup var options: ErasureOptions
        @Option(help: "Tells orders apart that share a number.") var queryCode: String?

        func run() throws {
            try options.run(
                .init(order: number, queryCode: queryCode, reason: options.reason, isDryRun: options.dryRun)
            )
        }
    }
}

struct ErasuresCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erasures",
        abstract: "What was erased, and which nodes have not confirmed it; exit code 7 while any has not."
    )

    @Argument(help: "A record's id or an order's number; all when left out.") var record: String?
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let data = try AdminClient(node.folder, timeoutSeconds: 30).call(.erasures(record: record))
        let report = try ReportCoding.decoder.decode(ErasuresReport.self, from: data)
        if output.json { Console.print(String(decoding: data, as: Unicode.UTF8.self)) } else { print(report) }
        if report.mayBeOutstanding || report.erasures.contains(where: { !$0.late.isEmpty }) {
            throw ExitCode(NodeError.Code.partial.rawValue)
        }
    }

    private func print(_ report: ErasuresReport) {
        Console.table(
            ["RECORD", "FOR", "ERASED", "BY", "REASON", "CONFIRMED"],
            report.erasures.map { row in
                [
                    row.record, row.audience.joined(separator: "+"), row.erasedAt, row.by ?? "?", row.reason,
                    "\(row.confirmed)/\(row.entitled)",
                ]
            }
        )
        for row in report.erasures {
            for late in row.late {
                let age = late.ageSeconds.map { "heard \(Int($0)) s ago" } ?? "never heard"
                Console.print("late: \(late.placeCode) \(late.node), \(age): \(row.record.prefix(12)) \(late.reason)")
            }
        }
        if report.mayBeOutstanding {
            Console.say("this node's data was put back, and it has not heard yet of all that was erased since")
        }
    }
}
