import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct DeviceRulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Which readings of a kind of device raise which alarm.",
        subcommands: [Show.self, Set.self]
    )

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The rules in force for a kind of device, as a file that can be changed and set."
        )

        @Argument(help: "The kind: smoke, gas, …") var kind: String
        @Option(help: "The code of a place; this node's own without it.") var place: String?
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let request = DeviceRequest.rules(kind: kind, place: place)
            try output.show(.device(request), of: node.folder, as: DeviceRulesReport.self) {
                Console.print($0.file)
                Console.say(DeviceRulesCommand.words($0))
            }
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set the rules for a kind of device, at a place and all below it."
        )

        @Argument(help: "A file as device rules show prints it.") var file: String
        @Option(help: "The code of a place; this node's own without it.") var place: String?
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw ValidationError("FILE: \(file) cannot be read")
            }
            let request = DeviceRequest.setRules(file: text, place: place)
            try output.show(.device(request), of: node.folder, as: DeviceRulesReport.self) {
                Console.say(DeviceRulesCommand.words($0))
            }
        }
    }

    private static func words(_ report: DeviceRulesReport) -> String {
        let version = report.version == 0 ? "the build's own" : "version \(report.version)"
        return "\(report.kind) at \(report.place.name): \(version)"
    }
}
