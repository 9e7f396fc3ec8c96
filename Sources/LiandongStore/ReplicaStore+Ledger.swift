import GRDB
package import LiandongCore

extension ReplicaStore {
    /// Commits what a peer sent: entries, audiences, deltas, beats and the cursors that say so, all or nothing.
    package func persist(_ batch: PersistBatch) async throws -> PersistOutcome {
        try await work { [self] transaction in
            var outcome = LedgerOutcome()
            let storage = transaction.storage
            let entries = try transaction.ledger.apply(
                authority: batch.authority,
                at: transaction.now,
                in: storage,
                into: &outcome
            )
            try transaction.db.keep(entries)
            for audience in batch.audiences {
                try storage.insert(audience: audience, id: AudienceID(audience, configuration.cryptography))
            }
            try transaction.ledger.apply(
                batch.deltas,
                from: batch.peer,
                at: transaction.now,
                in: storage,
                into: &outcome
            )
            if outcome.meetsItself { try renew(in: &transaction) }
            try transaction.db.keep(batch.cursors)
            try transaction.db.keep(batch.beats, batch.parts)
            try transaction.db.keep(batch.handedOver)
            transaction.touched.formUnion(outcome.touched)
            var result = PersistOutcome(
                stored: outcome.stored,
                authority: entries.isEmpty ? nil : transaction.ledger.authority,
                newEntries: entries,
                forks: outcome.forks,
                beyondQuota: outcome.beyondQuota,
                waiting: outcome.waiting
            )
            result.renewal = transaction.renewal
            return result
        }
    }

    /// Appends entries that this node, the signer, decides on with the chain before its eyes.
    ///
    /// - Parameters:
    ///   - signer: signs every entry but those of the root.
    ///   - root: signs a genesis and a signer's move.
    ///   - bodies: makes the entries' bodies from the state; all are committed or none.
    /// - Returns: the entries, and the state after them.
    package func appendAuthority(
        by signer: Signer,
        root: Signer? = nil,
        _ bodies: @escaping @Sendable (AuthorityState) throws -> [AuthorityEntryContent.Body]
    ) async throws -> (entries: [SignedAuthorityEntry], state: AuthorityState) {
        try await work { [configuration] transaction in
            var entries: [SignedAuthorityEntry] = []
            var outcome = LedgerOutcome()
            for body in try bodies(transaction.ledger.authority) {
                let authority = transaction.ledger.authority
                let cluster: ClusterID
                var author = signer
                if case .genesis(let key, _, _) = body {
                    cluster = ClusterID(root: key, configuration.cryptography)
                    author = root ?? signer
                } else if let known = authority.cluster {
                    cluster = known
                    if case .signerMove = body { author = root ?? signer }
                } else {
                    throw StoreError(.wrongNode, "there is no authority chain yet; liandong init or join makes one")
                }
                let entry = try SignedAuthorityEntry(
                    cluster: cluster,
                    height: authority.height + 1,
                    previous: authority.head,
                    time: transaction.now,
                    body: body,
                    signer: author
                )
                entries += try transaction.ledger.apply(
                    authority: [entry],
                    at: transaction.now,
                    in: transaction.storage,
                    into: &outcome
                )
            }
            try transaction.db.keep(entries)
            transaction.touched.formUnion(outcome.touched)
            return (entries, transaction.ledger.authority)
        }
    }

    /// Looks again at ops whose time has come.
    ///
    /// Call it every minute or so.
    package func wake() async throws {
        try await work { transaction in
            var outcome = LedgerOutcome()
            try transaction.ledger.wake(at: transaction.now, in: transaction.storage, into: &outcome)
            transaction.touched.formUnion(outcome.touched)
            try transaction.ledger.forgetQuotaUses(at: transaction.now, in: transaction.storage)
            try transaction.db.forgetOld(at: transaction.now)
        }
    }

    /// Folds cells and read models anew from the deltas.
    package func rebuild() async throws {
        try await work { transaction in
            // What only deltas had brought that are set aside now is gone, and told of too.
            transaction.touched.formUnion(
                try transaction.db.rows("SELECT record FROM records") { try $0.identifier(0) }
            )
            try transaction.db.emptyFolds()
            try transaction.index.rebuild()
            var outcome = LedgerOutcome()
            try transaction.ledger.rebuild(at: transaction.now, in: transaction.storage, into: &outcome)
            transaction.touched.formUnion(outcome.touched)
        }
    }

    /// Takes a link out of service, or back, beyond restarts.
    package func setPaused(_ isPaused: Bool, peer: NodeID) async throws {
        try await setListed(isPaused, peer, in: "paused_peers")
    }

    /// Names a neighbour to hold a connection to, or no longer, beyond restarts.
    package func setLinked(_ isLinked: Bool, peer: NodeID) async throws {
        try await setListed(isLinked, peer, in: "lateral_peers")
    }

    private func setListed(_ isListed: Bool, _ peer: NodeID, in table: String) async throws {
        try await work { transaction in
            try transaction.db.run(
                isListed ? "INSERT OR IGNORE INTO \(table)(node) VALUES(?)" : "DELETE FROM \(table) WHERE node = ?",
                peer
            )
        }
    }
}

extension Database {
    /// Empties all that is folded from deltas, before it is folded anew.
    func emptyFolds() throws {
        for table in StoreSchema.derivedTables { try run("DELETE FROM \(table)") }
        // What is known from outside the file stays.
        try run("DELETE FROM erasures WHERE delta <> 0")
        // What is set aside is not folded now, so it has to be when it comes again.
        try run("UPDATE set_aside SET is_merged = 0")
    }
}
