import Foundation
package import LiandongCore
import SwiftProtobuf

/// Writes what devices' readings make of alarms: begins episodes, goes on with them, ends them.
///
/// By a node of the devices' community. What is written already is not written again, so that the same signals twice
/// have the effect of once.
package struct SignalAlarms: Command {
    package var signals: [AlarmSignal]

    package init(_ signals: [AlarmSignal]) { self.signals = signals }

    package struct Receipt: Sendable, Hashable {
        /// The episodes that begin with it, in the signals' order.
        package let raised: [RecordID]
        /// The work orders that they become.
        package let workOrders: [RecordID]
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        var drafts: [Draft] = []
        var raised: [RecordID] = []
        var orders: [RecordID] = []
        // Elements that this plan writes itself, which the reader cannot show yet.
        var planned: Set<[UInt8]> = []
        var created: Set<RecordID> = []
        for signal in inOrder {
            let (record, nonce, home) = DeviceAlarm.record(
                device: signal.device,
                type: signal.type,
                firstInput: signal.firstInput,
                community: context.actor.place,
                context.cryptography
            )
            let view = try reader.record(record)
            if view == nil, !created.contains(record) {
                // An episode whose beginning is not held here has nothing to go on from.
                guard signal.isRaised else { continue }
                created.insert(record)
                raised.append(record)
                drafts.append(signal.creation(record, nonce, home))
            }
            let element = signal.element(of: record, context.cryptography)
            let isKnown = view?.entries(of: AlarmField.conditions).contains { $0.element == element } ?? false
            if !isKnown, planned.insert(element).inserted {
                drafts.append(signal.condition(record, element, view?.audience ?? home))
            }
            guard created.contains(record), !signal.service.isEmpty, signal.change == .raised else { continue }
            // Without a number there is no order: the alarm is written all the same, and tasked when there is one.
            guard
                let order = try? AlarmOrder(record, device: signal.device, service: signal.service, reader, context)
            else { continue }
            drafts += order.drafts + [order.task(record, home, context)]
            orders.append(order.record)
        }
        return Plan(drafts: drafts, receipt: Receipt(raised: raised, workOrders: orders))
    }

    /// Life-safety alarms stand before all others; of each kind they keep their order.
    private var inOrder: [AlarmSignal] {
        signals.filter { $0.severity == .life } + signals.filter { $0.severity != .life }
    }
}

extension AlarmSignal {
    fileprivate func creation(_ record: RecordID, _ nonce: Nonce, _ home: Audience) -> Draft {
        let wire = WireAlarmCreation.with {
            $0.device = Data(device.bytes)
            $0.type = type
            $0.severity = severity.wire
            $0.firstInput = Data(firstInput)
            $0.service = service
            $0.raisedAt = at.wire
            $0.streetAfterMinutes = UInt32(clamping: escalation.streetAfterMinutes)
            $0.districtAfterMinutes = UInt32(clamping: escalation.districtAfterMinutes)
        }
        return Draft(record: record, field: AlarmField.creation, value: wire.payload, audience: home, nonce: nonce)
    }

    fileprivate func element(of record: RecordID, _ cryptography: Cryptography) -> [UInt8] {
        let label = Array("liandong/alarm-condition/1".utf8)
        return Array(cryptography.hash(label + record.bytes + input + [isRaised ? 1 : 0]).bytes.prefix(8))
    }

    fileprivate func condition(_ record: RecordID, _ element: [UInt8], _ audience: Audience) -> Draft {
        let wire = WireAlarmCondition.with {
            $0.isRaised = isRaised
            $0.at = at.wire
            $0.receivedAt = receivedAt.wire
            $0.quality = quality.wire
            $0.series = series
            $0.value = value
            $0.count = UInt32(clamping: count)
            if case .cleared(let reason) = change { $0.reason = reason }
        }
        return Draft(
            record: record,
            field: AlarmField.conditions,
            element: element,
            value: wire.payload,
            audience: audience
        )
    }
}
