import Foundation
package import LiandongCore
import SwiftProtobuf

/// Registers a resident at this community.
package struct RegisterResident: Command {
    package var name: String
    /// Nil: candidates are proposed by name and address, and a person decides.
    package var identityNumber: String?
    package var phone: String
    package var address: String
    package var residence: ResidenceKind?
    package var note: String
    package var provenance: Provenance

    package init(
        name: String,
        identityNumber: String? = nil,
        phone: String = "",
        address: String = "",
        residence: ResidenceKind? = nil,
        note: String = "",
        provenance: Provenance
    ) {
        self.name = name
        self.identityNumber = identityNumber
        self.phone = phone
        self.address = address
        self.residence = residence
        self.note = note
        self.provenance = provenance
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        /// Registrations that this replica already holds of the same identity number.
        package let sameNumber: [RecordID]
        /// Of this place itself, with the same number: most likely registered twice.
        package let sameNumberHere: [RecordID]
    }

    /// In the one form that tags are made of; a malformed one is refused by ``plan(_:_:)``.
    package var identityNumbers: [String] { IdentityNumber.normalForms([identityNumber]) }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        try requireCommunity(context)
        guard let home = Audience(lines: [context.actor.place]) else { preconditionFailure("one place is an audience") }
        let (record, nonce) = context.newRecord(.registration, in: home)
        var drafts = RegistrationDrafts(record: record, audience: home)
        drafts.create(nonce, community: context.actor.place, at: context.now)
        let values = RegistrationValues(
            name: name,
            identityNumber: identityNumber,
            phone: phone.isEmpty ? nil : phone,
            address: address.isEmpty ? nil : address,
            residence: residence,
            note: note.isEmpty ? nil : note
        )
        let tag = try drafts.write(values, provenance, context)

        let same = try tag.map { try reader.registrations(matchTagDigest: $0.digest) } ?? []
        let here = try same.filter { id in
            try reader.record(id).flatMap { Registration.fold($0, context.authority) }?.community == context.actor.place
        }
        return Plan(
            drafts: drafts.drafts,
            receipt: Receipt(record: record, sameNumber: same, sameNumberHere: here)
        )
    }

    private func requireCommunity(_ context: CommandContext) throws(Refusal) {
        guard context.authority.places[context.actor.place]?.tier == .community else {
            throw Refusal(.registeringNeedsCommunity, context.authority.name(of: context.actor.place))
        }
    }
}

/// Corrects a registration: only the community that registered may.
package struct AmendRegistration: Command {
    package var registration: RecordID
    package var values: RegistrationValues
    package var provenance: Provenance

    package init(_ registration: RecordID, _ values: RegistrationValues, provenance: Provenance) {
        self.registration = registration
        self.values = values
        self.provenance = provenance
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
    }

    package var identityNumbers: [String] { IdentityNumber.normalForms([values.identityNumber]) }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        guard
            let view = try reader.record(registration), let known = Registration.fold(view, context.authority)
        else {
            throw Refusal(.registrationUnknown, registration)
        }
        guard known.community == context.actor.place else {
            throw Refusal(
                .registrationOfOther,
                context.authority.name(of: context.actor.place),
                context.authority.name(of: known.community)
            )
        }
        if let erasedAt = known.erasedAt {
            throw Refusal(.registrationErased, CivilDate(erasedAt))
        }
        let target = try RecordTarget(view, Localized("登记", "the registration"), context)
        var drafts = RegistrationDrafts(record: registration, audience: target.audience)
        _ = try drafts.write(values, provenance, context)
        guard !drafts.drafts.isEmpty else {
            throw Refusal(.nothingChanged)
        }
        return Plan(drafts: target.drafts + drafts.drafts, receipt: Receipt(record: registration))
    }
}

/// Values of a registration; nil is left as it is.
package struct RegistrationValues: Sendable, Hashable {
    package var name: String?
    package var identityNumber: String?
    package var phone: String?
    package var address: String?
    package var residence: ResidenceKind?
    package var note: String?

    package init(
        name: String? = nil,
        identityNumber: String? = nil,
        phone: String? = nil,
        address: String? = nil,
        residence: ResidenceKind? = nil,
        note: String? = nil
    ) {
        self.name = name
        self.identityNumber = identityNumber
        self.phone = phone
        self.address = address
        self.residence = residence
        self.note = note
    }
}

