// What the command line prints beside what the API answers too (`LiandongReports`): one object with a schema and the
// time it was made.

/// Something done: `liandong.done/1`.
package struct DoneReport: Codable, Sendable {
    package var schema = "liandong.done/1"
    package let asOf: String
    package let what: String
    package var id: String?
}

/// What was or would be erased, without its values: `liandong.erasure/1`.
package struct ErasureReport: Codable, Sendable {
    package var schema = "liandong.erasure/1"
    package let asOf: String
    package let record: String
    package let reason: String
    package let isDryRun: Bool
    /// When it was erased before; null when it was not.
    package let erasedBefore: String?
    package let fields: [Field]

    package struct Field: Codable, Sendable {
        package let name: String
        package let values: Int
    }
}

/// The links of one node: `liandong.peers/1`.
package struct PeersReport: Codable, Sendable {
    package var schema = "liandong.peers/1"
    package let asOf: String
    package let peers: [Row]

    package struct Row: Codable, Sendable {
        package let node: String
        package let name: String
        package let placeCode: String
        /// parent, sibling, child, lateral, hand-over or fallback.
        package let kind: String
        /// up, down or paused.
        package let state: String
        package let since: String
        package let addresses: [String]
    }
}

/// A token: `liandong.invite/1`.
package struct InviteReport: Codable, Sendable {
    package var schema = "liandong.invite/1"
    package let asOf: String
    package let token: String
    package let parent: String
    package let fingerprint: String
    package let expires: String
}
