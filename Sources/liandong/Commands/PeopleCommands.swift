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
                if report.more { Console.say("more have this name: give more of it, or the identity number") }
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
