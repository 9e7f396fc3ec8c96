import Foundation
import LiandongCore
import LiandongSigning
import LiandongStore

/// Takes what a bundle holds for this node: first the whole file is checked, then its items go to the engine, which
/// judges them as a peer's.
struct BundleImport {
    private let node: Node
    private let url: URL
    private var reader: BundleReader
    private(set) var total = Counts()
    private var entries: [SignedAuthorityEntry] = []
    private var definitions: [AudienceID: Audience] = [:]
    private var deltas: [Delta] = []
    private var deltaBytes = 0
    private var beats: [[UInt8]] = []
    private var parts: [[UInt8]] = []
    private var beatBytes = 0

    /// The most audiences that a bundle may define.
    private static let definitionLimit = 65_536

    /// What became of the items.
    struct Counts {
        var entries = ImportOutcome()
        var deltas = ImportOutcome()
        var beats = 0
        /// Items of kinds that a later build writes.
        var unknown = 0
    }

    /// Reads the file once to its end.
    ///
    /// - Throws: ``NodeError`` for a file that is no bundle, not for this node, altered or cut off; nothing was taken.
    init(_ url: URL, at node: Node) throws {
        self.node = node
        self.url = url
        guard let cluster = node.store.authority.cluster else {
            throw NodeError(.refused, "this node is not enrolled; run liandong join with a token of the district")
        }
        var check = try BundleImport.open(url, node, cluster)
        defer { check.close() }
        while try check.next() != nil {}
        self.reader = try BundleImport.open(url, node, cluster)
    }

    private static func open(_ url: URL, _ node: Node, _ cluster: ClusterID) throws -> BundleReader {
        var reader = try BundleReader(url)
        guard reader.header.cluster == cluster else {
            throw NodeError(
                .refused,
                "\(url.lastPathComponent) is of cluster \(reader.header.cluster), this node of \(cluster)"
            )
        }
        try reader.unseal(with: node.keys.sealing)
        return reader
    }

    var header: BundleHeader { reader.header }

    /// Takes every item, stretch by stretch, each durable before the next is read.
    ///
    /// - Throws: ``NodeError`` where going on makes no sense; what was taken before stays, and is known the next time.
    mutating func run() async throws {
        defer { reader.close() }
        while let items = try reader.next() {
            for item in items { try await take(item) }
        }
        try await flush()
    }

    private mutating func take(_ item: FramedItem) async throws {
        switch item.kind {
        case .authority:
            entries.append(try SignedAuthorityEntry(wireBytes: item.message))
            if entries.count >= ImportBatch.deltaLimit { try await flushEntries() }
        case .audience:
            guard let audience = Audience(wireBytes: item.message) else {
                return total.deltas.refuse("an audience that is not in canonical form")
            }
            guard definitions.count < BundleImport.definitionLimit else {
                throw NodeError(.refused, "the bundle defines more than \(BundleImport.definitionLimit) audiences")
            }
            definitions[AudienceID(audience, .sodium)] = audience
        case .delta:
            try await flushEntries()
            do {
                let delta = try Delta(wireBytes: item.message, .sodium)
                deltas.append(delta)
                deltaBytes += item.message.count
            } catch { total.deltas.refuse("\(error)") }
            if deltas.count >= ImportBatch.deltaLimit || deltaBytes >= ImportBatch.byteLimit { try await flushDeltas() }
        case .beat, .part:
            if item.kind == .beat { beats.append(item.message) } else { parts.append(item.message) }
            beatBytes += item.message.count
            if beatBytes >= ImportBatch.byteLimit { try await flush() }
        case nil: total.unknown += 1
        }
    }

    private mutating func flush() async throws {
        try await flushEntries()
        try await flushDeltas()
        guard !beats.isEmpty || !parts.isEmpty else { return }
        total.beats += beats.count
        _ = try await hand(.beats(beats, parts: parts))
        (beats, parts, beatBytes) = ([], [], 0)
    }

    private mutating func flushEntries() async throws {
        guard !entries.isEmpty else { return }
        total.entries.add(try await hand(.entries(entries)))
        entries = []
    }

    private mutating func flushDeltas() async throws {
        guard !deltas.isEmpty else { return }
        let needed = Set(deltas.map(\.lane.audience)).sorted().compactMap { definitions[$0] }
        total.deltas.add(try await hand(.deltas(deltas, definitions: needed)))
        (deltas, deltaBytes) = ([], 0)
    }

    private func hand(_ content: ImportBatch.Content) async throws -> ImportOutcome {
        let outcome = await node.engine.take(ImportBatch(exporter: header.exporter, content: content))
        if let failure = outcome.failure {
            throw NodeError(
                .refused,
                "\(url.lastPathComponent): \(failure); \(total.deltas.stored) deltas before that were taken and stay"
            )
        }
        return outcome
    }
}
