import SwiftProtobuf

// What an operator hands in from a file. The same checks as for a session, in the same places; only the answer goes to
// the operator, and no cursor moves: the file is a part of a peer's store, the peer's stream goes on where it was.

extension SyncEngine {
    /// A batch between two of its steps.
    struct PendingImport: Sendable {
        let number: UInt64
        let exporter: NodeID
        /// Not judged yet, or those that are being committed.
        var deltas: [Delta] = []
        var entryCount = 0
        let definitions: [AudienceID: Audience]
        var outcome = ImportOutcome()
    }

    /// A batch was handed in; an `imported` effect with its number will answer.
    mutating func importOffered(
        _ number: UInt64,
        _ batch: ImportBatch,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        var pending = PendingImport(number: number, exporter: batch.exporter, definitions: definitions(in: batch))
        do {
            guard !isStopping else { throw CloseReason(.shuttingDown, "the node is stopping; import the file again") }
            guard let cluster = authority.cluster, authority.nodes[node] != nil else {
                throw CloseReason(.notEnrolled, "this node is not enrolled; run liandong join with a token first")
            }
            switch batch.content {
            case .entries(let entries): try importEntries(entries, &pending, into: &effects)
            case .deltas(let deltas, _): try importDeltas(deltas, &pending, cluster: cluster, into: &effects)
            case .beats(let beats, let parts):
                try checkExporter(batch.exporter)
                importBeats(beats, parts, at: now)
                effects.append(.imported(number, pending.outcome))
            }
        } catch {
            pending.outcome.failure = (error as? CloseReason)?.text ?? "\(error)"
            effects.append(.imported(number, pending.outcome))
        }
    }

