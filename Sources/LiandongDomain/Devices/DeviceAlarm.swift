package import LiandongCore
import SwiftProtobuf

/// One episode in which a device says that something is wrong, and what was done about it.
///
/// Two axes that do not wait for each other: the *condition*, raised and cleared by the community's nodes as the device
/// speaks; and the *handling*, which any node that receives the alarm takes further.
package struct DeviceAlarm: Sendable, Hashable {
    package let record: RecordID
    package let audience: Audience
    package let device: RecordID
    package let community: PlaceID
    package let type: String
    package let severity: AlarmSeverity
    /// Of the work order that it becomes; empty: none by itself.
    package let service: String
    /// By the device's clock, where it has one.
    package let raisedAt: Instant
    /// When the community's node wrote it: what waits for people counts from here, whatever the device's clock says.
    package let createdAt: Instant
    package let updatedAt: Instant
    package let escalation: DeviceRule.Escalation

    /// The condition's log: by stamp.
    package let conditions: [Condition]
    /// The handling's log: by stamp.
    package let handling: [Handling]
    package let status: Status
    /// Sorted; more than one when it was tasked by hand at two places.
    package let workOrders: [RecordID]
    /// The highest tier that it was escalated to; nil: none.
    package let escalatedTo: Tier?

    /// Whether the device says that it goes on.
    package var isRaised: Bool { conditions.last?.isRaised ?? true }
    /// How often the device said so.
    package var count: Int { conditions.reduce(0) { $0 + ($1.isRaised ? $1.count : 0) } }
    /// When somebody first said that they look after it; what becomes a work order by itself waits for that as well.
    package var acknowledgedAt: Instant? {
        handling.first { $0.act == .acknowledge || $0.act == .verify || $0.act == .close }?.at
    }

    /// What the last one to look found; all are in ``handling``.
    package var result: Result? { handling.last { $0.act == .verify }?.result }
    /// Two looked and found different things.
    package var isContested: Bool { Set(handling.compactMap(\.result)).count > 1 }

    /// How far the handling has come.
    package enum Status: UInt8, Sendable, CaseIterable, Comparable {
        case new, acknowledged, tasked, verified, closed

        package var name: String { String(describing: self) }

        package static func < (a: Status, b: Status) -> Bool { a.rawValue < b.rawValue }

        package init?(name: String) {
            guard let status = Status.allCases.first(where: { $0.name == name }) else { return nil }
            self = status
        }
    }

    /// What somebody who looked has found.
    package enum Result: String, Sendable, CaseIterable {
        case real
        /// A false alarm: nothing was wrong.
        case falseAlarm = "false"
        /// Somebody tried it out.
        case test
        case unclear
    }

    package enum Act: UInt8, Sendable, CaseIterable {
        case acknowledge = 1
        case task = 2
        case verify = 3
        case close = 4
        case escalate = 5
        case note = 6

        package var name: String { String(describing: self) }
    }

    package struct Condition: Sendable, Hashable {
        package let isRaised: Bool
        package let at: Instant
        package let receivedAt: Instant
        package let quality: TimeQuality
        package let series: String
        package let value: String
        package let count: Int
        /// Why it was cleared.
        package let reason: String
    }

    package struct Handling: Sendable, Hashable {
        package let id: EventID
        package let act: Act
        package let at: Instant
        package let place: PlaceID?
        package let workOrder: RecordID?
        package let result: Result?
        package let tier: Tier?
        package let role: String
        package let text: String
        package let operatorName: String
    }

    /// When the next tier is to be called if nobody acknowledges; nil: nobody is to be, or somebody has.
    package var escalatesAt: (tier: Tier, at: Instant)? {
        guard acknowledgedAt == nil else { return nil }
        func due(_ minutes: Int) -> Instant { createdAt.advanced(byMilliseconds: Int64(minutes) * 60_000) }
        if escalatedTo == nil, escalation.streetAfterMinutes > 0 {
            return (.street, due(escalation.streetAfterMinutes))
        }
        if escalatedTo != .district, escalation.districtAfterMinutes > 0 {
            return (.district, due(escalation.districtAfterMinutes))
        }
        return nil
    }
}

