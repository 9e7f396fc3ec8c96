import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check what this node holds, and that its peers hold the same; mend what differs.",
        discussion: """
            Hashes and signatures of everything held are computed again, then lanes are compared with each peer. What \
            is on its way while it runs is named as well. Exit code 0: all is equal; 1: differences were found.
            """
    )

    @Option(help: "The peer's name, place code or the beginning of its id. Default: every peer that is connected.")
    var peer: String?
    @Flag(help: "Do not check what is held here first; only compare.") var onlyCompare = false
    @Option(help: "How long to wait, in seconds.") var timeout = 600
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let data = try AdminClient(node.folder, timeoutSeconds: timeout).call(
            .verify(peer: peer, onlyCompares: onlyCompare)
        )
        let report = try ReportCoding.decoder.decode(VerifyReport.self, from: data)
        if output.json { Console.print(String(decoding: data, as: Unicode.UTF8.self)) } else { print(report) }
        if !report.isEqual { throw ExitCode(NodeError.Code.failed.rawValue) }
    }

    private func print(_ report: VerifyReport) {
        if !onlyCompare {
            Console.print(
                "\(report.checked) deltas checked, \(report.rotten) rotten, \(report.waiting) wait for a peer"
            )
        }
        Console.table(
            ["PEER", "RESULT", "LACKED THERE", "LACKED HERE", "DIFFERED", "BYTES", "MS", "WHY"],
            report.peers.map {
                [
                    $0.name, $0.result, "\($0.lackedThere)", "\($0.lackedHere)", "\($0.differed)", "\($0.bytes)",
                    "\($0.milliseconds)", $0.reason ?? "",
                ]
            }
        )
        let records = report.peers.flatMap { peer in peer.records.map { (peer.name, $0) } }
        guard !records.isEmpty else { return }
        Console.table(
            ["PEER", "RECORD", "NUMBER", "LACKED BY"],
            records.map { [$0, $1.record, $1.number ?? "", $1.lackedBy] }
        )
    }
}
