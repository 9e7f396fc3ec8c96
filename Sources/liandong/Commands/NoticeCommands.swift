import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct NoticeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notice",
        abstract: "Let the people of a place know something.",
        subcommands: [Publish.self, List.self, Show.self, Withdraw.self]
    )

    struct Publish: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a notice to a place and all under it.",
            discussion: "The text is read from standard input when --text is left out."
        )

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The title.") var title: String
        @Option(help: "The text, in paragraphs.") var text: String?
        @Option(help: "The code of the place; this node's when left out.") var place: String?
        @Option(help: "When it begins to be shown, like 2026-12-01T08:00:00+08:00; at once when left out.")
        var from: String?
        @Option(help: "For how long it is shown: 24h, 30d.") var `for` = "30d"

        func run() throws {
            let begins = try from.map { try Moment.milliseconds($0, "--from") }
            let hours = try Span.hours(`for`, "--for")
            let start = begins ?? Int64(Date().timeIntervalSince1970 * 1_000)
            let form = AdminRequest.NoticeForm(
                place: place,
                title: title,
                text: text ?? Publish.standardInput(),
                from: begins,
                until: start + Int64(min(hours, 24 * 3_650) * 3_600_000)
            )
            try output.show(.publishNotice(form), of: node.folder, as: DoneReport.self) { Console.print($0.id ?? "") }
        }

        private static func standardInput() -> String {
            var lines: [String] = []
            while let line = readLine() { lines.append(line) }
            return lines.joined(separator: "\n")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The notices held here, the newest first.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Flag(help: "Those that are to come, over or withdrawn, too.") var all = false

        func run() throws {
            try output.show(.notices(isCurrent: !all), of: node.folder, as: NoticesReport.self) { report in
                Console.table(
                    ["ID", "PLACE", "UNTIL", "STATE", "TITLE"],
                    report.notices.map {
                        [String($0.id.prefix(12)), $0.place.name, String($0.until.prefix(10)), $0.state, $0.title]
                    }
                )
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One notice.")

        @Argument(help: "Its id, or the beginning.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.notice(id: id), of: node.folder, as: NoticeReport.self) { report in
                Console.print("\(report.title)  (\(report.place.name), \(report.state))")
                if report.verifying { Console.print("  \(Console.verifying)") }
                Console.print("  \(report.from) to \(report.withdrawnAt ?? report.until)")
                Console.print(report.text)
            }
        }
    }

    struct Withdraw: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take it back.")

        @Argument(help: "Its id, or the beginning.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws { try output.confirm(.withdrawNotice(id: id), of: node.folder) }
    }
}
