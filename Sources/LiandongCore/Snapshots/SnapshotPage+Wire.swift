import Foundation
import SwiftProtobuf

extension SnapshotPage {
    /// The most bytes of a page's records, on its way out; a single record that is larger travels alone.
    package static let byteLimit = 64 * 1024
    private static let signed = Array("liandong/snapshot/1".utf8)

    /// The page as a frame carries it: which node of which cluster says so, signed.
    func wire(cluster: ClusterID, node: NodeID, storeEpoch: StoreEpoch, signer: Signer) -> WireSignedSnapshotPage {
        var homes: [Audience: UInt64] = [:]
        var definitions: [WireAudience] = []
        var packed: [UInt8] = []
        for record in records {
            let home = homes[record.home] ?? UInt64(definitions.count)
            if homes.updateValue(home, forKey: record.home) == nil { definitions.append(record.home.wire) }
            packed += record.record.bytes
            appendVarint(home, to: &packed)
            appendWord(record.stamp.raw, 8, to: &packed)
            appendVarint(UInt64(clamping: record.entryCount), to: &packed)
            appendVarint(UInt64(clamping: record.entries.count), to: &packed)
            packed += record.entries
        }
        let page = WireSnapshotPage.with {
            $0.cluster = Data(cluster.bytes)
            $0.node = Data(node.bytes)
            $0.storeEpoch = storeEpoch.raw
            $0.homes = definitions
            $0.records = Data(packed)
            $0.last = Data(last?.bytes ?? [])
            $0.end = reachedEnd
        }.canonicalBytes
        return WireSignedSnapshotPage.with {
            $0.page = Data(page)
            $0.signature = Data(signer.sign(SnapshotPage.signed + page))
        }
    }

    /// Reads a page that a peer sent of its own store.
    ///
    /// - Throws: ``DeltaError`` when the signature is not the peer's, the page is of another store or cluster, or its
    ///   records are not in the order of their ids.
    package init(
        _ wire: WireSignedSnapshotPage,
        cluster: ClusterID,
        node: NodeID,
        storeEpoch: StoreEpoch,
        _ cryptography: Cryptography
    ) throws(DeltaError) {
        let bytes = Array(wire.page)
        guard cryptography.verify(Array(wire.signature), SnapshotPage.signed + bytes, node.bytes) else {
            throw DeltaError(.undecodable, "a page of a snapshot whose signature does not verify")
        }
        try FrameBounds.check(message: bytes)
        guard let page = try? WireSnapshotPage(serializedBytes: bytes), ClusterID(page.cluster) == cluster,
            NodeID(page.node) == node, page.storeEpoch == storeEpoch.raw
        else { throw DeltaError(.undecodable, "a page of another store's snapshot") }
        var homes: [Audience] = []
        for definition in page.homes {
            guard let home = Audience(definition) else {
                throw DeltaError(.undecodable, "a page of a snapshot defines an audience that is none")
            }
            homes.append(home)
        }
        let last = RecordID(page.last)
        guard page.last.isEmpty == (last == nil), last != nil || page.end else {
            throw DeltaError(.undecodable, "a page of a snapshot that leads nowhere")
        }
        let records: [SnapshotRecord]
        do {
            records = try SnapshotPage.unpack(Array(page.records), homes)
        } catch {
            throw DeltaError(.undecodable, "a page of a snapshot: \(error.reason)")
        }
        guard zip(records, records.dropFirst()).allSatisfy({ $0.record < $1.record }),
            records.last.map({ record in last.map { record.record <= $0 } ?? false }) ?? true
        else { throw DeltaError(.undecodable, "a page of a snapshot whose records are out of order") }
        self.init(records: records, last: last, reachedEnd: page.end)
    }

    private static func unpack(_ bytes: [UInt8], _ homes: [Audience]) throws(ReconciliationError) -> [SnapshotRecord] {
        var reader = BoundedReader(bytes)
        var records: [SnapshotRecord] = []
        while !reader.isAtEnd {
            let id = RecordID(try reader.bytes(16))
            let home = try reader.varint()
            let stamp = HLC(raw: try reader.word(8))
            let count = try reader.varint()
            let entries = try reader.bytes(try reader.varint())
            // An entry takes 13 bytes at least.
            guard let id, home < UInt64(homes.count), count <= UInt64(entries.count) / 13 else {
                throw ReconciliationError(.undecodable, "a record whose home or entries are not there")
            }
            records.append(
                SnapshotRecord(
                    record: id,
                    home: homes[Int(home)],
                    stamp: stamp,
                    entryCount: Int(count),
                    entries: entries
                )
            )
        }
        return records
    }
}
