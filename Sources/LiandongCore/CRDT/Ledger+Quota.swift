extension Ledger {
    /// Loads the counters, which from then on are changed where they are: a second reference would copy them all.
    private mutating func loadQuotas(in storage: some LedgerStorage) throws {
        if quotas == nil { quotas = try storage.quotaBook() }
    }

    /// Whether a delta waits here, since its origin wrote more for others than its quota allows; it is kept then, as far
    /// as there is room.
    ///
    /// Asked at the first common ancestor of its audience, of what comes up from the origin's side. What comes from
    /// elsewhere another node of this place has let through, or the receivers have: it waits no more.
    mutating func hasToWait(
        _ delta: Delta,
        in audience: Audience,
        from source: NodeID,
        at now: Instant,
        in storage: some LedgerStorage
    ) throws -> Bool {
        let origin = delta.lane.origin
        // The cheapest question first: most audiences are of one place, and most of these another's.
        guard let here = authority.place(of: node), authority.firstCommonAncestor(of: audience) == here,
            authority.isForOthers(audience, by: origin), try !holds(delta, in: storage)
        else { return false }
        try loadQuotas(in: storage)
        let key = WaitingLane.Key(origin: origin, audience: delta.lane.audience)
        let use = QuotaUse(delta)
        let isKept = try quotas?.lanes[key] != nil && storage.isWaiting(delta.id)
        guard authority.isOnSide(of: origin, source, under: here) else {
            if isKept { try release(delta, key, use, in: storage) }
            return false
        }
        if isKept { return true }
        let day = QuotaDay(stamp: delta.header.hlc, receivedAt: now)
        let verdict = quotas?.judge(key, use, on: day, at: now, AcceptanceQuota(authority)) ?? .passes
        switch verdict {
        case .passes:
            unsavedUses.insert(QuotaBook.UseKey(origin: origin, day: day))
        case .waits:
            try storage.keep(WaitingDelta(delta: withoutErased(delta), source: source, receivedAt: now))
            try storage.save(quotas?.lanes[key], key)
        case .turnedAway:
            try storage.save(quotas?.states[origin] ?? QuotaState(), of: origin)
        }
        return verdict != .passes
    }

    private func holds(_ delta: Delta, in storage: some LedgerStorage) throws -> Bool {
        guard let lane = lanes[delta.lane], lane.holds(delta.header.seq) else { return false }
        return try storage.deltas(lane: lane.number, seq: delta.header.seq).contains(delta.id)
    }

    private mutating func release(
        _ delta: Delta,
        _ key: WaitingLane.Key,
        _ use: QuotaUse,
        in storage: some LedgerStorage
    ) throws {
        quotas?.release(key, use)
        try storage.removeWaiting(delta.id)
        try storage.save(quotas?.lanes[key], key)
    }

    mutating func saveQuotaUses(in storage: some LedgerStorage) throws {
        guard !unsavedUses.isEmpty else { return }
        for key in unsavedUses.sorted() {
            try storage.save(quotas?.uses[key.origin]?[key.day] ?? QuotaUse(), of: key.origin, on: key.day)
        }
        unsavedUses = []
    }

    // MARK: What operators decide

    /// Everything of an origin for others waits from now on.
    package mutating func mute(_ origin: NodeID, in storage: some LedgerStorage) throws {
        try loadQuotas(in: storage)
        var state = quotas?.states[origin] ?? QuotaState()
        state.isMuted = true
        state.letInDay = nil
        try decide(state, of: origin, in: storage)
    }

    /// Lifts an origin's quota until the day ends, and takes over what waits of it, in the order it came.
    ///
    /// - Parameter limit: takes no more than so many; to be called again while ``LetIn/isFinished`` is false.
    package mutating func letIn(
        _ origin: NodeID,
        limit: Int,
        at now: Instant,
        in storage: some LedgerStorage,
        into outcome: inout LedgerOutcome
    ) throws -> LetIn {
        try loadQuotas(in: storage)
        var state = quotas?.states[origin] ?? QuotaState()
        for waiting in try storage.waitingDeltas(of: origin, limit: limit) {
            let delta = waiting.delta
            let key = WaitingLane.Key(origin: origin, audience: delta.lane.audience)
            try release(delta, key, QuotaUse(delta), in: storage)
            try apply([delta], from: waiting.source, isLetIn: true, at: now, in: storage, into: &outcome)
        }
        let isFinished = quotas?.waiting(of: origin).deltas == 0
        let turnedAway = isFinished ? state.turnedAway : 0
        state.isMuted = false
        state.letInDay = QuotaDay(of: now)
        state.turnedAway -= turnedAway
        try decide(state, of: origin, in: storage)
        return LetIn(isFinished: isFinished, turnedAway: turnedAway)
    }

    /// How far letting in got.
    package struct LetIn: Sendable, Hashable {
        package let isFinished: Bool
        /// Deltas that were never kept: peers have to send them again.
        package let turnedAway: Int
    }

    private mutating func decide(_ state: QuotaState, of origin: NodeID, in storage: some LedgerStorage) throws {
        quotas?.decide(state, of: origin)
        try storage.save(state, of: origin)
    }

    /// Forgets counters of days that nothing counts to any more.
    package mutating func forgetQuotaUses(at now: Instant, in storage: some LedgerStorage) throws {
        try loadQuotas(in: storage)
        let first = QuotaDay(number: QuotaDay(of: now).number - QuotaDay.reach)
        guard quotas?.forgetUses(before: first) == true else { return }
        try storage.forgetQuotaUses(before: first)
    }
}
