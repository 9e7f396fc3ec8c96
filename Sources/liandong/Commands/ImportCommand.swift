import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over what other systems hold, or another node wrote to a file.",
        subcommands: [Requests.self, Deltas.self]
    )

    struct Requests: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand in the service requests of a CSV file, each once however often it is imported."
        )

        @Argument(help: "The CSV file, with a header line.") var file: String
        @Option(help: "A YAML file that says which column means what; see docs/import.md.") var map: String
        @Flag(help: "Check every row and write nothing.") var dryRun = false
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let map = try ImportMap(file: map)
            let table = try ImportTable(file: file)
            try map.check(header: table.header, of: file)
            let client = AdminClient(node.folder)
            let places = try client.call(.places, as: PlacesReport.self).places.map(\.code)
            let rows = try ImportRows(map, places: Set(places))
            var report = ImportReport(asOf: Node.now().iso8601, dryRun: dryRun)
            do { try handIn(table, rows, client, &report) } catch {
                // What was taken is kept and known at the next try.
                try show(report)
                throw error
            }
            try show(report)
            if !report.errors.isEmpty { throw ExitCode(NodeError.Code.partial.rawValue) }
        }

        private func handIn(
            _ table: ImportTable,
            _ rows: ImportRows,
            _ client: AdminClient,
            _ report: inout ImportReport
        ) throws {
            // In a dry run nobody remembers the rows before.
            var seen: Set<String> = []
            for row in table.rows {
                do {
                    var form = try rows.submission(row.values)
                    form.isDryRun = dryRun
                    if dryRun, !seen.insert(form.externalIdentifier ?? "").inserted {
                        report.known += 1
                        continue
                    }
                    _ = try client.call(.submit(form))
                    report.imported += 1
                } catch let error as NodeError where error.code == .unreachable {
                    throw error
                } catch let error as NodeError where error.cause == .conflict {
                    report.known += 1
                } catch let error as ImportRows.Fault {
                    report.errors.append(.init(row: row.number, error))
                } catch {
                    report.errors.append(.init(row: row.number, .init(reason: NodeError(error).reason)))
                }
            }
        }

        private func show(_ report: ImportReport) throws {
            if output.json {
                Console.print(String(decoding: try ReportCoding.encoder.encode(report), as: Unicode.UTF8.self))
                return
            }
            for error in report.errors {
                Console.say("row \(error.row): \(error.column.map { "column \"\($0)\": " } ?? "")\(error.reason)")
            }
            Console.print(
                "\(report.imported) \(dryRun ? "would be imported" : "imported"), \(report.known) known already, "
                    + "\(report.errors.count) with errors"
            )
        }
    }
}

/// `liandong.import/1`.
private struct ImportReport: Codable {
    var schema = "liandong.import/1"
    let asOf: String
    let dryRun: Bool
    var imported = 0
    var known = 0
    var errors: [RowError] = []

    init(asOf: String, dryRun: Bool) {
        self.asOf = asOf
        self.dryRun = dryRun
    }

    struct RowError: Codable {
        /// In the file, the header being row 1 (a quoted line break begins none).
        let row: Int
        /// The column at fault; null where it is the row as a whole.
        let column: String?
        let value: String?
        /// What is wrong, and what is allowed.
        let reason: String

        init(row: Int, _ fault: ImportRows.Fault) {
            self.row = row
            self.column = fault.column
            self.value = fault.value
            self.reason = fault.reason
        }
    }
}
