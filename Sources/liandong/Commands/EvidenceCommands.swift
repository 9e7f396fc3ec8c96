import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct ForksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forks",
        abstract:
            "Two histories of one node, replicas that went back in time, chains that differ; exit 2 if there are any."
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The most branches, and the most alarms, to list: 1 to 10000.") var limit = 200
    @Flag(help: "List those too that somebody has looked at.") var all = false
    @Option(help: "Mark one as looked at: LANE:SEQ of a fork, ALARM:OF of an alarm.") var dismiss: String?
    @Option(help: "Who has looked at it.") var `operator` = ""

    func run() throws {
        if let dismiss {
            return try output.confirm(.dismissFork(dismiss, operatorName: `operator`), of: node.folder)
        }
        let data = try AdminClient(node.folder).call(.forks(limit: limit))
        let report = try ReportCoding.decoder.decode(ForksReport.self, from: data)
        let forks = report.forks.filter { all || $0.dismissed == nil }
        let alarms = report.alarms.filter { all || $0.dismissed == nil }
        if output.json { Console.print(String(decoding: data, as: UTF8.self)) } else { print(report, forks, alarms) }
        // What does not fit may be what nobody has looked at.
        if report.isPartial || report.forks.contains(where: { $0.dismissed == nil })
            || report.alarms.contains(where: { $0.dismissed == nil })
        {
            throw ExitCode(NodeError.Code.degraded.rawValue)
        }
    }

    private func print(_ report: ForksReport, _ forks: [ForksReport.Fork], _ alarms: [ForksReport.Alarm]) {
        if !forks.isEmpty {
            Console.table(
                ["NODE", "CODE", "FOR", "LANE", "SEQ", "FROM", "RECEIVED", "HASH", "DISMISSED"],
                forks.flatMap { fork in
                    fork.branches.map { branch in
                        [
                            fork.node, fork.placeCode, fork.audience.joined(separator: " "), fork.lane,
                            "\(fork.seq)",
                            branch.from ?? "this node", branch.receivedAt, branch.hash,
                            words(fork.dismissed),
                        ]
                    }
                }
            )
        }
        if !alarms.isEmpty {
            Console.table(
                ["ALARM", "TOLD BY", "OURS", "THEIRS", "AT", "OF", "DISMISSED"],
                alarms.map {
                    [$0.kind, $0.peer, "\($0.ours)", "\($0.theirs)", $0.at, $0.subject, words($0.dismissed)]
                }
            )
        }
        for text in Set(forks.map(\.wayOut) + alarms.map(\.wayOut)).sorted() { Console.say(text) }
        let dismissed = report.forks.count + report.alarms.count - forks.count - alarms.count
        if dismissed > 0 { Console.say("\(dismissed) were looked at: --all") }
        if report.isPartial { Console.say("there are more; give a greater --limit") }
    }
}

extension ForksCommand {
    private func words(_ dismissed: ForksReport.Dismissed?) -> String {
        dismissed.map { "by \($0.by) at \($0.at)" } ?? ""
    }
}

struct HeldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "held",
        abstract: "What this node holds and does not show, and what it has yet to hand over."
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The most ops to list: 1 to 10000.") var limit = 100
    @Option(help: "The last op of the page before, as it was named there.") var after: String?

    func run() throws {
        let query = AdminRequest.HeldQuery(limit: limit, after: after)
        try output.show(.held(query), of: node.folder, as: HeldReport.self) { print($0) }
    }

    private func print(_ report: HeldReport) {
        for (reason, count) in report.counts.sorted(by: { $0.key < $1.key }) {
            Console.print("\(reason)  \(count)")
        }
        if !report.ops.isEmpty {
            Console.table(
                ["OP", "REASON", "DUE", "NODE", "FOR", "RECORD"],
                report.ops.map {
                    [$0.op, $0.reason, $0.due ?? "", $0.node, $0.audience.joined(separator: " "), $0.record]
                }
            )
        }
        for item in report.quarantined {
            Console.print("of the revoked \(item.node): \(item.deltas) deltas, \(item.bytes) bytes")
        }
        for item in report.refused {
            Console.print(
                "refused of \(item.node), passed on by \(item.from): seq \(item.seq), \(item.reason)"
            )
        }
        for item in report.handOver {
            Console.print(
                "hand-over of \(item.node), for \(item.audience.joined(separator: " ")): \(item.deliveredTo) of "
                    + "\(item.heldTo) are known to be at \(item.to.joined(separator: ", "))"
            )
        }
        for item in report.letGo {
            let late = item.late == 0 ? "" : "; \(item.late) ops that came late are theirs to take over"
            Console.print("\(item.record) was taken back by \(item.by), for \(item.to.joined(separator: " "))\(late)")
        }
        for item in report.toTakeOver {
            Console.print(
                "to take over for \(item.to.joined(separator: " ")): \(item.ops) ops of \(item.number ?? item.record), "
                    + "written by \(item.nodes.joined(separator: ", ")); liandong take-over \(item.number ?? item.record)"
            )
        }
        if let next = report.next { Console.say("there are more: --after \(next)") }
    }
}

struct RevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Shut a node out, keeping what is held of it now, or less; at the district's signer."
    )

    @Argument(help: "The node's name, place code or the beginning of its id.") var name: String
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Why.") var reason: String
    @Option(help: "Keep only what is stamped up to this time, such as 2026-01-31T08:00:00Z.") var at: String?
    @Option(help: "Keep only this lane, up to a seq: LANE:SEQ; may be given again for others.")
    var lane: [String] = []
    @Flag(help: "Change nothing: list the lanes, and how much would be shut out.") var dryRun = false

    func run() throws {
        let form = AdminRequest.RevocationForm(
            node: name,
            reason: reason,
            until: try at.map { try Moment.milliseconds($0, "--at") },
            lanes: lane.isEmpty ? nil : lane,
            isDryRun: dryRun
        )
        try output.show(.revoke(form), of: node.folder, as: RevocationReport.self) { report in
            if !report.isDone {
                Console.table(
                    ["LANE", "FOR", "HELD", "KEPT", "BEHIND"],
                    report.lanes.map {
                        [
                            $0.lane, $0.audience.joined(separator: " "), "\($0.held)", "\($0.keptTo)",
                            "\($0.behind)",
                        ]
                    }
                )
            }
            let verb = report.isDone ? "revoked" : "would be revoked"
            Console.print(
                "\(verb): \(report.node) \(report.id), \(report.lanesKept) lanes cut, \(report.deltasBehind) deltas held "
                    + "here lie behind the cuts"
            )
        }
    }
}
