import Foundation
package import LiandongCore
import SwiftProtobuf

/// Takes in somebody's opinion.
package struct GiveOpinion: Command {
    package var consultation: RecordID
    package var text: String

    package init(_ consultation: RecordID, text: String) {
        self.consultation = consultation
        self.text = text
    }

    package struct Receipt: Sendable, Hashable {
        package let opinion: EventID
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        let (found, target) = try Consultation.find(consultation, reader, context)
        try found.requireOpen(context)
        let text = try Text.required(text, Localized("意见", "the opinion"), limit: 4000)
        let id = context.newEventID()
        let opinion = WireOpinion.with { $0.at = context.now.wire }
        return Plan(
            drafts: target.drafts + [
                found.draft(ConsultationField.opinions, id, opinion.payload, target),
                found.draft(ConsultationField.opinionTexts, id, Array(text.utf8), target),
            ],
            receipt: Receipt(opinion: id)
        )
    }
}

/// Takes in a resident's ballot.
///
/// The same person gives the same unit at every node, so a second ballot is noticed wherever both meet. This node
/// refuses one that it already knows to be a second; at a node that was cut off it is taken, and listed uncounted later.
package struct CastBallot: Command {
    /// Who votes.
    package enum Voter: Sendable, Hashable {
        case identityNumber(String)
        /// A registration that this node holds; its number names the person, or failing one its id.
        case registration(RecordID)
        /// An entry of the consultation's roll, with the code that was given out for it.
        case rollEntry(String, code: String)
    }

    package var consultation: RecordID
    package var voter: Voter
    package var option: String
    package var channel: String

    package init(_ consultation: RecordID, voter: Voter, option: String, channel: String) {
        self.consultation = consultation
        self.voter = voter
        self.option = option
        self.channel = channel
    }

    package struct Receipt: Sendable, Hashable {
        package let ballot: EventID
        /// Until all ballots of the district have met, an earlier one of the same person may yet turn up.
        package let isProvisional: Bool
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        let (found, target) = try Consultation.find(consultation, reader, context)
        try found.requireOpen(context)
        guard found.options.contains(where: { $0.code == option }) else {
            throw Refusal(.optionUnknown, option, found.options.map(\.code).joined(separator: ", "))
        }
        let unit = try unit(found, reader, context)
        guard try !found.hasCounted(unit, reader, context) else {
            throw Refusal(found.roll == nil ? .personVoted : .entryVoted)
        }
        let id = context.newEventID()
        let channel = try Text.required(channel, Localized("渠道", "the channel"), limit: 40)
        let ballot = WireBallot.with {
            $0.unit = Data(unit.bytes)
            $0.option = option
            $0.at = context.now.wire
            $0.channel = channel
        }
        return Plan(
            drafts: target.drafts + [found.draft(ConsultationField.ballots, id, ballot.payload, target)],
            receipt: Receipt(ballot: id, isProvisional: true)
        )
    }

    private func unit(
        _ found: Consultation,
        _ reader: any DomainReader,
        _ context: CommandContext
    ) throws -> Bytes16 {
        switch voter {
        case .rollEntry(let entry, let code):
            guard found.roll != nil else {
                throw Refusal(.noRoll)
            }
            guard let unit = try found.unit(ofEntry: entry, code: code, context.purposes, context.cryptography) else {
                throw Refusal.wrongRollCode
            }
            return unit
        case .identityNumber, .registration:
            guard found.roll == nil else {
                throw Refusal(.votesByRoll)
            }
            return try found.key(context).unit(of: name(found, reader, context))
        }
    }

    /// What names the person, the same at every node that knows them by number.
    private func name(
        _ found: Consultation,
        _ reader: any DomainReader,
        _ context: CommandContext
    ) throws -> [UInt8] {
        switch voter {
        case .rollEntry(let entry, _):
            return RollEntry.name(of: entry)
        case .identityNumber(let number):
            return Array(try IdentityNumber(number).text.utf8)
        case .registration(let id):
            guard let view = try reader.record(id), let known = Registration.fold(view, context.authority) else {
                throw Refusal(.voterUnknown, id)
            }
            switch known.identityNumber(context.purposes) {
            case .open(let number): return Array(number.utf8)
            case .absent: return id.bytes
            case .sealed: throw Refusal.purposeMissing(Purpose.register)
            }
        }
    }
}

/// Ends a consultation: by its place or one above it.
package struct CloseConsultation: Command {
    package var consultation: RecordID

    package init(_ consultation: RecordID) { self.consultation = consultation }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        /// As this node knows it now; later ballots of cut-off nodes may change it.
        package let tally: Consultation.Tally
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        let (found, target) = try Consultation.find(consultation, reader, context)
        guard found.closing == nil else {
            throw Refusal(.consultationClosed)
        }
        guard context.authority.isWithin(found.place, context.actor.place) else {
            let place = context.authority.name(of: found.place)
            throw Refusal(.closeNotYours, context.authority.name(of: context.actor.place), place)
        }
        let event = WireConsultationEvent.with {
            $0.act = .close
            $0.role = context.actor.role
        }
        return Plan(
            drafts: target.drafts
                + [found.draft(ConsultationField.events, context.newEventID(), event.payload, target)],
            receipt: Receipt(record: consultation, tally: found.tally)
        )
    }
}

// MARK: - What the commands share

extension Consultation {
    static func find(
        _ id: RecordID,
        _ reader: any DomainReader,
        _ context: CommandContext
    ) throws -> (Consultation, RecordTarget) {
        try context.requireEnrolled()
        guard let view = try reader.record(id), let found = fold(view, context.authority) else {
            throw Refusal(.consultationUnknown, id)
        }
        return (found, try RecordTarget(view, Localized("征询", "the consultation"), context))
    }

    func requireOpen(_ context: CommandContext) throws(Refusal) {
        guard isOpen(at: context.now) else {
            throw Refusal(.consultationClosed)
        }
    }

    func draft(_ field: Field, _ id: EventID, _ value: [UInt8], _ target: RecordTarget) -> Draft {
        Draft(record: record, field: field, element: id.bytes, value: value, audience: target.audience)
    }

    fileprivate func key(_ context: CommandContext) throws(Refusal) -> BallotKey {
        try BallotKey(sealedBallotKey, of: record, context.purposes, context.cryptography)
    }

    fileprivate func hasCounted(
        _ unit: Bytes16,
        _ reader: any DomainReader,
        _ context: CommandContext
    ) throws -> Bool {
        guard let view = try reader.record(record) else { return false }
        let uncounted = Set(tally.uncounted.map(\.ballot.id))
        return view.entries(of: ConsultationField.ballots).contains { entry in
            Ballot(entry: entry, context.authority).map { $0.unit == unit && !uncounted.contains($0.id) } ?? false
        }
    }
}

extension Refusal {
    /// Said of an entry that is not on the roll and of a wrong code, in the same words.
    package static let wrongRollCode = Refusal(.wrongRollCode)
}
