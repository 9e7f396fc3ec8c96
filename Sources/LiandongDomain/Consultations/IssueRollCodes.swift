import Foundation
package import LiandongCore
import SwiftProtobuf

/// Makes new codes for entries of a roll, to be handed out on paper.
///
/// Codes that an entry had before are void. They are in the receipt and nowhere else: nobody can find them again, but
/// anew they can be made.
package struct IssueRollCodes: Command {
    package var consultation: RecordID
    /// Those that get a code; empty: all of them.
    package var entries: [String]

    package init(_ consultation: RecordID, entries: [String] = []) {
        self.consultation = consultation
        self.entries = entries
    }

    /// What is printed on one slip.
    package struct Slip: Sendable, Hashable {
        package let entry: String
        /// 12 digits.
        package let code: String
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        package let title: String
        package let closesAt: Instant
        /// In the order of the roll.
        package let slips: [Slip]
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        let (found, target) = try Consultation.find(consultation, reader, context)
        try found.requireOpen(context)
        try found.requireOrganiser(context)
        guard let roll = found.roll else {
            throw Refusal(.noRoll)
        }
        let key = try BallotKey(found.sealedBallotKey, of: found.record, context.purposes, context.cryptography)
        let chosen = try chosen(try found.members(roll, context), key)
        let issued = chosen.map { member in (member, RollCode.make(context)) }
        var drafts = target.drafts
        for start in stride(from: 0, to: issued.count, by: Roll.Limit.part) {
            let part = issued[start..<min(start + Roll.Limit.part, issued.count)]
            let codes = WireRollCodes.with { wire in
                wire.units = Data(part.flatMap { $0.0.unit.bytes })
                wire.hashes = Data(part.flatMap { key.hash(of: $0.1, $0.0.unit).bytes })
            }
            drafts.append(found.draft(ConsultationField.rollCodes, context.newEventID(), codes.payload, target))
        }
        return Plan(
            drafts: drafts,
            receipt: Receipt(
                record: found.record,
                title: found.title,
                closesAt: found.closesAt,
                slips: issued.map { Slip(entry: $0.0.label, code: $0.1) }
            )
        )
    }

    private func chosen(_ members: [Consultation.Member], _ key: BallotKey) throws(Refusal) -> [Consultation.Member] {
        guard !entries.isEmpty else { return members }
        let units = Set(entries.map { key.unit(ofEntry: RollEntry.name(of: $0)) })
        let chosen = members.filter { units.contains($0.unit) }
        guard chosen.count == units.count else {
            let known = Set(members.map(\.unit))
            let missing = entries.first { !known.contains(key.unit(ofEntry: RollEntry.name(of: $0))) } ?? ""
            throw Refusal(.rollEntryUnknown, missing.prefix(Roll.Limit.label))
        }
        return chosen
    }
}

extension Consultation {
    /// An entry of the roll, as a node with purpose `register` reads it.
    struct Member: Sendable, Hashable {
        let label: String
        let unit: Bytes16
    }

    /// - Throws: a refusal while parts of the roll are on their way, or at a node without the purpose.
    func members(_ roll: Roll, _ context: CommandContext) throws(Refusal) -> [Member] {
        var members: [Member] = []
        for part in roll.parts {
            guard let sealed = part.labels else { continue }
            let element = part.number.bigEndianBytes
            guard let opened = context.purposes.open(Purpose.register, sealed, record.bytes + element),
                let labels = try? WireRollLabels(serializedBytes: opened).labels
            else { throw Refusal.purposeMissing(Purpose.register) }
            members += zip(labels, part.units).map { Member(label: $0, unit: $1) }
        }
        guard members.count == roll.size else {
            throw Refusal(.rollIncomplete, members.count, roll.size)
        }
        return members
    }

    /// - Throws: a refusal unless the actor's place is the consultation's or above it.
    func requireOrganiser(_ context: CommandContext) throws(Refusal) {
        guard !context.authority.isWithin(place, context.actor.place) else { return }
        let name = context.authority.name(of: place)
        throw Refusal(.codesNotYours, context.authority.name(of: context.actor.place), name)
    }
}
