extension SyncEngine {
    /// The most audiences a peer may define ahead of their deltas.
    static let offeredAudienceLimit = 1_024

    mutating func audiencesReceived(_ definitions: WireAudienceDefinitions, on id: SessionID) throws {
        guard definitions.audiences.count <= 1_024 else {
            throw CloseReason(.protocolError, "\(definitions.audiences.count) audiences at once, at most 1024")
        }
        for wire in definitions.audiences {
            guard let audience = Audience(wire) else {
                throw CloseReason(.protocolError, "an audience that is not in canonical form")
            }
            let key = AudienceID(audience, cryptography)
            guard audiences[key] == nil, sessions[id]?.definition(of: key) == nil else { continue }
            // A definition goes right before its first delta, so the honest are never near the limit.
            guard sessions[id]?.offered.count ?? 0 < SyncEngine.offeredAudienceLimit else {
                throw CloseReason(
                    .protocolError,
                    "more than \(SyncEngine.offeredAudienceLimit) audiences defined and not used; send the deltas of "
                        + "an audience after its definition"
                )
            }
            sessions[id]?.offered[key] = audience
        }
    }

    func definition(of audience: AudienceID, on id: SessionID) -> Audience? {
        audiences[audience] ?? sessions[id]?.definition(of: audience)
    }

    /// Moves the definitions that deltas use from the session's tables to the engine's: only what is used stays.
    mutating func keepDefinitions(of deltas: [Delta], on id: SessionID, at now: Instant) {
        var isNew = false
        for delta in deltas {
            guard let definition = sessions[id]?.takeDefinition(of: delta.lane.audience) else { continue }
            audiences[delta.lane.audience] = definition
            isNew = true
        }
        if isNew { takeEarlyParts(of: id, at: now) }
    }

    /// A delta of the audience was judged and not taken in: its definition no longer counts as unused.
    ///
    /// It stays, since the peer does not send it again and another origin's delta may be good.
    mutating func setAside(_ audience: AudienceID, on id: SessionID) {
        guard let definition = sessions[id]?.offered.removeValue(forKey: audience) else { return }
        sessions[id]?.aside[audience] = definition
    }

    /// Ends a session that keeps too many definitions for nothing; the next one goes on behind what was judged here.
    mutating func endIfTooMuchIsAside(_ id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let count = sessions[id]?.aside.count, count > configuration.asideAudienceLimit else { return }
        let text =
            "\(count) audiences defined whose deltas were not for this node or refused, at most "
            + "\(configuration.asideAudienceLimit) are kept in mind; the next session goes on from here"
        close(id, .init(.replaced, text), at: now, into: &effects)
    }
}
