import Foundation
package import LiandongCore
import SwiftProtobuf

/// Registers a device of this community; the same code again is refused, at any node of it.
package struct RegisterDevice: Command {
    package var code: String
    package var kind: DeviceKind
    package var profile: DeviceValues

    package init(code: String, kind: DeviceKind, _ profile: DeviceValues = DeviceValues()) {
        self.code = code
        self.kind = kind
        self.profile = profile
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        package let code: String
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        guard context.authority.places[context.actor.place]?.tier == .community else {
            throw Refusal(.deviceNeedsCommunity, context.authority.name(of: context.actor.place))
        }
        let code = try DeviceName.checked(code, Localized("设备编号", "the device's code"), limit: 64)
        let (record, nonce, home) = Device.record(code, of: context.actor.place, context.cryptography)
        guard try reader.record(record) == nil else {
            throw Refusal(.deviceKnown, code)
        }
        let creation = WireDeviceCreation.with {
            $0.community = context.actor.place.raw
            $0.code = code
            $0.kind = kind.rawValue
            $0.registeredAt = context.now.wire
        }
        let first = Draft(
            record: record,
            field: DeviceField.creation,
            value: creation.payload,
            audience: home,
            nonce: nonce
        )
        let rest = try profile.drafts(record, community: context.actor.place, home, after: nil, context)
        return Plan(drafts: [first] + rest, receipt: Receipt(record: record, code: code))
    }
}

/// Changes what is known of a device; nil is left as it is.
package struct ChangeDevice: Command {
    package var device: DeviceSelector
    package var values: DeviceValues

    package init(_ device: DeviceSelector, _ values: DeviceValues) {
        self.device = device
        self.values = values
    }

    package typealias Receipt = RecordID

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<RecordID> {
        try context.requireEnrolled()
        let (view, device) = try device.find(reader, context)
        try device.requireKeeper(context)
        let target = try RecordTarget(view, Localized("设备", "the device"), context)
        let drafts = try values.drafts(
            device.record,
            community: device.community,
            target.audience,
            after: device,
            context
        )
        guard !drafts.isEmpty else {
            throw Refusal(.nothingChanged)
        }
        return Plan(drafts: target.drafts + drafts, receipt: device.record)
    }
}

/// Takes nothing from a device any more, or again.
package struct BlockDevice: Command {
    package var device: DeviceSelector
    package var isBlocked: Bool
    package var reason: String

    package init(_ device: DeviceSelector, isBlocked: Bool, reason: String) {
        self.device = device
        self.isBlocked = isBlocked
        self.reason = reason
    }

    package typealias Receipt = RecordID

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<RecordID> {
        try context.requireEnrolled()
        let (view, device) = try device.find(reader, context)
        try device.requireKeeper(context)
        guard isBlocked != (device.block != nil) else {
            throw Refusal(isBlocked ? .deviceBlocked : .deviceNotBlocked, device.code)
        }
        let reason = try Text.checked(reason, Localized("理由", "the reason"), limit: 400)
        let target = try RecordTarget(view, Localized("设备", "the device"), context)
        let wire = WireDeviceBlock.with {
            $0.isBlocked = isBlocked
            $0.reason = reason
            $0.role = context.actor.role
        }
        let draft = Draft(
            record: device.record,
            field: DeviceField.block,
            value: wire.payload,
            audience: target.audience
        )
        return Plan(drafts: target.drafts + [draft], receipt: device.record)
    }
}

extension Device {
    /// - Throws: a refusal unless the node's place is the device's community or lies above it.
    func requireKeeper(_ context: CommandContext) throws(Refusal) {
        guard context.authority.isWithin(community, context.actor.place) else {
            throw Refusal(.deviceOfOther, context.authority.name(of: community))
        }
    }
}

/// Values of a device that may change; nil is left as it is.
package struct DeviceValues: Sendable, Hashable {
    package var name: String?
    package var model: String?
    /// The community or a grid of it.
    package var place: PlaceID?
    package var location: GeoPoint?
    package var address: String?
    package var reported: [String]?
    package var hearers: [Contact]?

    package init(
        name: String? = nil,
        model: String? = nil,
        place: PlaceID? = nil,
        location: GeoPoint? = nil,
        address: String? = nil,
        reported: [String]? = nil,
        hearers: [Contact]? = nil
    ) {
        self.name = name
        self.model = model
        self.place = place
        self.location = location
        self.address = address
        self.reported = reported
        self.hearers = hearers
    }

    fileprivate func drafts(
        _ record: RecordID,
        community: PlaceID,
        _ audience: Audience,
        after known: Device?,
        _ context: CommandContext
    ) throws -> [Draft] {
        var drafts: [Draft] = []
        func write(_ field: Field, _ value: [UInt8]) {
            drafts.append(Draft(record: record, field: field, value: value, audience: audience))
        }
        if name != nil || model != nil || place != nil || location != nil || reported != nil || known == nil {
            write(DeviceField.profile, try profile(community, after: known, context).payload)
        }
        if let address {
            write(
                DeviceField.address,
                Array(try Text.required(address, Localized("地址", "the address"), limit: 400).utf8)
            )
        }
        if let hearers {
            guard hearers.count <= 16 else {
                throw Refusal(.hearersTooMany, hearers.count)
            }
            let checked = try hearers.map { contact throws(Refusal) in try contact.checked() }
            let wire = WireDeviceHearers.with { wire in
                wire.hearers = checked.map { contact in
                    .with {
                        $0.name = contact.name
                        $0.phone = contact.phone
                        $0.email = contact.email
                    }
                }
            }
            write(DeviceField.hearers, try context.purposes.seal(Purpose.contact, wire.payload, record.bytes))
        }
        return drafts
    }

    private func profile(
        _ community: PlaceID,
        after known: Device?,
        _ context: CommandContext
    ) throws(Refusal) -> WireDeviceProfile {
        var wire = WireDeviceProfile()
        wire.name = try Text.checked(name ?? known?.name ?? "", Localized("名称", "the name"), limit: 100)
        wire.model = try Text.checked(model ?? known?.model ?? "", Localized("型号", "the model"), limit: 100)
        let place = place ?? known?.place ?? community
        guard context.authority.isWithin(place, community) else {
            throw Refusal(
                .placeNotOfCommunity,
                context.authority.name(of: place),
                context.authority.name(of: community)
            )
        }
        wire.place = place.raw
        if let location = location ?? known?.location { wire.location = location.wire }
        var series: Set<String> = []
        for name in reported ?? known?.reported ?? [] {
            series.insert(try DeviceName.checked(name, Localized("上报序列", "a reported series"), limit: 64))
        }
        guard series.count <= 32 else {
            throw Refusal(.seriesTooMany, series.count)
        }
        wire.reported = series.sorted()
        return wire
    }
}