/// Where values are from, and when they were learnt.
package struct Provenance: Sendable, Hashable {
    package var source: ValueSource
    /// yyyy-mm-dd; nil: today.
    package var date: String?
    /// What there is to show for it: a card's serial, a visit's number.
    package var evidence: String

    package init(source: ValueSource, date: String? = nil, evidence: String = "") {
        self.source = source
        self.date = date
        self.evidence = evidence
    }
}

/// How somebody lives where they are registered.
package enum ResidenceKind: String, Sendable, CaseIterable {
    /// 户籍: the household register is here.
    case household
    /// 常住: lives here for half a year or more.
    case permanent
    /// 暂住: lives here for the time being.
    case temporary
}

/// The drafts of a command on one registration.
struct RegistrationDrafts {
    let record: RecordID
    let audience: Audience
    private(set) var drafts: [Draft] = []

    init(record: RecordID, audience: Audience) {
        self.record = record
        self.audience = audience
    }

    mutating func create(_ nonce: Nonce, community: PlaceID, at now: Instant) {
        let creation = WireRegistrationCreation.with {
            $0.community = community.raw
            $0.registeredAt = now.wire
        }
        drafts.append(
            Draft(
                record: record,
                field: RegistrationField.creation,
                value: creation.payload,
                audience: audience,
                nonce: nonce
            )
        )
    }

    /// Writes each value in an op of its own.
    ///
    /// - Returns: the match tag of the identity number, when one is given.
    mutating func write(
        _ values: RegistrationValues,
        _ provenance: Provenance,
        _ context: CommandContext
    ) throws -> Registration.MatchTag? {
        let provenance = try provenance.checked(context.now)
        if let name = values.name {
            try write(
                RegistrationField.name,
                text: Text.required(name, Localized("姓名", "the name"), limit: 100),
                provenance
            )
        }
        let tag = try values.identityNumber.map { try write(identityNumber: $0, provenance, context) }
        if let phone = values.phone {
            let text = try Text.required(phone, Localized("电话", "the phone number"), limit: 40)
            var value = provenance.value
            value.sealed = Data(try context.purposes.seal(Purpose.register, Array(text.utf8), record.bytes))
            write(RegistrationField.phone, value.payload)
        }
        if let address = values.address {
            try write(
                RegistrationField.address,
                text: Text.required(address, Localized("地址", "the address"), limit: 400),
                provenance
            )
        }
        if let residence = values.residence {
            write(RegistrationField.residence, text: residence.rawValue, provenance)
        }
        if let note = values.note {
            try write(
                RegistrationField.note,
                text: Text.checked(note, Localized("备注", "the note"), limit: 2000),
                provenance
            )
        }
        return tag
    }

    private mutating func write(
        identityNumber: String,
        _ provenance: Provenance,
        _ context: CommandContext
    ) throws -> Registration.MatchTag {
        let number = try IdentityNumber(identityNumber)
        guard let (version, bytes) = try context.purposes.matchTag(number.text) else {
            throw Refusal.purposeMissing(Purpose.register)
        }
        let sealed = try context.purposes.seal(Purpose.register, Array(number.text.utf8), record.bytes)
        let value = WireIdentityValue.with {
            $0.number = Data(sealed)
            $0.matchTag = Data(bytes)
            $0.matchVersion = version
            $0.source = provenance.source.wire
            $0.date = provenance.date ?? ""
            $0.evidence = provenance.evidence
        }
        write(RegistrationField.identity, value.payload)
        return Registration.MatchTag(version: version, bytes: bytes)
    }

    private mutating func write(_ field: Field, text: String, _ provenance: Provenance) {
        var value = provenance.value
        value.text = text
        write(field, value.payload)
    }

    private mutating func write(_ field: Field, _ value: [UInt8]) {
        drafts.append(Draft(record: record, field: field, value: value, audience: audience))
    }
}

extension Provenance {
    fileprivate func checked(_ now: Instant) throws(Refusal) -> Provenance {
        if let date, CivilDate(date) == nil {
            throw Refusal(.dateForm, date)
        }
        return Provenance(
            source: source,
            date: date ?? CivilDate(now).description,
            evidence: try Text.checked(evidence, Localized("依据", "the evidence"), limit: 200)
        )
    }

    fileprivate var value: WireSourcedValue {
        .with {
            $0.source = source.wire
            $0.date = date ?? ""
            $0.evidence = evidence
        }
    }
}
