import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct ResidentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resident",
        abstract: "Register residents and look them up.",
        subcommands: [Add.self, Show.self, Find.self, Erase.self]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Register a resident of this community.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Their name.") var name: String
        @Option(help: "Their identity number, 18 characters (GB 11643).") var idNumber: String?
        @Option(help: "Their phone.") var phone = ""
        @Option(help: "Where they live.") var address = ""
        @Option(help: "police-check, card-read, home-visit, own-statement, third-party or inferred.")
        var source = "own-statement"

        func run() throws {
            let form = AdminRequest.ResidentForm(
                name: name,
                identityNumber: idNumber,
                phone: phone,
                address: address,
                source: source
            )
            try output.show(.addResident(form), of: node.folder, as: DoneReport.self) {
                Console.print($0.id ?? "")
                Console.say($0.what)
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The person of a registration, with every registration of theirs known here."
        )

        @Argument(help: "The registration's id, or its beginning.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.resident(id: id), of: node.folder, as: PersonReport.self, print)
        }
    }

    struct Find: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Find people by name or identity number.")

        @Argument(help: "A name or part of one, or an identity number.") var text: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.findResidents(text: text), of: node.folder, as: PeopleReport.self) { report in
                for person in report.people { print(person) }
                if report.people.isEmpty { Console.say("nobody found") }
            }
        }
    }

    static func print(_ person: PersonReport) {
        let count = person.registrations.count
        Console.print("person with \(count) registration\(count == 1 ? "" : "s")")
        for entry in person.registrations {
            if let erasedAt = entry.erasedAt {
                Console.print("  \(entry.id)  \(entry.community.code) \(entry.community.name)  erased on \(erasedAt)")
                continue
            }
            let number = entry.identityNumber ?? "no number"
            Console.print(
                "  \(entry.id)  \(entry.name)  \(number)  \(entry.community.code) \(entry.community.name)  "
                    + "since \(entry.registeredAt)"
            )
            if entry.verifying { Console.print("    \(Console.verifying)") }
            for since in entry.elsewhereSince { Console.print("    also registered elsewhere since \(since)") }
        }
    }
}

struct ConsultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consult",
        abstract: "Consultations, opinions and votes.",
        subcommands: [Create.self, List.self, Show.self, Opine.self, Vote.self, Close.self]
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

        func run() throws {
            let hours = try Span.hours(open, "--open")
            let closes = Date().timeIntervalSince1970 + min(hours, 24 * 3_650) * 3_600
            let form = AdminRequest.ConsultationForm(
                place: place,
                title: title,
                text: text,
                options: options,
                closesAt: Int64(closes * 1_000)
            )
            try output.show(.createConsultation(form), of: node.folder, as: DoneReport.self) {
                Console.print($0.id ?? "")
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
        @Option(help: "in-person or online.") var channel = "in-person"

        func run() throws {
            let vote = AdminRequest.Vote(
                id: id,
                option: option,
                identityNumber: idNumber,
                resident: resident,
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