    private func definitions(in batch: ImportBatch) -> [AudienceID: Audience] {
        guard case .deltas(_, let definitions) = batch.content else { return [:] }
        return Dictionary(
            definitions.map { (AudienceID($0, cryptography), $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// As a peer, so an exporter: enrolled and not revoked.
    private func checkExporter(_ exporter: NodeID) throws(CloseReason) {
        guard authority.nodes[exporter] != nil else {
            throw CloseReason(.notEnrolled, "the chain does not enrol the node that wrote it, \(exporter)")
        }
        guard authority.revocations[exporter] == nil else {
            throw CloseReason(.revoked, "the node that wrote it, \(exporter), was revoked")
        }
    }

    private mutating func importEntries(
        _ entries: [SignedAuthorityEntry],
        _ pending: inout PendingImport,
        into effects: inout [SyncEffect]
    ) throws {
        var new: [SignedAuthorityEntry] = []
        for entry in entries {
            if try !isHeld(entry, from: pending.exporter, into: &effects) { new.append(entry) }
        }
        pending.entryCount = entries.count
        guard !new.isEmpty else {
            pending.outcome.known = entries.count
            effects.append(.imported(pending.number, pending.outcome))
            return
        }
        let ticket = persist(new, from: pending.exporter, into: &effects)
        imports[ticket] = pending
    }

    private mutating func importDeltas(
        _ deltas: [Delta],
        _ pending: inout PendingImport,
        cluster: ClusterID,
        into effects: inout [SyncEffect]
    ) throws {
        try checkExporter(pending.exporter)
        for delta in deltas {
            let audience = delta.lane.audience
            do {
                guard delta.header.cluster == cluster else {
                    throw CloseReason(.wrongCluster, "of another cluster")
                }
                try check(
                    delta,
                    isDefined: (audiences[audience] ?? pending.definitions[audience]) != nil,
                    from: nil
                )
                pending.deltas.append(delta)
            } catch {
                pending.outcome.refuse((error as? CloseReason)?.text ?? "\(error)")
            }
        }
        guard !pending.deltas.isEmpty else {
            effects.append(.imported(pending.number, pending.outcome))
            return
        }
        let ticket = takeTicket()
        imports[ticket] = pending
        effects.append(.verify(ticket, pending.deltas.map(\.signatureCheck)))
    }

    /// The signatures of a batch were checked: what is in order is committed.
    ///
    /// - Returns: whether the ticket was an import's.
    mutating func importVerified(
        _ ticket: Ticket,
        _ answers: [Bool],
        into effects: inout [SyncEffect]
    ) -> Bool {
        guard var pending = imports.removeValue(forKey: ticket) else { return false }
        var batch = PersistBatch(peer: pending.exporter)
        for (delta, isSigned) in zip(pending.deltas, answers) {
            guard isSigned else {
                pending.outcome.refuse("a signature that does not verify")
                continue
            }
            let key = delta.lane.audience
            guard let audience = audiences[key] ?? pending.definitions[key] else { continue }
            switch judge(delta, of: audience, from: pending.exporter, into: &effects) {
            case .admitted:
                batch.deltas.append(delta)
                audiences[key] = audience
            case .notOurs: pending.outcome.refuse("for an audience that this node is not of")
            case .refused(let refusal): pending.outcome.refuse("its author had no right to its audience: \(refusal)")
            }
        }
        guard !batch.deltas.isEmpty else {
            effects.append(.imported(pending.number, pending.outcome))
            return true
        }
        batch.audiences = undurableAudiences(of: batch.deltas)
        pending.deltas = batch.deltas
        let commit = takeTicket()
        imports[commit] = pending
        effects.append(.persist(commit, batch))
        return true
    }

    /// A batch is durable.
    mutating func importPersisted(_ ticket: Ticket, _ outcome: PersistOutcome, into effects: inout [SyncEffect]) {
        guard var pending = imports.removeValue(forKey: ticket) else { return }
        let beyondQuota = outcome.beyondQuota.values.reduce(0, +)
        pending.outcome.stored = outcome.stored.count + outcome.newEntries.count
        pending.outcome.known = pending.deltas.count + pending.entryCount - pending.outcome.stored - beyondQuota
        pending.outcome.refuse("of a revoked node, more than is kept as evidence", count: beyondQuota)
        effects.append(.imported(pending.number, pending.outcome))
    }

    mutating func importFailed(_ ticket: Ticket, _ reason: String, into effects: inout [SyncEffect]) {
        guard var pending = imports.removeValue(forKey: ticket) else { return }
        pending.outcome.failure = reason
        effects.append(.imported(pending.number, pending.outcome))
    }

    /// Beats come by no session: this number is nobody's.
    private static let noSession = SessionID(raw: 0)

    private mutating func importBeats(_ beats: [[UInt8]], _ parts: [[UInt8]], at now: Instant) {
        for bytes in beats {
            guard let signed = try? WireSignedBeat(serializedBytes: bytes) else { continue }
            beatReceived(signed, on: SyncEngine.noSession, at: now)
        }
        for bytes in parts {
            guard let signed = try? WireSignedBeatPart(serializedBytes: bytes) else { continue }
            partReceived(signed, on: SyncEngine.noSession, at: now)
        }
    }

    // MARK: What goes into a file

    /// The beats that are kept, and the parts of them that a peer may have, for a file that goes to it.
    package func keptBeats(for peer: NodeID) -> (beats: [[UInt8]], parts: [[UInt8]]) {
        let parts = self.parts.sorted { $0.key < $1.key }.filter { key, _ in
            audiences[key.audience].map { authority.isEntitled(peer, to: $0) } ?? false
        }
        return (beats.sorted { $0.key < $1.key }.map(\.value.bytes), parts.map(\.value.bytes))
    }

    /// What a node said that it has committed, by audience and lane.
    package func positions(of node: NodeID) -> [AudienceID: [LaneID: UInt64]] {
        var positions: [AudienceID: [LaneID: UInt64]] = [:]
        for (key, part) in parts where key.node == node { positions[key.audience] = part.positions }
        return positions
    }
}
