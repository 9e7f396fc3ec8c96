// What an earlier build could only keep, a later one reads.

extension Ledger {
    /// Looks again at ops that were kept unread: of fields, kinds and types that a build before this one did not know.
    ///
    /// Nothing is asked of peers again: every node holds the authors' exact bytes. What this build does not know either
    /// goes on waiting.
    ///
    /// - Parameter isOtherSchema: whether another schema judged last; then refusals are judged anew as well, since some
    ///   rest on what the schema says of a kind or a rule.
    package mutating func lookAgain(
        isOtherSchema: Bool,
        at now: Instant,
        in storage: some LedgerStorage,
        into outcome: inout LedgerOutcome
    ) throws {
        let reasons: Set<ParkedOp.Reason> =
            isOtherSchema ? [.unknownField, .undecodable, .refused] : [.unknownField]
        for op in try storage.parkedOps(because: reasons) {
            try storage.unpark(op)
            try mergeAgain(op, at: now, in: storage, touching: &outcome.touched)
        }
        try settle(at: now, in: storage, touching: &outcome.touched)
    }
}
