package import LiandongCore

/// A question put to the people of a place, with its opinions, ballots and tally.
package struct Consultation: Sendable, Hashable {
    package let record: RecordID
    package let audience: Audience
    package let place: PlaceID
    package let title: String
    package let text: String
    package let options: [Option]
    package let unit: FranchiseUnit
    package let createdAt: Instant
    /// When it closes by itself.
    package let closesAt: Instant
    package let updatedAt: Instant
    /// The closing entry that counts: the first by the place or one above it.
    package let closing: Closing?
    /// By stamp.
    package let opinions: [Opinion]
    package let tally: Tally
    /// Who votes, where that is not whoever lives there; nil: everyone has one vote by their identity number.
    package let roll: Roll?
    /// Sealed to purpose `register`: what ballot units are derived with.
    package let sealedBallotKey: [UInt8]

    package struct Option: Sendable, Hashable {
        package let code: String
        package let title: String

        package init(code: String, title: String) {
            self.code = code
            self.title = title
        }
    }

    /// Who has one vote.
    package enum FranchiseUnit: UInt8, Sendable {
        case person = 1
        /// Whatever the roll has an entry for: a household, an owner, a delegate.
        case rollEntry = 2
    }

    /// Whether the count may be shown: by roll only once it is over, as from one ballot to the next it would tell how
    /// an entry voted.
    package func showsCounts(at now: Instant) -> Bool { roll == nil || !isOpen(at: now) }

    /// Whether it takes ballots and opinions.
    package func isOpen(at now: Instant) -> Bool { closing == nil && now <= closesAt }

    package struct Closing: Sendable, Hashable {
        package let at: Instant
        package let place: PlaceID
    }

    package struct Opinion: Sendable, Hashable {
        package let id: EventID
        package let at: Instant
        package let place: PlaceID?
        package let text: String
    }

    package struct Ballot: Sendable, Hashable {
        package let id: EventID
        /// The same for all ballots of one person, or of one entry of the roll, in this consultation and in no other.
        package let unit: Bytes16
        package let option: String
        package let at: Instant
        /// The place whose node took it.
        package let place: PlaceID?
        package let channel: String
    }

    /// The count, equal on every replica that holds the same ballots.
    package struct Tally: Sendable, Hashable {
        /// What decides between two ballots of one unit.
        package static let rule = "first ballot by HLC counts"

        /// In the order of the options.
        package let counts: [Count]
        /// By stamp, with the reason.
        package let uncounted: [Uncounted]
        /// Ballots that count.
        package let counted: Int
        /// Until rolls exist a ballot may still arrive from a node that was cut off.
        package let isProvisional: Bool

        package struct Count: Sendable, Hashable {
            package let option: String
            package let ballots: Int
        }

        package struct Uncounted: Sendable, Hashable {
            package enum Reason: String, Sendable {
                /// Another ballot of the unit came first.
                case notFirst = "not-first"
                /// Behind the closing entry or the announced time.
                case late
                case unknownOption = "unknown-option"
                /// Its unit has no entry in the roll.
                case notOnRoll = "not-on-roll"
            }

            package let ballot: Ballot
            package let reason: Reason
            /// For `notFirst`: the ballot that counts.
            package let counted: EventID?
        }
    }
}
