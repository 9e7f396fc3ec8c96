/// Whether a replica is what its authors signed, and the same as its peers': `liandong.verify/1`.
package struct VerifyReport: Codable, Sendable {
    package var schema = "liandong.verify/1"
    package let asOf: String
    /// Deltas whose hashes and signatures were computed again.
    package let checked: Int
    /// Those of them that were no longer their authors', and how many of all such still wait for a peer.
    package let rotten: Int
    package let waiting: Int
    package let peers: [Peer]

    /// What was found with one peer.
    package struct Peer: Codable, Sendable {
        package let node: String
        package let name: String
        /// equal, repaired, differs or failed.
        package let result: String
        package let reason: String?
        /// Deltas that the peer lacked, that this node lacked, and of which the bytes differ.
        package let lackedThere: UInt64
        package let lackedHere: UInt64
        package let differed: UInt64
        /// Of the first comparison: bytes of both sides without the deltas, and how long it took.
        package let bytes: Int
        package let milliseconds: Int64
        /// The records concerned, up to a bound.
        package let records: [Record]
    }

    package struct Record: Codable, Sendable {
        package let record: String
        /// Of a work order.
        package let number: String?
        /// peer, here or both: who lacked something of it.
        package let lackedBy: String
    }

    /// Whether nothing was wrong.
    package var isEqual: Bool { rotten == 0 && waiting == 0 && peers.allSatisfy { $0.result == "equal" } }
}
