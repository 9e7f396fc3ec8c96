import Foundation
package import LiandongCore
import SwiftProtobuf

/// Takes the handling of an alarm further, at any node that receives it.
package struct ActOnAlarm: Command {
    package enum Action: Sendable, Hashable {
        case acknowledge
        /// Makes it a work order; nil: of the service that its rule names.
        case task(service: String?)
        /// Says what somebody found who looked.
        case verify(DeviceAlarm.Result)
        case close
        case note
    }

    package var alarm: RecordID
    package var action: Action
    package var text: String
    /// Done by a node's clock: nobody has looked after the alarm by that.
    package var isByItself: Bool

    package init(_ alarm: RecordID, _ action: Action, text: String = "", isByItself: Bool = false) {
        self.alarm = alarm
        self.action = action
        self.text = text
        self.isByItself = isByItself
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        package let workOrder: RecordID?
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        guard let view = try reader.record(alarm), let found = DeviceAlarm.fold(view, context.authority) else {
            throw Refusal(.alarmUnknown, alarm)
        }
        let target = try RecordTarget(view, Localized("报警", "the alarm"), context)
        try found.requireLegal(action)
        let text = try Text.checked(text, Localized("正文", "the text"), limit: 2_000)
        var drafts = target.drafts
        var order: RecordID?
        switch action {
        case .task(let service):
            let made = try makeOrder(found, service, reader, context)
            drafts += made.drafts + [made.task(alarm, target.audience, context)]
            order = made.record
            if !isByItself, found.acknowledgedAt == nil { drafts += entry(.acknowledge, "", target, context) }
            guard !text.isEmpty else { break }
            drafts += entry(.note, text, target, context)
        case .acknowledge: drafts += entry(.acknowledge, text, target, context)
        case .verify(let result): drafts += entry(.verify, text, target, context) { $0.result = result.rawValue }
        case .close: drafts += entry(.close, text, target, context)
        case .note:
            let text = try Text.required(text, Localized("备注", "the note"), limit: 2_000)
            drafts += entry(.note, text, target, context)
        }
        return Plan(drafts: drafts, receipt: Receipt(record: alarm, workOrder: order))
    }

    private func makeOrder(
        _ found: DeviceAlarm,
        _ service: String?,
        _ reader: any DomainReader,
        _ context: CommandContext
    ) throws -> AlarmOrder {
        let service = service ?? found.service
        guard !service.isEmpty else {
            throw Refusal(.alarmNoService, found.type)
        }
        return try AlarmOrder(alarm, device: found.device, service: service, reader, context)
    }

    private func entry(
        _ act: WireAlarmAct,
        _ text: String,
        _ target: RecordTarget,
        _ context: CommandContext,
        _ fill: (inout WireAlarmHandling) -> Void = { _ in }
    ) -> [Draft] {
        var wire = WireAlarmHandling()
        wire.act = act
        wire.role = context.actor.role
        fill(&wire)
        let element = context.newEventID().bytes
        func draft(_ field: Field, _ value: [UInt8]) -> Draft {
            Draft(record: alarm, field: field, element: element, value: value, audience: target.audience)
        }
        let entry = draft(AlarmField.handling, wire.payload)
        guard !text.isEmpty || !context.actor.name.isEmpty else { return [entry] }
        let written = WireEventText.with {
            $0.text = text
            $0.operator = context.actor.name
        }
        return [entry, draft(AlarmField.handlingTexts, written.payload)]
    }
}

extension DeviceAlarm {
    /// - Throws: a refusal that says why not.
    package func requireLegal(_ action: ActOnAlarm.Action) throws(Refusal) {
        switch action {
        case .note: return
        case .acknowledge:
            guard acknowledgedAt == nil else { throw Refusal(.alarmTended) }
        case .task:
            guard status < .verified else { throw Refusal(.alarmInStatus, Localized(status.title.zh, status.name)) }
            guard workOrders.isEmpty else { throw Refusal(.alarmHasOrder) }
        case .verify:
            guard status != .closed else { throw Refusal(.alarmClosed) }
        case .close:
            guard status != .closed else { throw Refusal(.alarmClosed) }
            guard status == .verified else {
                throw Refusal(.alarmNotVerified)
            }
            guard !isRaised || result == .falseAlarm || result == .test else {
                throw Refusal(.alarmGoesOn)
            }
        }
    }
}

/// Calls the next tier when nobody has acknowledged an alarm in time; writes nothing where that is not due.
///
/// Any node of the line may run it, and does so by its own clock: the community's when it is due, those above a little
/// later each, should it be silent. Two that both write it write one entry.
package struct EscalateAlarm: Command {
    package var alarm: RecordID

    package init(_ alarm: RecordID) { self.alarm = alarm }

    /// How much later a tier above the community does by itself what the one below should have done.
    package static func graceMilliseconds(at tier: Tier) -> Int64 {
        20_000 * Int64(max(0, Int(Tier.community.rawValue) - Int(tier.rawValue)))
    }

    /// The tier that is called; nil when none is.
    package typealias Receipt = Tier?

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Tier?> {
        try context.requireEnrolled()
        guard
            let view = try reader.record(alarm), let found = DeviceAlarm.fold(view, context.authority),
            let (tier, due) = found.escalatesAt,
            let own = context.authority.places[context.actor.place]?.tier
        else { return Plan(drafts: [], receipt: nil) }
        let grace = Self.graceMilliseconds(at: own)
        guard due.advanced(byMilliseconds: grace) <= context.now else { return Plan(drafts: [], receipt: nil) }
        let target = try RecordTarget(view, Localized("报警", "the alarm"), context)
        let label = Array("liandong/alarm-escalation/1".utf8)
        let element = context.cryptography.hash(label + alarm.bytes + [tier.rawValue]).bytes.prefix(8)
        let wire = WireAlarmHandling.with {
            $0.act = .escalate
            $0.tier = UInt32(tier.rawValue)
            $0.role = context.actor.role
        }
        let draft = Draft(
            record: alarm,
            field: AlarmField.handling,
            element: Array(element),
            value: wire.payload,
            audience: target.audience
        )
        return Plan(drafts: target.drafts + [draft], receipt: tier)
    }
}
