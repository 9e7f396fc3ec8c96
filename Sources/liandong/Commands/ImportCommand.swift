import ArgumentParser
import Foundation
import LiandongNode
import SwiftCSV
import Yams

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over what other systems hold.",
        subcommands: [Requests.self]
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

        /// `liandong.import/1`.
        struct Report: Codable {
            var schema = "liandong.import/1"
            let asOf: String
            let dryRun: Bool
            var imported = 0
            var known = 0
            var errors: [RowError] = []

            struct RowError: Codable {
                /// In the file, the header being line 1 (a quoted line break counts as none).
                let row: Int
                let reason: String
            }
        }

        func run() throws {
            let mapping = try ImportMap(file: map)
            let rows: [[String: String]]
            do { rows = try NamedCSV(url: URL(fileURLWithPath: file), delimiter: .comma).rows } catch {
                throw NodeError(.notFound, "cannot read \(file): \(error)")
            }
            let client = AdminClient(node.folder)
            var report = Report(asOf: Node.now().iso8601, dryRun: dryRun)
            for (index, row) in rows.enumerated() {
                do {
                    var form = try mapping.submission(row)
                    form.isDryRun = dryRun
                    _ = try client.call(.submit(form))
                    report.imported += 1
                } catch let error as NodeError where error.code == .unreachable {
                    throw error
                } catch let error as NodeError where error.reason.contains("imported already") {
                    report.known += 1
                } catch {
                    report.errors.append(.init(row: index + 2, reason: NodeError(error).reason))
                }
            }
            try show(report)
            if !report.errors.isEmpty { throw ExitCode(NodeError.Code.partial.rawValue) }
        }

        private func show(_ report: Report) throws {
            if output.json {
                Console.print(String(decoding: try ReportCoding.encoder.encode(report), as: Unicode.UTF8.self))
                return
            }
            for error in report.errors { Console.say("row \(error.row): \(error.reason)") }
            Console.print(
                "\(report.imported) \(dryRun ? "would be imported" : "imported"), \(report.known) known already, "
                    + "\(report.errors.count) with errors"
            )
        }
    }
}

/// Which column of a CSV file means what.
struct ImportMap: Decodable {
    /// Names the system that the rows come from.
    let system: String
    /// The column that names a row in that system.
    let identifier: String
    let service: Choice
    let place: Choice
    let text: [String]
    let address: String?
    let latitude: String?
    let longitude: String?
    let requested: Moment?
    let closed: Moment?
    let outcome: String?

    /// A value looked up by a column's content.
    struct Choice: Decodable {
        let column: String
        let values: [String: String]
        /// For any other content; without it such a row is an error.
        let otherwise: String?
    }

    /// A time in a column.
    struct Moment: Decodable {
        let column: String
        /// As in Unicode TS 35, such as `MM/dd/yyyy hh:mm:ss a`.
        let format: String
        /// Such as America/New_York.
        let zone: String
    }

    init(file: String) throws {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw NodeError(.notFound, "cannot read \(file)")
        }
        do { self = try YAMLDecoder().decode(ImportMap.self, from: text) } catch {
            throw NodeError(.usage, "\(file) is no map: \(error)")
        }
    }

    func submission(_ row: [String: String]) throws -> AdminRequest.Submission {
        let words = text.compactMap { row[$0] }.filter { !$0.isEmpty }
        var form = AdminRequest.Submission(
            service: try chosen(service, row, "service"),
            place: try chosen(place, row, "place"),
            text: words.joined(separator: ": "),
            channel: "import"
        )
        form.externalSystem = system
        form.externalIdentifier = try value(identifier, row)
        form.address = address.flatMap { row[$0] }
        form.latitude = try degrees(latitude, row)
        form.longitude = try degrees(longitude, row)
        form.requestedAt = try moment(requested, row)
        form.closedAt = try moment(closed, row)
        form.outcome = outcome.flatMap { row[$0] }
        return form
    }

    private func value(_ column: String, _ row: [String: String]) throws -> String {
        guard let value = row[column], !value.isEmpty else {
            throw NodeError(.usage, "column \"\(column)\" is missing or empty")
        }
        return value
    }

    private func chosen(_ choice: Choice, _ row: [String: String], _ what: String) throws -> String {
        let content = row[choice.column] ?? ""
        if let known = choice.values[content] ?? choice.otherwise { return known }
        throw NodeError(.usage, "column \"\(choice.column)\": the map gives no \(what) for \"\(content)\"")
    }

    private func degrees(_ column: String?, _ row: [String: String]) throws -> Double? {
        guard let column, let text = row[column], !text.isEmpty else { return nil }
        guard let number = Double(text) else { throw NodeError(.usage, "column \"\(column)\": \(text) is no number") }
        return number
    }

    private func moment(_ moment: Moment?, _ row: [String: String]) throws -> Int64? {
        guard let moment, let text = row[moment.column], !text.isEmpty else { return nil }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = moment.format
        guard let zone = TimeZone(identifier: moment.zone) else {
            throw NodeError(.usage, "the map's zone \(moment.zone) is unknown")
        }
        formatter.timeZone = zone
        guard let date = formatter.date(from: text) else {
            throw NodeError(.usage, "column \"\(moment.column)\": \(text) is no time of the form \(moment.format)")
        }
        return Int64(date.timeIntervalSince1970 * 1_000)
    }
}
