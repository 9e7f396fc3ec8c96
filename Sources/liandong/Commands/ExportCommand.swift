import ArgumentParser
import Foundation
import LiandongNode

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a file of deltas: for one node with --peer, else everything held, for others to check."
    )

    @Argument(help: "The file.") var file: String
    @Option(help: "The node it is for, by name, place code or the beginning of its id: what it may have and lacks.")
    var peer: String?
    @Flag(help: "With --peer: also what the node is known to hold.") var all = false
    @Flag(help: "With --peer: not sealed. Whoever finds the file can read it.") var plain = false
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let path = URL(fileURLWithPath: file).standardizedFileURL.path
        guard let peer else {
            guard !all, !plain else { throw NodeError(.usage, "--all and --plain need --peer: the node it is for") }
            return try output.confirm(.exportDeltas(file: path), of: node.folder, timeoutSeconds: 3_600)
        }
        let form = AdminRequest.BundleForm(file: path, peer: peer, all: all, plain: plain)
        try output.show(.exportBundle(form), of: node.folder, as: BundleReport.self, timeoutSeconds: 3_600) { report in
            Console.print(
                "\(report.deltas) deltas and \(report.entries) entries of the chain for \(report.name) in "
                    + "\(report.file), \(report.bytes) bytes; \(report.leftOut) more it holds already"
            )
            if !report.sealed { Console.say("the file is not sealed: whoever finds it can read it") }
        }
    }
}
