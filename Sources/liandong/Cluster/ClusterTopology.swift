import Foundation
import LiandongNode
import Yams

/// A cluster as a file describes it: its nodes, each with the place it serves.
struct ClusterTopology: Decodable {
    let nodes: [Entry]
    /// Pairs of names: neighbours that hold a connection beside those of the tree.
    let links: [[String]]?

    struct Entry: Decodable, Sendable {
        /// Names the node in `cut`, `heal` and `status`.
        let name: String
        let tier: String
        let code: String
        /// The place's name; the node's when left out.
        let place: String?
        /// host:port where devices reach a mosquitto that the node runs, port 0 for a free one; none when left out.
        let mqtt: String?
    }

    init(file: String) throws {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw NodeError(.notFound, "cannot read \(file)")
        }
        do { self = try YAMLDecoder().decode(ClusterTopology.self, from: text) } catch {
            throw NodeError(.usage, "\(file) is no topology: \(error)")
        }
        try check(file)
    }

    private func check(_ file: String) throws {
        guard nodes.filter({ $0.tier == "district" }).count >= 1, nodes.first?.tier == "district" else {
            throw NodeError(.usage, "\(file): the first node has to be of the district")
        }
        var names: Set<String> = []
        for node in nodes {
            guard names.insert(node.name).inserted else {
                throw NodeError(.usage, "\(file): two nodes are called \(node.name)")
            }
            guard ["district", "street", "community"].contains(node.tier) else {
                throw NodeError(.usage, "\(file): \(node.name) has tier \(node.tier); district, street or community")
            }
            guard node.code.utf8.count == 12, node.code.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw NodeError(.usage, "\(file): \(node.name) has code \(node.code), 12 digits in quotes are needed")
            }
        }
        for link in links ?? [] {
            guard link.count == 2, link[0] != link[1], link.allSatisfy({ names.contains($0) }) else {
                throw NodeError(.usage, "\(file): link \(link) has to name two of the nodes, as [baogong, dongmen]")
            }
        }
    }

    /// The nodes in the order of their making: those of a stage at once.
    ///
    /// The first one founds the district, a tier lets in the next.
    var stages: [[Entry]] {
        let others = nodes.dropFirst()
        return [Array(nodes.prefix(1))]
            + ["district", "street", "community"].map { tier in others.filter { $0.tier == tier } }
    }
}

/// What a cluster's folder remembers of it.
struct ClusterState: Codable {
    var nodes: [Member] = []

    struct Member: Codable, Sendable {
        let name: String
        let tier: String
        let placeCode: String
        let dataDir: String
        /// Its id, once it is made.
        var id: String
        var pid: Int32?
    }

    static func file(in folder: URL) -> URL { folder.appendingPathComponent("cluster.json") }

    /// - Returns: nil when there is no cluster in the folder.
    static func load(_ folder: URL) throws -> ClusterState? {
        guard let data = try? Data(contentsOf: file(in: folder)) else { return nil }
        return try JSONDecoder().decode(ClusterState.self, from: data)
    }

    func save(_ folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(self).write(to: ClusterState.file(in: folder), options: .atomic)
    }
}
