import Foundation
import LiandongCore
import LiandongReports
import LiandongSigning
import LiandongStore
import Synchronization

/// A bundle was written: `liandong.bundle/1`.
package struct BundleReport: Codable, Sendable {
    package var schema = "liandong.bundle/1"
    package let asOf: String
    package let file: String
    /// Who it is for.
    package let node: String
    package let name: String
    package let deltas: Int
    /// Not in it, since the node said that it holds them.
    package let leftOut: Int
    package let entries: Int
    package let bytes: Int
    package let sealed: Bool
}

/// A bundle was taken: `liandong.import-deltas/1`.
package struct BundleImportReport: Codable, Sendable {
    package var schema = "liandong.import-deltas/1"
    package let asOf: String
    /// Who wrote it, and when.
    package let node: String
    package let name: String
    package let madeAt: String
    package let new: Int
    package let known: Int
    package let refused: [Refusal]
    /// Entries of the chain that were new.
    package let entries: Int
    /// Items of kinds that this build does not know; a later one takes them.
    package let unknown: Int

    package struct Refusal: Codable, Sendable {
        package let reason: String
        package let count: Int
    }
}

/// Lets one import run at a time: each holds a stretch of a file in memory.
final class ImportGate: Sendable {
    private let isTaken = Mutex(false)

    func enter() throws {
        let wasTaken = isTaken.withLock { taken in
            defer { taken = true }
            return taken
        }
        guard !wasTaken else {
            throw NodeError(.refused, "another import runs at this node; try again when it is done", cause: .conflict)
        }
    }

    func leave() { isTaken.withLock { $0 = false } }
}

extension AdminDesk {
    /// Writes what a peer may have and is not known to hold into a file for it.
    func exportBundle(_ form: AdminRequest.BundleForm) async throws -> BundleReport {
        let peer = try nodeID(form.peer)
        let authority = authority
        guard peer != node.keys.nodeID else { throw NodeError(.refused, "\(form.peer) is this node itself") }
        guard let enrolment = authority.nodes[peer], authority.revocations[peer] == nil, let cluster = authority.cluster
        else { throw NodeError(.refused, "\(form.peer) was revoked; nothing is exported for it") }
        await node.engine.handle(.beatWanted)
        let (kept, positions) = await node.engine.inspect { ($0.keptBeats(for: peer), $0.positions(of: peer)) }
        let key = form.plain ? nil : SymmetricKey.generate()
        let header = BundleHeader(
            cluster: cluster,
            exporter: node.keys.nodeID,
            addressee: peer,
            time: now,
            nonce: secureRandomBytes(BundleHeader.nonceByteCount),
            sealedKey: try key.map { try SealingKey.seal($0.bytes, to: enrolment.sealingKey) },
            isComplete: form.all
        )
        let signer = node.keys.signer
        let time = now.iso8601
        return try await node.store.read { reader in
            var writer = try BundleWriter(to: URL(fileURLWithPath: form.file), header: header, key: key, signer: signer)
            var (entries, deltas) = (0, 0)
            do {
                let leftOut = try reader.export(
                    admitting: EntitlementFilter(authority: reader.authority, peer: peer),
                    beyond: form.all ? [:] : positions
                ) { item in
                    if case .authority = item { entries += 1 }
                    if case .delta = item { deltas += 1 }
                    try writer.add(item)
                }
                for beat in kept.beats { try writer.add(.beat(beat)) }
                for part in kept.parts { try writer.add(.part(part)) }
                try writer.finish()
                return BundleReport(
                    asOf: time,
                    file: form.file,
                    node: "\(peer)",
                    name: enrolment.name,
                    deltas: deltas,
                    leftOut: leftOut,
                    entries: entries,
                    bytes: writer.byteCount,
                    sealed: key != nil
                )
            } catch {
                writer.abandon()
                throw error
            }
        }
    }

    /// Takes what a bundle holds for this node.
    func importBundle(_ file: String) async throws -> BundleImportReport {
        try node.importGate.enter()
        defer { node.importGate.leave() }
        var importing = try BundleImport(URL(fileURLWithPath: file), at: node)
        do { try await importing.run() } catch let error as DeltaError { throw NodeError(.refused, error.reason) }
        let (header, total) = (importing.header, importing.total)
        return BundleImportReport(
            asOf: now.iso8601,
            node: "\(header.exporter)",
            name: authority.nodes[header.exporter]?.name ?? "",
            madeAt: header.time.iso8601,
            new: total.deltas.stored,
            known: total.deltas.known,
            refused: total.deltas.refused.sorted { $0.key < $1.key }.map { .init(reason: $0.key, count: $0.value) },
            entries: total.entries.stored,
            unknown: total.unknown
        )
    }
}
