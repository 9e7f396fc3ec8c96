import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports
import Logging

/// Results go to standard output, talk to standard error.
enum Console {
    /// Said of what a snapshot shows.
    static let verifying = "VERIFYING: from a snapshot, its signatures are still being checked"

    static func say(_ text: String) { write(text, to: .standardError) }

    static func complain(_ text: String) { write("Error: \(text)", to: .standardError) }

    static func print(_ text: String) { write(text, to: .standardOutput) }

    private static func write(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data((text + "\n").utf8))
    }

    /// A logger to standard error.
    static func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "liandong") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }

    /// Columns as wide as they need to be, Chinese characters counted double.
    static func table(_ header: [String], _ rows: [[String]]) {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { width($0[column]) }.max() ?? 0 }
        for row in all {
            let cells = row.enumerated().map { column, text in
                column == row.count - 1 ? text : text + String(repeating: " ", count: widths[column] - width(text))
            }
            print(cells.joined(separator: "  "))
        }
    }

    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) {
            $0 + ($1.value >= 0x1100 && $1.value < 0x1_F000 && !(0x2000..<0x2E80).contains($1.value) ? 2 : 1)
        }
    }
}

/// Which node a command speaks to.
struct NodeOptions: ParsableArguments {
    @Option(name: .long, help: "The node's data directory.")
    var data: String

    var folder: NodeFolder { NodeFolder(data) }
}

/// How a command prints.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    /// Asks a node, and prints its report as JSON or by the caller's own words.
    func show<Report: Decodable>(
        _ request: AdminRequest,
        of folder: NodeFolder,
        as type: Report.Type,
        timeoutSeconds: Int = 30,
        _ text: (Report) -> Void
    ) throws {
        let data = try AdminClient(folder, timeoutSeconds: timeoutSeconds).call(request)
        if json {
            Console.print(String(decoding: data, as: UTF8.self))
        } else {
            text(try ReportCoding.decoder.decode(type, from: data))
        }
    }

    /// Asks a node to do something, and prints what it says of it.
    func confirm(_ request: AdminRequest, of folder: NodeFolder, timeoutSeconds: Int = 30) throws {
        try show(request, of: folder, as: DoneReport.self, timeoutSeconds: timeoutSeconds) { Console.print($0.what) }
    }
}
