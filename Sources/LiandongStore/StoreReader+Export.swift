import GRDB
package import LiandongCore

extension StoreReader {
    /// Hands out everything that is held, in the order of an export (docs/protocol, section 11).
    package func export(_ body: (ExportItem) throws -> Void) throws {
        for entry in try authorityEntries() { try body(.authority(entry)) }
        try forEachAudience { _, audience in try body(.audience(audience)) }
        try allDeltas { try body(.delta($0)) }
    }

    /// Hands out the chain and what a peer may have of the rest, in the order of a bundle (docs/protocol, section 14).
    ///
    /// - Parameters:
    ///   - filter: by the chain of this very reader, so that no delta's epoch is beyond the entries.
    ///   - positions: what the peer is known to hold, by audience and lane, without a gap; it is left out.
    /// - Returns: how many deltas were left out.
    package func export(
        admitting filter: EntitlementFilter,
        beyond positions: [AudienceID: [LaneID: UInt64]],
        _ body: (ExportItem) throws -> Void
    ) throws -> Int {
        for entry in try authorityEntries() { try body(.authority(entry)) }
        var admitted: [AudienceID: Audience] = [:]
        try forEachAudience { id, audience in
            if filter.admits(audience) { admitted[id] = audience }
        }
        var held: [Int64: UInt64] = [:]
        for lane in try storage.lanes() where admitted[lane.key.audience] != nil {
            held[lane.number] = positions[lane.key.audience]?[lane.id] ?? 0
        }
        var leftOut = 0
        var defined: Set<AudienceID> = []
        try storage.forEachDelta(ofLanes: Set(held.keys)) { stored in
            guard stored.delta.header.seq > held[stored.lane] ?? 0 else {
                leftOut += 1
                return
            }
            let audience = stored.delta.lane.audience
            if defined.insert(audience).inserted, let definition = admitted[audience] {
                try body(.audience(definition))
            }
            try body(.delta(stored.delta))
        }
        return leftOut
    }

    private func forEachAudience(_ body: (AudienceID, Audience) throws -> Void) throws {
        try db.forEachRow("SELECT id, definition FROM audiences ORDER BY id") { row in
            if let audience = Audience(wireBytes: try row.bytes(1)) { try body(try row.identifier(0), audience) }
            return true
        }
    }
}
