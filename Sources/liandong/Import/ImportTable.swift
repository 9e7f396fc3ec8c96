import Foundation
import LiandongNode
import SwiftCSV

/// A CSV file: its header, and its rows by column.
struct ImportTable {
    struct Row {
        /// In the file, the header being row 1.
        let number: Int
        let values: [String: String]
    }

    let header: [String]
    let rows: [Row]

    init(file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw NodeError(.notFound, "cannot read \(file)")
        }
        guard var text = String(data: data, encoding: .utf8) else {
            throw NodeError(.usage, "\(file) is not UTF-8; convert it first, such as with iconv -f GB18030 -t UTF-8")
        }
        // Spreadsheets put a byte order mark before the first column's name.
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        let csv: CSV<Named>
        do { csv = try CSV<Named>(string: text, delimiter: .comma, loadColumns: false) } catch {
            throw NodeError(.usage, "\(file) is no CSV: \(error)")
        }
        header = csv.header
        rows = csv.rows.enumerated().map { Row(number: $0.offset + 2, values: $0.element) }
    }
}
