package import LiandongCore
import SwiftProtobuf

/// A device that a community has registered: what it is, where it stands, and who hears of it.
package struct Device: Sendable, Hashable {
    package let record: RecordID
    package let audience: Audience
    package let community: PlaceID
    /// What it is called on its label and in topics; one a community.
    package let code: String
    package let kind: DeviceKind
    package let registeredAt: Instant
    package let updatedAt: Instant

    package let name: String
    package let model: String
    /// The community, or a grid of it.
    package let place: PlaceID
    package let location: GeoPoint?
    /// The street address or the room; personal.
    package let address: String?
    /// Series whose day rollups replicate, sorted.
    package let reported: [String]
    /// Nothing is taken from a blocked device; nil when it is not.
    package let block: Block?
    /// Sealed to purpose `contact`; ``hearers(_:)`` opens it.
    package let sealedHearers: [UInt8]?

    package struct Block: Sendable, Hashable {
        package let at: Instant
        package let reason: String
    }

    /// - Returns: nil unless the record is a device whose creation can be read.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> Device? {
        guard
            let created = view.register(DeviceField.creation),
            let creation = created.message(WireDeviceCreation.self),
            let community = view.home.members.first?.place,
            DeviceName.isPlain(creation.code)
        else { return nil }
        let profile = view.register(DeviceField.profile)?.message(WireDeviceProfile.self) ?? WireDeviceProfile()
        let block = view.register(DeviceField.block).flatMap { entry in
            entry.message(WireDeviceBlock.self).map { ($0, entry.instant) }
        }
        let place = PlaceID(raw: profile.place)
        return Device(
            record: view.record,
            audience: view.audience,
            community: community,
            code: creation.code,
            kind: DeviceKind(rawValue: creation.kind) ?? .other,
            registeredAt: Instant(wire: creation.registeredAt),
            updatedAt: view.updatedAt,
            name: profile.name,
            model: profile.model,
            place: authority.isWithin(place, community) ? place : community,
            location: profile.hasLocation ? GeoPoint(wire: profile.location) : nil,
            address: view.register(DeviceField.address)?.text,
            reported: Set(profile.reported.prefix(32)).sorted(),
            block: block.flatMap { $0.0.isBlocked ? Block(at: $0.1, reason: $0.0.reason) : nil },
            sealedHearers: view.register(DeviceField.hearers)?.value
        )
    }

    /// Who hears of its alarms.
    ///
    /// - Returns: nil when they are sealed and this node does not hold purpose `contact`; empty when there are none.
    package func hearers(_ purposes: Purposes) -> [Contact]? {
        guard let sealedHearers else { return [] }
        guard
            let bytes = purposes.open(Purpose.contact, sealedHearers, record.bytes),
            let wire = try? WireDeviceHearers(serializedBytes: bytes)
        else { return nil }
        return wire.hearers.map { Contact(name: $0.name, phone: $0.phone, email: $0.email) }
    }

    /// The record that a community's device with this code is.
    package static func record(
        _ code: String,
        of community: PlaceID,
        _ cryptography: Cryptography
    ) -> (record: RecordID, nonce: Nonce, home: Audience) {
        guard let home = Audience(lines: [community]) else { preconditionFailure("one place is an audience") }
        let label = Array("liandong/device/1".utf8)
        let nonce = Nonce(raw: Bytes16(prefixOf: cryptography.hash(label + community.bytes + Array(code.utf8)).raw))
        let id = RecordID(kind: .device, home: AudienceID(home, cryptography), nonce: nonce, cryptography)
        return (id, nonce, home)
    }
}

/// Which device a command is about.
package enum DeviceSelector: Sendable, Hashable {
    case record(RecordID)
    /// Of the community that acts.
    case code(String)

    func find(_ reader: any DomainReader, _ context: CommandContext) throws -> (RecordView, Device) {
        let (id, name): (RecordID, String) =
            switch self {
            case .record(let id): (id, "\(id)")
            case .code(let code):
                (Device.record(code, of: context.actor.place, context.cryptography).record, code)
            }
        guard let view = try reader.record(id), let device = Device.fold(view, context.authority) else {
            throw Refusal(.deviceUnknown, name)
        }
        return (view, device)
    }
}
