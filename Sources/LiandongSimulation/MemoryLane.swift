package import LiandongCore
import LiandongSigning

/// A lane as a reconciliation sees it, in memory: its elements and its digest tree.
///
/// It folds one element at a time as a store does, at the end of a lane or in its middle.
package struct MemoryLane {
    package final class Nodes: LaneNodeStorage {
        /// By the index of their node of level 0.
        package var blocks: [UInt64: Set<LaneElement>] = [:]
        package var nodes: [LaneNodeName: Hash] = [:]

        package var elements: [LaneElement] { blocks.values.flatMap { $0 } }

        package func elements(lane: Int64, seqs: ClosedRange<UInt64>) -> [LaneElement] {
            (blocks[seqs.lowerBound >> 6] ?? []).filter { seqs.contains($0.seq) }.sorted()
        }

        package func nodes(
            lane: Int64,
            level: Int,
            indices: ClosedRange<UInt64>
        ) -> [(index: UInt64, digest: Hash)] {
            nodes.filter { $0.key.level == level && indices.contains($0.key.index) }
                .map { ($0.key.index, $0.value) }.sorted { $0.index < $1.index }
        }

        package func save(node: LaneNodeName, lane: Int64, digest: Hash?) { nodes[node] = digest }
    }

    package let key: LaneKey
    package let storage = Nodes()
    package private(set) var digest = LaneDigest()

    package init(key: LaneKey) { self.key = key }

    package mutating func insert(_ element: LaneElement) {
        guard storage.blocks[element.seq >> 6, default: []].insert(element).inserted else { return }
        if let last = digest.last, !(last < element) {
            // Dictionaries do not throw.
            try? digest.refold([element.seq >> 6], lane: 0, in: storage, .sodium)
        } else {
            digest.append(element, .sodium) { storage.nodes[$0] = $1 }
        }
    }

    package var held: SeqSet { SeqSet(ascending: Set(storage.elements.map(\.seq)).sorted().map { $0...$0 }) }

    /// - Parameter number: the replica's own for the lane.
    package func summary(number: Int64) -> LaneSummary {
        LaneSummary(
            key: key,
            id: LaneID(key, .sodium),
            number: number,
            held: held,
            digest: digest.root(.sodium),
            top: digest.top
        )
    }

    package func children(of node: LaneNodeName) throws -> [LaneNodeChild] {
        try digest.children(of: node, lane: 0, in: storage, .sodium)
    }
}
