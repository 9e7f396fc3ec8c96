import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Run a whole cluster on this machine: real nodes on loopback.",
        subcommands: [Up.self, Down.self, Status.self, Cut.self, Heal.self]
    )

    struct FolderOptions: ParsableArguments {
        @Option(name: .long, help: "The cluster's folder.") var dir: String

        var runner: ClusterRunner { ClusterRunner(dir) }
    }

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enrol and start every node of a topology; returns when all are ready and know of each other."
        )

        @Argument(help: "The topology, such as cluster/demo.yaml.") var file: String
        @OptionGroup var folder: FolderOptions

        func run() async throws {
            try await folder.runner.up(ClusterTopology(file: file))
        }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop every node.")

        @OptionGroup var folder: FolderOptions

        func run() async throws { try await folder.runner.down() }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The cluster's processes and where they listen.")

        @OptionGroup var folder: FolderOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let report = try folder.runner.status()
            if output.json {
                Console.print(String(decoding: try ReportCoding.encoder.encode(report), as: Unicode.UTF8.self))
            } else {
                Console.table(
                    ["NAME", "TIER", "CODE", "STATE", "PID", "HTTP", "PEERS", "MQTT"],
                    report.nodes.map {
                        [
                            $0.name, $0.tier, $0.placeCode, $0.state, $0.pid.map(String.init) ?? "", $0.http, $0.peer,
                            $0.mqtt ?? "",
                        ]
                    }
                )
            }
        }
    }

    struct Cut: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take the link between two nodes out of service.")

        @Argument(help: "A node.") var first: String
        @Argument(help: "Another.") var second: String
        @OptionGroup var folder: FolderOptions

        func run() async throws { try folder.runner.setCut(true, first, second) }
    }

    struct Heal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a link, or all links of a node, back into service."
        )

        @Argument(help: "A node.") var first: String
        @Argument(help: "Another; every other when left out.") var second: String?
        @OptionGroup var folder: FolderOptions

        func run() async throws {
            if let second {
                try folder.runner.setCut(false, first, second)
            } else {
                try folder.runner.healAll(first)
            }
        }
    }
}
