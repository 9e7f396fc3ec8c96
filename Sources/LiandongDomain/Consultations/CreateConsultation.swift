import Foundation
package import LiandongCore
import SwiftProtobuf

/// Puts a question to the people of this place or of one under it.
package struct CreateConsultation: Command {
    package var place: PlaceID
    package var title: String
    package var text: String
    package var options: [Consultation.Option]
    /// The entries that have one vote each; empty: people vote by their identity numbers.
    package var roll: [String]
    package var closesAt: Instant

    package init(
        place: PlaceID,
        title: String,
        text: String,
        options: [Consultation.Option],
        roll: [String] = [],
        closesAt: Instant
    ) {
        self.place = place
        self.title = title
        self.text = text
        self.options = options
        self.roll = roll
        self.closesAt = closesAt
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        try requirePlace(context)
        let title = try Text.required(title, Localized("标题", "the title"), limit: 200)
        let text = try Text.checked(text, Localized("正文", "the text"), limit: 8000)
        let options = try checkedOptions()
        let entries = try checkedRoll()
        let home = Audience(below: place)
        let (record, nonce) = context.newRecord(.consultation, in: home)
        let key = context.random(32)
        let sealedKey = try context.purposes.seal(Purpose.register, key, record.bytes)
        let creation = WireConsultationCreation.with { wire in
            wire.place = place.raw
            wire.title = title
            wire.options = options.map { option in
                .with {
                    $0.code = option.code
                    $0.title = option.title
                }
            }
            wire.createdAt = context.now.wire
            wire.closesAt = closesAt.wire
            wire.unit = entries.isEmpty ? .person : .rollEntry
            wire.ballotKey = Data(sealedKey)
            wire.rollSize = UInt32(clamping: entries.count)
        }
        var drafts = [
            Draft(
                record: record,
                field: ConsultationField.creation,
                value: creation.payload,
                audience: home,
                nonce: nonce
            )
        ]
        if !text.isEmpty {
            drafts.append(
                Draft(record: record, field: ConsultationField.text, value: Array(text.utf8), audience: home)
            )
        }
        drafts += try rollDrafts(entries, record, home, BallotKey(new: key, context.cryptography), context)
        return Plan(drafts: drafts, receipt: Receipt(record: record))
    }

    private func requirePlace(_ context: CommandContext) throws(Refusal) {
        guard context.authority.places[place] != nil else {
            throw Refusal(.placeUnknown, place)
        }
        guard context.authority.isWithin(place, context.actor.place) else {
            let (own, other) = (context.authority.name(of: context.actor.place), context.authority.name(of: place))
            throw Refusal(.consultNotYours, own, other)
        }
        guard closesAt > context.now else {
            throw Refusal(.closingPassed)
        }
    }

    private func checkedOptions() throws(Refusal) -> [Consultation.Option] {
        guard (2...50).contains(options.count) else {
            throw Refusal(.optionCount, options.count)
        }
        var checked: [Consultation.Option] = []
        for option in options {
            let code = try Text.required(option.code, Localized("选项编号", "an option's code"), limit: 20)
            let isPlain = code.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
                    || byte == 0x2D
            }
            guard isPlain else {
                throw Refusal(.optionCodeForm, code)
            }
            guard !checked.contains(where: { $0.code == code }) else {
                throw Refusal(.optionCodeTwice, code)
            }
            checked.append(
                Consultation.Option(
                    code: code,
                    title: try Text.required(option.title, Localized("选项名称", "an option's title"), limit: 200)
                )
            )
        }
        return checked
    }

    private func checkedRoll() throws(Refusal) -> [RollEntry] {
        guard roll.count <= Roll.Limit.entries else {
            throw Refusal(.rollTooLong, roll.count, Roll.Limit.entries)
        }
        var names: Set<[UInt8]> = []
        var entries: [RollEntry] = []
        for text in roll {
            let entry = try RollEntry(text)
            guard names.insert(entry.name).inserted else {
                throw Refusal(.rollTwice, entry.label)
            }
            entries.append(entry)
        }
        return entries
    }

    private func rollDrafts(
        _ entries: [RollEntry],
        _ record: RecordID,
        _ home: Audience,
        _ key: BallotKey,
        _ context: CommandContext
    ) throws -> [Draft] {
        var drafts: [Draft] = []
        for (number, start) in stride(from: 0, to: entries.count, by: Roll.Limit.part).enumerated() {
            let part = entries[start..<min(start + Roll.Limit.part, entries.count)]
            let element = UInt64(number).bigEndianBytes
            let units = WireRollUnits.with { $0.units = Data(part.flatMap { key.unit(ofEntry: $0.name).bytes }) }
            let labels = WireRollLabels.with { $0.labels = part.map(\.label) }.payload
            let sealed = try context.purposes.seal(Purpose.register, labels, record.bytes + element)
            drafts += [(ConsultationField.roll, units.payload), (ConsultationField.rollLabels, sealed)].map {
                field,
                value in
                Draft(record: record, field: field, element: element, value: value, audience: home)
            }
        }
        return drafts
    }
}
