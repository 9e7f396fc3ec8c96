import Foundation
package import LiandongCore
import SwiftProtobuf

/// The rules that a place has for a kind of device, in the version that counts.
package struct DeviceRules: Sendable, Hashable {
    package let kind: DeviceKind
    package let rules: [DeviceRule]
    /// Nothing heard for so long is an alarm; 0: never.
    package let silentAfterSeconds: Int
    /// From 1; 0 for what the build brings along.
    package let version: Int

    package init(_ kind: DeviceKind, rules: [DeviceRule], silentAfterSeconds: Int, version: Int = 0) {
        self.kind = kind
        self.rules = rules
        self.silentAfterSeconds = silentAfterSeconds
        self.version = version
    }

    /// The type of the alarm that a device is not heard of any more.
    package static let silence = "silent"

    /// What holds for a device: the rules of the nearest place above it, else the build's own.
    ///
    /// A life-safety rule of the build stays in force unless they hold one of life-safety of the same type and series:
    /// none is switched off by forgetting it, nor by one that is less.
    package static func inForce(
        for kind: DeviceKind,
        at community: PlaceID,
        _ reader: any DomainReader,
        _ context: CommandContext
    ) throws -> DeviceRules {
        let own = builtIn(kind)
        for place in context.authority.line(of: community) {
            let id = record(kind, of: place, context).record
            guard let view = try reader.record(id), let found = fold(view, context.authority) else { continue }
            let kept = own.rules.filter { rule in
                rule.severity == .life && !found.rules.contains { $0.key == rule.key && $0.severity == .life }
            }
            // What rules remember goes by their key: one rule of each.
            let others = found.rules.filter { rule in !kept.contains { $0.key == rule.key } }
            return DeviceRules(
                kind,
                rules: others + kept,
                silentAfterSeconds: found.silentAfterSeconds,
                version: found.version
            )
        }
        return own
    }

    /// - Returns: nil unless a place's own or higher node wrote a version that can be read.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> DeviceRules? {
        guard view.kind == .deviceRules, let place = view.home.members.first?.place else { return nil }
        // A community receives what the district says for all, and could write beside it: that does not count.
        let versions = view.log(DeviceRulesField.versions).compactMap { entry -> WireDeviceRules? in
            guard let author = authority.place(of: entry.author), authority.isWithin(place, author) else { return nil }
            return entry.message(WireDeviceRules.self)
        }
        guard let latest = versions.last, let kind = DeviceKind(rawValue: latest.kind) else { return nil }
        return DeviceRules(
            kind,
            rules: latest.rules.prefix(SetDeviceRules.ruleLimit).compactMap(DeviceRule.init(wire:)),
            silentAfterSeconds: min(Int(latest.silentAfterSeconds), SetDeviceRules.silenceLimit),
            version: Int(latest.version)
        )
    }

    static func record(
        _ kind: DeviceKind,
        of place: PlaceID,
        _ context: CommandContext
    ) -> (record: RecordID, nonce: Nonce, home: Audience) {
        let home = Audience(below: place)
        let nonce = context.derivedNonce("liandong/device-rules/1", [place.bytes, Array(kind.rawValue.utf8)])
        return (context.recordID(.deviceRules, in: home, nonce: nonce), nonce, home)
    }
}

/// Writes a version of the rules that a place, and all below it, has for a kind of device.
package struct SetDeviceRules: Command {
    static let ruleLimit = 32
    static let silenceLimit = 30 * 86_400

    package var place: PlaceID
    package var kind: DeviceKind
    package var rules: [DeviceRule]
    package var silentAfterSeconds: Int

    package init(_ kind: DeviceKind, at place: PlaceID, rules: [DeviceRule], silentAfterSeconds: Int) {
        self.place = place
        self.kind = kind
        self.rules = rules
        self.silentAfterSeconds = silentAfterSeconds
    }

    /// The version written.
    package typealias Receipt = Int

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Int> {
        try context.requireEnrolled()
        guard context.authority.places[place] != nil, context.authority.isWithin(place, context.actor.place) else {
            let (own, other) = (context.authority.name(of: context.actor.place), context.authority.name(of: place))
            throw Refusal(.rulesNotYours, own, other)
        }
        let checked = try checkedRules()
        let (record, nonce, home) = DeviceRules.record(kind, of: place, context)
        let known = try reader.record(record)
        let version = (known.flatMap { DeviceRules.fold($0, context.authority) }?.version ?? 0) + 1
        var drafts: [Draft] = []
        if known == nil {
            drafts.append(
                Draft(record: record, field: DeviceRulesField.creation, value: [], audience: home, nonce: nonce)
            )
        }
        let wire = WireDeviceRules.with {
            $0.kind = kind.rawValue
            $0.rules = checked.map(\.wire)
            $0.silentAfterSeconds = UInt32(clamping: silentAfterSeconds)
            $0.version = UInt32(clamping: version)
            $0.role = context.actor.role
        }
        drafts.append(
            Draft(
                record: record,
                field: DeviceRulesField.versions,
                element: context.newEventID().bytes,
                value: wire.payload,
                audience: home
            )
        )
        return Plan(drafts: drafts, receipt: version)
    }

    private func checkedRules() throws(Refusal) -> [DeviceRule] {
        guard rules.count <= SetDeviceRules.ruleLimit else {
            throw Refusal(.rulesTooMany, rules.count, SetDeviceRules.ruleLimit)
        }
        guard (0...SetDeviceRules.silenceLimit).contains(silentAfterSeconds) else {
            throw Refusal(.silenceOutOfRange, silentAfterSeconds, SetDeviceRules.silenceLimit)
        }
        var checked: [DeviceRule] = []
        for rule in rules {
            let rule = try rule.checked()
            guard rule.type != DeviceRules.silence, !checked.contains(where: { $0.key == rule.key }) else {
                throw Refusal(.ruleTwice, rule.type, rule.series, DeviceRules.silence)
            }
            let builtIn = DeviceRules.builtIn(kind).rules.first { $0.type == rule.type && $0.severity == .life }
            guard builtIn == nil || rule.severity == .life else {
                throw Refusal(.ruleLifeSafety, rule.type)
            }
            checked.append(rule)
        }
        return checked
    }
}
