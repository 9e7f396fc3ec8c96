// An erasure follows its record (design §7): whoever gave it on without having heard of the erasure brought it back.

extension Ledger {
    /// Ends a transaction: writes the erasures that follow from what came in it, and seals all that it wrote.
    ///
    /// Begins a group commit when none was begun and there is something to write.
    ///
    /// - Parameters:
    ///   - randomBytes: 16 random bytes, for salts.
    ///   - touched: the records that something came of; those that it writes to come to them.
    package mutating func finish(
        at now: Instant,
        randomBytes: () -> [UInt8],
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws -> SealedCommit {
        let following = try dueErasures(of: touched, in: storage)
        if !following.isEmpty {
            if pending == nil { try begin(at: now, in: storage) }
            try append(following, randomBytes: randomBytes, in: storage, touching: &touched)
        }
        return try seal(in: storage)
    }

    /// The erasures that records lack in audiences they were given to, being erased at home.
    ///
    /// Every node that is of both and may erase there writes one when it learns of what is missing, unasked. Only what was
    /// erased at home is followed: who is of a further audience alone erases nothing elsewhere.
    ///
    /// - Parameter records: those that something came of.
    private func dueErasures(of records: Set<RecordID>, in storage: some LedgerStorage) throws -> [Draft] {
        guard !erased.isEmpty, authority.revocations[node] == nil else { return [] }
        var drafts: [Draft] = []
        for record in records.sorted() {
            guard let home = try storage.home(of: record),
                erased.contains(ErasedRecord(record: record, audience: home)),
                let cause = try cause(of: record, erasedIn: home, in: storage),
                let kind = try storage.entries(of: record).first?.field.kind,
                let known = try storage.audiences(of: record)
            else { continue }
            var seen: Set<AudienceID> = []
            for member in known.all where seen.insert(member.id).inserted {
                guard !erased.contains(ErasedRecord(record: record, audience: member.id)),
                    authority.mayErase(node, in: member.audience, at: authority.epoch)
                else { continue }
                drafts.append(.erasure(of: record, kind: kind, reason: cause.reason, audience: member.audience))
            }
        }
        return drafts
    }

    /// The first erasure of a record at home whose op has come.
    private func cause(
        of record: RecordID,
        erasedIn home: AudienceID,
        in storage: some LedgerStorage
    ) throws -> Erasure? {
        try storage.erasures(of: record).filter { $0.target.audience == home && $0.place != nil }.min {
            ($0.stamp, $0.reason) < ($1.stamp, $1.reason)
        }
    }
}
