package import LiandongCore

extension Consultation.Tally {
    /// Counts at most one ballot a unit: the first by (stamp, dot) that is in time and names an option.
    ///
    /// - Parameter ballots: in log order.
    init(
        ballots entries: [EntryView],
        options: [Consultation.Option],
        closing: EntryView?,
        closesAt: Instant,
        roll: Roll?,
        _ authority: AuthorityState
    ) {
        var ballotsOfOption: [String: Int] = [:]
        for option in options { ballotsOfOption[option.code] = 0 }
        var countedOfUnit: [Bytes16: EventID] = [:]
        var uncounted: [Uncounted] = []
        for entry in entries {
            guard let ballot = Consultation.Ballot(entry: entry, authority) else { continue }
            let isLate =
                entry.instant > closesAt || closing.map { EntryView.inLogOrder($0, entry) } ?? false
            if isLate {
                uncounted.append(Uncounted(ballot: ballot, reason: .late, counted: nil))
            } else if let roll, !roll.contains(ballot.unit) {
                uncounted.append(Uncounted(ballot: ballot, reason: .notOnRoll, counted: nil))
            } else if let first = countedOfUnit[ballot.unit] {
                uncounted.append(Uncounted(ballot: ballot, reason: .notFirst, counted: first))
            } else if let soFar = ballotsOfOption[ballot.option] {
                ballotsOfOption[ballot.option] = soFar + 1
                countedOfUnit[ballot.unit] = ballot.id
            } else {
                uncounted.append(Uncounted(ballot: ballot, reason: .unknownOption, counted: nil))
            }
        }
        self.counts = options.map { Count(option: $0.code, ballots: ballotsOfOption[$0.code] ?? 0) }
        self.uncounted = uncounted
        self.counted = countedOfUnit.count
        self.isProvisional = true
    }
}

extension Consultation.Ballot {
    /// Nil when the entry cannot be read; a unit is exactly 16 bytes.
    init?(entry: EntryView, _ authority: AuthorityState) {
        guard
            let id = EventID(entry.element), let wire = entry.message(WireBallot.self),
            let unit = Bytes16([UInt8](wire.unit))
        else { return nil }
        self.init(
            id: id,
            unit: unit,
            option: wire.option,
            at: Instant(wire: wire.at),
            place: authority.place(of: entry.author),
            channel: wire.channel
        )
    }
}

extension Consultation {
    /// How a ballot stands, as its receipt asks: never what it says.
    package struct Standing: Sendable, Hashable {
        package let ballot: EventID
        package let at: Instant
        /// The place whose node took it.
        package let place: PlaceID?
        /// Why it does not count; nil when it does.
        package let uncounted: Tally.Uncounted.Reason?
    }

    /// - Parameter view: of this consultation.
    /// - Returns: nil for a ballot that is not held here.
    package func standing(of id: EventID, in view: RecordView, _ authority: AuthorityState) -> Standing? {
        let ballots = view.log(ConsultationField.ballots).lazy.compactMap { Ballot(entry: $0, authority) }
        guard let ballot = ballots.first(where: { $0.id == id }) else { return nil }
        return Standing(
            ballot: id,
            at: ballot.at,
            place: ballot.place,
            uncounted: tally.uncounted.first { $0.ballot.id == id }?.reason
        )
    }
}
