import Foundation
import LiandongCore

/// The small file outside the data directory that tells whether a database is the one it was.
///
/// Holds the incarnation, the heads of the node's own lanes, the number blocks taken and the clean-stop mark. Written
/// whole: a temporary file, flushed, renamed over the old one, the folder flushed.
struct AnchorFile {
    /// What the file holds.
    struct Content: Codable, Equatable {
        var version = 1
        var node: String
        var incarnation: UInt64
        var storeEpoch: UInt64
        /// The node was stopped in order and has written nothing since.
        var isClean: Bool
        /// The highest seq of each of the incarnation's lanes, by lane id.
        var heads: [String: UInt64]
        /// The first sequence that is not of a block taken, by the number's first 20 digits.
        var nextSequences: [String: Int]
    }

    let url: URL

    /// - Returns: nil when there is no file.
    func read() throws -> Content? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        do {
            return try JSONDecoder().decode(Content.self, from: Data(contentsOf: url))
        } catch {
            throw StoreError(
                .corrupt,
                "cannot read the anchor file \(url.path): \(error); move it away to start a new incarnation"
            )
        }
    }

    func write(_ content: Content) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        let data = try encoder.encode(content)
        let temporary = url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).new")
        try data.write(to: temporary)
        try flush(temporary.path)
        guard unsafe rename(temporary.path, url.path) == 0 else {
            throw StoreError(.cannotOpen, "cannot replace the anchor file \(url.path): errno \(errno)")
        }
        try flush(url.deletingLastPathComponent().path)
    }

    private func flush(_ path: String) throws {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { throw StoreError(.cannotOpen, "cannot open \(path) to flush it: errno \(errno)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(.notDurable, "cannot flush \(path): errno \(errno)")
        }
    }
}

/// The sequences of work-order numbers, taken in blocks that are written to the anchor file before use.
struct NumberBlocks {
    static let blockSize = 100
    static let limit = 99_999

    /// The rest of the block taken, by the number's first 20 digits.
    private var open: [String: Range<Int>] = [:]

    /// The next sequence for a prefix; `take` is asked to reserve a block and returns its first sequence.
    mutating func next(_ prefix: String, take: (String) throws -> Int) throws -> Int {
        var block = open[prefix] ?? 0..<0
        if block.isEmpty {
            let first = try take(prefix)
            block = first..<first + NumberBlocks.blockSize
            // Other days' blocks are over.
            open = open.filter { $0.key.hasPrefix(prefix.prefix(14)) == false }
        }
        let sequence = block.lowerBound
        guard sequence <= NumberBlocks.limit else {
            throw StoreError(
                .noNumbers,
                "all \(NumberBlocks.limit) work-order numbers of \(prefix) are given out today"
            )
        }
        open[prefix] = block.dropFirst()
        return sequence
    }
}
