import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct ConsultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consult",
        abstract: "Consultations, opinions and votes.",
        subcommands: [Create.self, List.self, Show.self, Opine.self, Vote.self, Codes.self, Close.self]
    )

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put a question to the people of a place.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The question in short.") var title: String
        @Option(help: "The question in full.") var text = ""
        @Option(name: .customLong("option"), help: "An answer, as code=title or a title; once for each.")
        var options: [String]
        @Option(help: "The code of the place; this node's when left out.") var place: String?
        @Option(help: "How long it stays open: 24h, 14d.") var open = "14d"
        @Option(help: "A file with the entries of a roll, one a line: each has one vote.") var roll: String?

        func run() throws {
            let hours = try Span.hours(open, "--open")
            let closes = Date().timeIntervalSince1970 + min(hours, 24 * 3_650) * 3_600
            let form = AdminRequest.ConsultationForm(
                place: place,
                title: title,
                text: text,
                options: options,
                closesAt: Int64(closes * 1_000),
                roll: try roll.map { try Create.lines(of: $0) }
            )
            try output.show(.createConsultation(form), of: node.folder, as: DoneReport.self) {
                Console.print($0.id ?? "")
            }
        }

        /// What stands on the lines of a file, empty ones left out.
        private static func lines(of path: String) throws -> [String] {
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
                .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            guard !lines.isEmpty else { throw ValidationError("--roll: \(path) has no entries; write one a line") }
            return lines
        }
    }

    struct Codes: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make codes for the entries of a roll, to be handed out on paper.",
            discussion: """
                They are printed this once and kept nowhere. Codes that an entry had before are void; ballots stay.
                """
        )

        @Argument(help: "The consultation's id.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Only for this entry; once for each.") var entry: [String] = []

        func run() throws {
            try output.show(.rollCodes(id: id, entries: entry), of: node.folder, as: RollCodesReport.self) { report in
                Console.say("\(report.title), until \(report.closesAt): shown this once")
                Console.table(["ENTRY", "CODE"], report.slips.map { [$0.entry, $0.code.inGroupsOfFour] })
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The consultations held here.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.consultations, of: node.folder, as: ConsultationsReport.self) { report in
                Console.table(
                    ["ID", "PLACE", "COUNTED", "STATE", "TITLE"],
                    report.consultations.map {
                        [
                            String($0.id.prefix(12)), $0.place.name, "\($0.counted)", $0.closed ? "closed" : "open",
                            $0.title,
                        ]
                    }
                )
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One consultation with its tally.")

        @Argument(help: "Its id, or the beginning.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.consultation(id: id), of: node.folder, as: ConsultationReport.self) { report in
                Console.print(
                    "\(report.title)  (\(report.place.name), \(report.closedAt.map { "closed \($0)" } ?? "open"))"
                )
                if report.verifying { Console.print("  \(Console.verifying)") }
                if let roll = report.roll {
                    Console.print(
                        "  roll: \(roll.entries) entries, \(roll.withCodes) with a code"
                            + (roll.countsHidden ? "; counts are told once it is closed" : "")
                    )
                }
                for count in report.tally { Console.print("  \(count.option)  \(count.ballots)  \(count.title)") }
                Console.print(
                    "  counted \(report.counted), uncounted \(report.uncountedCount); \(report.rule)"
                        + (report.isProvisional ? "; provisional" : "")
                )
                for ballot in report.uncounted {
                    Console.print(
                        "  uncounted: a ballot taken at \(ballot.place?.name ?? "?"), \(ballot.at): \(ballot.reason)"
                    )
                }
                for opinion in report.opinions { Console.print("  opinion: \(opinion.text)") }
            }
        }
    }

    struct Opine: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take in somebody's opinion.")

        @Argument(help: "The consultation's id.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The opinion.") var text: String

        func run() throws {
            try output.show(.opine(id: id, text: text), of: node.folder, as: DoneReport.self) {
                Console.print($0.id ?? "")
            }
        }
    }

    struct Vote: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take in a resident's ballot.")

        @Argument(help: "The consultation's id.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The option's code.") var option: String
        @Option(help: "The voter's identity number.") var idNumber: String?
        @Option(help: "The voter's registration.") var resident: String?
        @Option(help: "The voter's entry of the roll.") var entry: String?
        @Option(help: "The entry's code.") var code: String?
        @Option(help: "in-person or online.") var channel = "in-person"

        func run() throws {
            let vote = AdminRequest.Vote(
                id: id,
                option: option,
                identityNumber: idNumber,
                resident: resident,
                entry: entry,
                code: code,
                channel: channel
            )
            try output.show(.vote(vote), of: node.folder, as: DoneReport.self) {
                Console.print($0.id ?? "")
                Console.say($0.what)
            }
        }
    }

    struct Close: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End it.")

        @Argument(help: "The consultation's id.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.confirm(.closeConsultation(id: id), of: node.folder)
        }
    }
}