/// How much a reading's time is worth.
package enum TimeQuality: UInt8, Sendable, CaseIterable {
    /// The device's own, close to when it was received.
    case device = 1
    /// It gave none: when it was received.
    case received = 2
    /// The device's own, more than 15 minutes before it was received: raises no siren.
    case late = 3
    /// It gave one of the future: when it was received.
    case ahead = 4

    package var name: String { String(describing: self) }

    init(wire: WireTimeQuality) {
        self = UInt8(exactly: wire.rawValue).flatMap(TimeQuality.init(rawValue:)) ?? .received
    }

    var wire: WireTimeQuality { WireTimeQuality(rawValue: Int(rawValue)) ?? .unspecified }
}

extension DeviceAlarm {
    /// - Returns: nil unless the record is an alarm whose creation can be read.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> DeviceAlarm? {
        guard
            let created = view.register(AlarmField.creation),
            let creation = created.message(WireAlarmCreation.self),
            let device = RecordID(creation.device),
            let community = view.home.members.first?.place
        else { return nil }
        let handling = handling(view, authority)
        let tasked = handling.filter { $0.act == .task }.compactMap(\.workOrder)
        return DeviceAlarm(
            record: view.record,
            audience: view.audience,
            device: device,
            community: community,
            type: creation.type,
            severity: AlarmSeverity(wire: creation.severity),
            service: creation.service,
            raisedAt: Instant(wire: creation.raisedAt),
            createdAt: created.instant,
            updatedAt: view.updatedAt,
            escalation: DeviceRule.Escalation(
                streetAfterMinutes: Int(min(creation.streetAfterMinutes, 10_080)),
                districtAfterMinutes: Int(min(creation.districtAfterMinutes, 10_080))
            ),
            conditions: conditions(view, community, authority),
            handling: handling,
            status: status(handling),
            workOrders: Set(tasked).sorted(),
            escalatedTo: handling.compactMap { $0.act == .escalate ? $0.tier : nil }.min()
        )
    }

    /// What the community's own nodes wrote; of one input the first entry.
    private static func conditions(
        _ view: RecordView,
        _ community: PlaceID,
        _ authority: AuthorityState
    ) -> [Condition] {
        var seen: Set<[UInt8]> = []
        return view.log(AlarmField.conditions).compactMap { entry in
            guard
                authority.place(of: entry.author) == community,
                let wire = entry.message(WireAlarmCondition.self), seen.insert(entry.element).inserted
            else { return nil }
            return Condition(
                isRaised: wire.isRaised,
                at: Instant(wire: wire.at),
                receivedAt: Instant(wire: wire.receivedAt),
                quality: TimeQuality(wire: wire.quality),
                series: wire.series,
                value: wire.value,
                count: Int(max(1, min(wire.count, 1_000_000))),
                reason: wire.reason
            )
        }
    }

    private static func handling(_ view: RecordView, _ authority: AuthorityState) -> [Handling] {
        let texts = view.texts(AlarmField.handlingTexts)
        var seen: Set<EventID> = []
        return view.log(AlarmField.handling).compactMap { entry in
            guard
                let id = EventID(entry.element), let wire = entry.message(WireAlarmHandling.self),
                let act = UInt8(exactly: wire.act.rawValue).flatMap(Act.init(rawValue:)),
                seen.insert(id).inserted
            else { return nil }
            let text = texts[TextKey(entry)]?.message(WireEventText.self)
            return Handling(
                id: id,
                act: act,
                at: entry.instant,
                place: authority.place(of: entry.author),
                workOrder: RecordID(wire.workOrder),
                result: Result(rawValue: wire.result),
                tier: UInt8(exactly: wire.tier).flatMap(Tier.init(rawValue:)),
                role: wire.role,
                text: text?.text ?? "",
                operatorName: text?.operator ?? ""
            )
        }
    }

    /// The furthest that any entry takes it: entries of nodes that had not heard of each other never take it back.
    ///
    /// A closing counts where somebody has looked.
    private static func status(_ handling: [Handling]) -> Status {
        let isVerified = handling.contains { $0.act == .verify && $0.result != nil }
        return handling.reduce(.new) { status, entry in
            switch entry.act {
            case .acknowledge: max(status, .acknowledged)
            case .task: max(status, .tasked)
            case .verify: entry.result == nil ? status : max(status, .verified)
            case .close: isVerified ? .closed : status
            case .escalate, .note: status
            }
        }
    }
}
