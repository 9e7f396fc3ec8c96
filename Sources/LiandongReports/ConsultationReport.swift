package import LiandongCore
package import LiandongDomain

/// One consultation: `liandong.consultation/1`.
package struct ConsultationReport: Codable, Sendable {
    package var schema = "liandong.consultation/1"
    package let asOf: String
    package let id: String
    package let place: PlaceReport
    package let title: String
    package let text: String
    package let createdAt: String
    package let closesAt: String
    package let closedAt: String?
    /// What can be voted for.
    package let options: [Option]
    package let rule: String
    package let isProvisional: Bool
    package let counted: Int
    /// Empty while the counts are not to be shown: see ``Roll/countsHidden``.
    package let tally: [Count]
    /// Nil: everyone has one vote by their identity number.
    package let roll: Roll?
    /// The latest of them.
    package let uncounted: [Uncounted]
    package let uncountedCount: Int
    /// The latest of them, the oldest first.
    package let opinions: [Opinion]
    package let opinionCount: Int
    /// From a snapshot: its signatures are still being checked.
    package let verifying: Bool

    package struct Option: Codable, Sendable {
        package let code: String
        package let title: String
    }

    /// Who votes, where it is by entries of a roll.
    package struct Roll: Codable, Sendable {
        package let entries: Int
        /// Those that a code was given out for.
        package let withCodes: Int
        /// Until it is over, as from one ballot to the next the counts would tell how an entry voted.
        package let countsHidden: Bool
    }

    package struct Count: Codable, Sendable {
        package let option: String
        package let title: String
        package let ballots: Int
    }

    package struct Uncounted: Codable, Sendable {
        package let ballot: String
        package let at: String
        package let place: PlaceReport?
        /// A code: the raw value of `Consultation.Tally.Uncounted.Reason`.
        package let reason: String
        package let countedBallot: String?
    }

    package struct Opinion: Codable, Sendable {
        package let id: String
        package let at: String
        package let place: PlaceReport?
        package let text: String
    }
}

/// Consultations: `liandong.consultations/1`.
package struct ConsultationsReport: Codable, Sendable {
    package var schema = "liandong.consultations/1"
    package let asOf: String
    package let consultations: [Row]

    package struct Row: Codable, Sendable {
        package let id: String
        package let place: PlaceReport
        package let title: String
        package let closed: Bool
        package let closesAt: String
        package let counted: Int
        package let verifying: Bool

        package init(
            id: String,
            place: PlaceReport,
            title: String,
            closed: Bool,
            closesAt: String,
            counted: Int,
            verifying: Bool
        ) {
            self.id = id
            self.place = place
            self.title = title
            self.closed = closed
            self.closesAt = closesAt
            self.counted = counted
            self.verifying = verifying
        }
    }
}

extension ConsultationReport {
    /// As many opinions, and ballots that are not counted, as are shown to everyone.
    package static let listLimit = 200

    /// Whether it takes ballots and opinions.
    package func isOpen(at now: Instant) -> Bool { closedAt == nil && closesAt > now.iso8601 }

    package var franchise: Consultation.FranchiseUnit { roll == nil ? .person : .rollEntry }

    package init(
        _ found: Consultation,
        isVerifying: Bool,
        atMost limit: Int = .max,
        _ authority: AuthorityState,
        at now: Instant
    ) {
        let titles = Dictionary(found.options.map { ($0.code, $0.title) }) { first, _ in first }
        self.asOf = now.iso8601
        self.id = "\(found.record)"
        self.place = PlaceReport(found.place, authority)
        self.title = found.title
        self.text = found.text
        self.createdAt = found.createdAt.iso8601
        self.closesAt = found.closesAt.iso8601
        self.closedAt = found.closing?.at.iso8601
        self.options = found.options.map { Option(code: $0.code, title: $0.title) }
        self.rule = Consultation.Tally.rule
        self.isProvisional = found.tally.isProvisional
        self.counted = found.tally.counted
        let showsCounts = found.showsCounts(at: now)
        self.roll = found.roll.map {
            Roll(entries: $0.size, withCodes: $0.codedCount, countsHidden: !showsCounts)
        }
        self.tally = (showsCounts ? found.tally.counts : []).map {
            Count(option: $0.option, title: titles[$0.option] ?? "", ballots: $0.ballots)
        }
        self.uncountedCount = found.tally.uncounted.count
        self.uncounted = found.tally.uncounted.suffix(limit).map {
            Uncounted(
                ballot: "\($0.ballot.id)",
                at: $0.ballot.at.iso8601,
                place: $0.ballot.place.map { PlaceReport($0, authority) },
                reason: $0.reason.rawValue,
                countedBallot: $0.counted.map { "\($0)" }
            )
        }
        self.opinionCount = found.opinions.count
        self.opinions = found.opinions.suffix(limit).map {
            Opinion($0, authority)
        }
        self.verifying = isVerifying
    }
}

