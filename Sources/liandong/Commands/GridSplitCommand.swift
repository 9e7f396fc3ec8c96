import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

extension GridCommand {
    struct Split: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a second grid of a part of one, and move that part's open orders to it; at the signer."
        )

        @Argument(help: "The code of the grid that is split.") var grid: String
        @Option(help: "The new grid's code: 15 digits.") var into: String
        @Option(help: "The new grid's name.") var name: String
        @Option(help: "A GeoJSON file with the new grid's boundary; open orders located in it are moved.")
        var boundary: String?
        @Option(help: "Move the open orders whose address begins so; may be given again.") var addressPrefix: [String] =
            []
        @Option(help: "Move the open orders of these numbers: a file with one a line.") var select: String?
        @Flag(help: "Change nothing; say which orders would be moved, and whose nodes have them.") var dryRun = false
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let form = AdminRequest.GridSplit(
                grid: grid,
                code: into,
                name: name,
                boundary: try boundary.map { try BoundaryFile($0).ring } ?? [],
                numbers: try select.map(numbers) ?? [],
                addressPrefixes: addressPrefix.filter { !$0.isEmpty },
                isDryRun: dryRun
            )
            try output.show(.splitGrid(form), of: node.folder, as: GridSplitReport.self, print)
        }

        private func numbers(in file: String) throws -> [String] {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw NodeError(.usage, "--select: \(file) cannot be read; give a file with one number a line")
            }
            return text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
                .filter { !$0.isEmpty }
        }

        private func print(_ report: GridSplitReport) {
            let verb = report.isDone ? "are" : "would be"
            Console.print(
                "\(report.orders.count) open orders of \(report.grid.name) \(verb) those of \(report.into.code) "
                    + report.into.name
            )
            if !report.orders.isEmpty {
                Console.table(
                    ["NUMBER", "STATUS", "ADDRESS"],
                    report.orders.map { [$0.number, $0.status, $0.address] }
                )
            }
            guard !report.nodes.isEmpty else { return }
            Console.table(
                ["NODE", "CODE", "KEEPS", "GAINS", "LOSES"],
                report.nodes.map { [$0.node, $0.placeCode, "\($0.keeps)", "\($0.gains)", "\($0.loses)"] }
            )
        }
    }
}
