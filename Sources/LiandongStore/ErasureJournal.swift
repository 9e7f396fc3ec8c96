import Foundation
import LiandongCore

/// The list of what was erased, beside the anchor file: outside the data directory, so that a data directory put back
/// from a backup is cleaned of it before anybody is served.
///
/// Holds ids and stamps only. Written whole, as the anchor file is: a line a record, the record's id, the audience's and
/// the stamp in hexadecimal digits.
struct ErasureJournal {
    private static let title = "liandong erasures 1"

    let url: URL

    /// - Parameter anchor: the anchor file that it lies beside.
    init(beside anchor: URL) {
        self.url = anchor.deletingLastPathComponent().appendingPathComponent(anchor.lastPathComponent + ".erasures")
    }

    /// - Returns: none when there is no file.
    func read() throws -> [Erasure] {
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        let lines: [Substring]
        do { lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n") } catch {
            throw unreadable("\(error)")
        }
        guard lines.first.map(String.init) == ErasureJournal.title else { throw unreadable("it is of another version") }
        return try lines.dropFirst().map { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let record = bytes(hexadecimal: String(words[0])).flatMap({ RecordID($0) }),
                let audience = bytes(hexadecimal: String(words[1])).flatMap({ AudienceID($0) }),
                let stamp = UInt64(words[2], radix: 16)
            else { throw unreadable("a line of it is no erasure") }
            return Erasure(
                target: ErasedRecord(record: record, audience: audience),
                stamp: HLC(raw: stamp),
                place: nil,
                reason: ""
            )
        }
    }

    private func unreadable(_ why: String) -> StoreError {
        StoreError(
            .corrupt,
            "cannot read the list of erasures \(url.path): \(why); put it back from a copy, or move it away when no "
                + "backup was put back"
        )
    }

    /// Writes the erasures, one of each record and audience.
    func write(_ erasures: [Erasure]) throws {
        var stamps: [ErasedRecord: HLC] = [:]
        for erasure in erasures {
            stamps[erasure.target] = min(stamps[erasure.target] ?? erasure.stamp, erasure.stamp)
        }
        let lines = stamps.sorted { $0.key < $1.key }.map { target, stamp in
            "\(target.record) \(target.audience) \(String(stamp.raw, radix: 16))"
        }
        let text = ([ErasureJournal.title] + lines).joined(separator: "\n") + "\n"
        try DurableFile.replace(url, with: Data(text.utf8))
    }
}
