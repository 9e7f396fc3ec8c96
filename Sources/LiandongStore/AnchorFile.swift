import Foundation
import LiandongCore
import Synchronization

/// The small file outside the data directory that tells whether a database is the one it was.
///
/// Holds the incarnation, the heads of the node's own lanes, the last arrival, the number blocks taken and the clean-stop mark. Written
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
        /// The last arrival's number when the node was stopped in order; nil otherwise, and from builds before.
        var lastLSN: LSN?
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
        try DurableFile.replace(url, with: try encoder.encode(content))
    }
}

/// The anchor file of a replica that is open.
final class Anchor: Sendable {
    private let file: AnchorFile
    private let state: Mutex<State>

    private struct State {
        var content: AnchorFile.Content
        var numbers = NumberBlocks()
    }

    init(_ file: AnchorFile, _ content: AnchorFile.Content) {
        self.file = file
        self.state = Mutex(State(content: content))
    }

    /// The next sequence of work-order numbers with a prefix, of a block that is on disk before any of it is given out.
    func nextSequence(_ prefix: String) throws -> Int {
        try state.withLock { state in
            let content = state.content
            return try state.numbers.next(prefix) { prefix in
                var next = content
                let block = NumberBlocks.block(after: (next.nextSequences[prefix] ?? 1) - 1)
                next.nextSequences = next.nextSequences.filter { $0.key.prefix(14) != prefix.prefix(14) }
                next.nextSequences[prefix] = block.upperBound
                try file.write(next)
                state.content = next
                return block
            }
        }
    }

    /// Notes the names that the replica took.
    ///
    /// Numbers go on a good way further, since another history may have had the next ones.
    func take(_ renewal: Renewal, skippingNumbers skipped: Int) throws {
        try state.withLock { state in
            state.content.incarnation = renewal.incarnation.raw
            state.content.storeEpoch = renewal.storeEpoch.raw
            state.content.heads = [:]
            state.numbers = NumberBlocks()
            state.content.nextSequences = state.content.nextSequences.mapValues {
                min($0 + skipped, NumberBlocks.limit)
            }
            try file.write(state.content)
        }
    }

    /// Says that the node stopped in order, with these heads of its lanes and so many arrivals.
    func markClean(heads: [String: UInt64], lastLSN: LSN) throws {
        try state.withLock { state in
            state.content.heads = heads
            state.content.lastLSN = lastLSN
            state.content.isClean = true
            try file.write(state.content)
        }
    }
}
