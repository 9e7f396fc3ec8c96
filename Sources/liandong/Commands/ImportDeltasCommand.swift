import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

extension ImportCommand {
    struct Deltas: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the deltas of a file that another node wrote with export --peer; again changes nothing."
        )

        @Argument(help: "The file.") var file: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let path = URL(fileURLWithPath: file).standardizedFileURL.path
            let data = try AdminClient(node.folder, timeoutSeconds: 3_600).call(.importBundle(file: path))
            let report = try ReportCoding.decoder.decode(BundleImportReport.self, from: data)
            if output.json {
                Console.print(String(decoding: data, as: Unicode.UTF8.self))
            } else {
                for refusal in report.refused { Console.say("\(refusal.count) refused: \(refusal.reason)") }
                if report.unknown > 0 {
                    Console.say("\(report.unknown) items are of a later build; upgrade liandong and import again")
                }
                Console.print(
                    "\(report.new) new, \(report.known) known already, "
                        + "\(report.refused.reduce(0) { $0 + $1.count }) refused; \(report.entries) new entries of the "
                        + "chain; written by \(report.name) at \(report.madeAt)"
                )
            }
            if !report.refused.isEmpty { throw ExitCode(NodeError.Code.partial.rawValue) }
        }
    }
}
