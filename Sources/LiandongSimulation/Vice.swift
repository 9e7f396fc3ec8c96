/// What a dishonest node does that an honest one never would.
package enum Vice: String, Sendable, CaseIterable, Comparable {
    /// Passes others' deltas on with other ops than were signed.
    case forges
    /// Says again what it said before, in this conversation or another.
    case replays
    /// Gives two peers, or one, two deltas of one lane and seq.
    case equivocates
    /// Stamps its deltas years back or ahead.
    case misdates
    /// Keeps some lanes from some peers.
    case omits
    /// Writes far more than anyone asked for, with gaps in its lanes.
    case floods
    /// Asks for what it is not entitled to, grants itself credit, tells of deltas that nobody wrote.
    case asksBeyond
    /// Writes for audiences and records that it has no right to.
    case trespasses
    /// Gives peers what they may not have.
    case leaks

    package static func < (a: Vice, b: Vice) -> Bool { a.rawValue < b.rawValue }
}
