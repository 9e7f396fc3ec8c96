import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "The whole cluster as this node knows it; a silent node is a row."
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        var states: Set<String> = []
        let data = try AdminClient(node.folder, timeoutSeconds: 2).call(.status)
        let report = try ReportCoding.decoder.decode(StatusReport.self, from: data)
        states = Set(report.nodes.map(\.state))
        if output.json { Console.print(String(decoding: data, as: Unicode.UTF8.self)) } else { print(report) }
        if states != ["ok"] { throw ExitCode(NodeError.Code.degraded.rawValue) }
    }

    private func print(_ report: StatusReport) {
        if let since = report.verifyingSince {
            Console.say("records of a snapshot are shown since \(since); their signatures are still being checked")
        }
        if report.erasures.mayBeOutstanding {
            Console.say(
                "this node's data was put back: what was erased since may still be in it until a node above is heard"
            )
        }
        if let complaint = report.erasures.complaint { Console.say("erasures unfinished: \(complaint)") }
        Console.table(
            ["NODE", "PLACE", "CODE", "TIER", "STATE", "HEARD", "BEHIND", "LINKS", "VERSION"],
            report.nodes.map { row in
                [
                    row.node, row.placeName, row.placeCode, row.tier, row.state,
                    row.ageSeconds.map { "\(Int($0)) s ago" } ?? "never",
                    row.behindOps == 0 ? "0" : "\(row.behindOps) (\(Int(row.behindSeconds)) s)",
                    "\(row.linksUp)/\(row.linksTotal)", row.version ?? "?",
                ]
            }
        )
        Console.say("MQTT broker: \(words(of: report.broker))")
        guard let signer = report.signer, !signer.reachable else { return }
        Console.say(
            "the district's signer \(signer.node) has not been heard of since \(signer.unreachableSince ?? "ever"): orders go "
                + "on, but nobody can be let in, moved or revoked; if it is gone for good, see liandong signer move"
        )
    }
}

extension StatusCommand {
    private func words(of broker: StatusReport.Broker) -> String {
        guard broker.configured else { return "none" }
        let since = broker.since.map { " since \($0)" } ?? ""
        guard broker.connected else {
            return "not connected\(since)\(broker.complaint.map { ": \($0)" } ?? ""); see the node's log"
        }
        return "connected\(since), \(broker.waiting) messages waiting"
    }
}

struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Where a record is, when each node committed it, and why one does not have it."
    )

    @Argument(help: "The number of a work order, or a record's id.") var number: String
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.show(.trace(number: number), of: node.folder, as: TraceReport.self, timeoutSeconds: 5) { report in
            Console.print("record \(report.record) for \(report.audience.joined(separator: ", "))")
            Console.table(
                ["NODE", "CODE", "ENTITLED", "HOLDS", "COMMITTED", "WHY"],
                report.nodes.map { row in
                    [
                        row.node, row.placeCode, row.entitled ? "yes" : "no",
                        row.holds.map { $0 ? "yes" : "no" } ?? "?", row.committedAt ?? "", row.reason,
                    ]
                }
            )
        }
    }
}

struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer",
        abstract: "This node's links: see them, take one out of service, put it back; name a neighbour.",
        subcommands: [List.self, Pause.self, Resume.self, Link.self, Unlink.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The peers that this node should be connected to.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.peers, of: node.folder, as: PeersReport.self) { report in
                Console.table(
                    ["PEER", "CODE", "KIND", "STATE", "SINCE", "ADDRESS"],
                    report.peers.map {
                        [$0.name, $0.placeCode, $0.kind, $0.state, $0.since, $0.addresses.joined(separator: ", ")]
                    }
                )
            }
        }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a link out of service, beyond restarts.")

        @Argument(help: "The peer's name, place code or the beginning of its id.") var peer: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.confirm(.pausePeer(peer), of: node.folder)
        }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put a link back into service.")

        @Argument(help: "The peer's name, place code or the beginning of its id.") var peer: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.confirm(.resumePeer(peer), of: node.folder)
        }
    }

    struct Link: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold a connection to a neighbour: a shortcut, and a second way when the place above is down.",
            discussion: "Only what both may have goes over it. Done at one end it is enough for both."
        )

        @Argument(help: "The peer's name, place code or the beginning of its id.") var peer: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.confirm(.linkPeer(peer), of: node.folder)
        }
    }

    struct Unlink: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give up a connection to a neighbour.")

        @Argument(help: "The peer's name, place code or the beginning of its id.") var peer: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.confirm(.unlinkPeer(peer), of: node.folder)
        }
    }
}