extension ConsultationsReport.Row {
    /// Whether it takes ballots and opinions.
    package func isOpen(at now: Instant) -> Bool { !closed && closesAt > now.iso8601 }
}

extension ConsultationsReport {
    package init(_ rows: [Row], at now: Instant) {
        self.asOf = now.iso8601
        self.consultations = rows
    }
}

extension ConsultationReport.Opinion {
    fileprivate init(_ opinion: Consultation.Opinion, _ authority: AuthorityState) {
        self.id = "\(opinion.id)"
        self.at = opinion.at.iso8601
        self.place = opinion.place.map { PlaceReport($0, authority) }
        self.text = opinion.text
    }
}

/// Opinions of a consultation, the newest first: `liandong.opinions/1`.
package struct OpinionsReport: Codable, Sendable {
    package var schema = "liandong.opinions/1"
    package let asOf: String
    package let consultation: String
    package let opinions: [ConsultationReport.Opinion]
    /// Asks for the next page; nil on the last.
    package let next: String?

    /// - Parameters:
    ///   - last: the one that the page before ended with; an id that is not held begins anew.
    ///   - limit: at least 1.
    package init(
        of found: Consultation,
        after last: EventID?,
        atMost limit: Int,
        _ authority: AuthorityState,
        at now: Instant
    ) {
        let newestFirst = Array(found.opinions.reversed())
        let start = last.flatMap { last in newestFirst.firstIndex { $0.id == last } }.map { $0 + 1 } ?? 0
        let page = newestFirst.dropFirst(start).prefix(limit)
        self.asOf = now.iso8601
        self.consultation = "\(found.record)"
        self.opinions = page.map { .init($0, authority) }
        self.next = start + page.count < newestFirst.count ? page.last.map { "\($0.id)" } : nil
    }
}

/// How one ballot stands, and not what it says, for whoever has its receipt: `liandong.ballot/1`.
package struct BallotReport: Codable, Sendable {
    package var schema = "liandong.ballot/1"
    package let asOf: String
    package let consultation: String
    package let id: String
    package let at: String
    /// The place whose node took it.
    package let place: PlaceReport?
    package let counts: Bool
    /// Why it does not: the raw value of `Consultation.Tally.Uncounted.Reason`.
    package let reason: String?
    package let isProvisional: Bool

    package init(
        _ standing: Consultation.Standing,
        of consultation: Consultation,
        _ authority: AuthorityState,
        at now: Instant
    ) {
        self.asOf = now.iso8601
        self.consultation = "\(consultation.record)"
        self.id = "\(standing.ballot)"
        self.at = standing.at.iso8601
        self.place = standing.place.map { PlaceReport($0, authority) }
        self.counts = standing.uncounted == nil
        self.reason = standing.uncounted?.rawValue
        self.isProvisional = consultation.tally.isProvisional
    }
}

/// Codes of a roll's entries, in clear this once: `liandong.roll_codes/1`.
package struct RollCodesReport: Codable, Sendable {
    package var schema = "liandong.roll_codes/1"
    package let asOf: String
    package let consultation: String
    package let title: String
    package let closesAt: String
    /// In the order of the roll.
    package let slips: [Slip]

    package struct Slip: Codable, Sendable {
        package let entry: String
        /// 12 digits.
        package let code: String
    }

    package init(_ receipt: IssueRollCodes.Receipt, at now: Instant) {
        self.asOf = now.iso8601
        self.consultation = "\(receipt.record)"
        self.title = receipt.title
        self.closesAt = receipt.closesAt.iso8601
        self.slips = receipt.slips.map { Slip(entry: $0.entry, code: $0.code) }
    }
}
