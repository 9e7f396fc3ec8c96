import ArgumentParser
import Foundation
import LiandongNode

struct SignerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signer",
        abstract: "Who writes the district's authority chain.",
        subcommands: [Move.self]
    )

    struct Move: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make another node of the district its signer, by the root key; given at that node.",
            discussion: """
                For a signer that is gone for good. What it wrote into the chain and no living node has is lost, and what it \
                writes from now on is refused; nodes that hold such entries have to be made anew. Every node has to run a \
                build that knows this entry.
                """
        )

        @Argument(help: "The node that becomes the signer: its name or the beginning of its id.") var name: String
        @Option(help: "The file of the root key, root.ed25519, brought back from where it is kept.") var rootKey: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let path = URL(fileURLWithPath: rootKey).standardizedFileURL.path
            try output.confirm(.moveSigner(node: name, rootKey: path), of: node.folder)
        }
    }
}
