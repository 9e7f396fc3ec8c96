import Foundation
import LiandongCore
import SwiftProtobuf

/// The work order that an alarm becomes: its nonce is derived from the alarm's id, so that two nodes that both make it
/// make one record.
struct AlarmOrder {
    let record: RecordID
    /// Empty when the order is held already.
    let drafts: [Draft]

    /// - Throws: a refusal for an unknown service; what the source of numbers throws.
    init(
        _ alarm: RecordID,
        device id: RecordID,
        service: String,
        text: String? = nil,
        _ reader: any DomainReader,
        _ context: CommandContext
    ) throws {
        let service = try ServiceCatalogue.current.require(service)
        let device = try reader.record(id).flatMap { Device.fold($0, context.authority) }
        let community = device?.community ?? context.actor.place
        guard let home = Audience(lines: [community]) else { preconditionFailure("one place is an audience") }
        let nonce = context.derivedNonce("liandong/alarm-order/1", [alarm.bytes])
        let record = context.recordID(.workOrder, in: home, nonce: nonce)
        self.record = record
        guard try reader.record(record) == nil else {
            drafts = []
            return
        }
        let number = try context.nextNumber(context.now)
        var order = WorkOrderDrafts(record: record, audience: home)
        let code = QueryCode.make(context)
        order.create(
            nonce,
            .with {
                $0.acceptedAt = context.actor.place.raw
                $0.place = community.raw
                $0.number = number
                $0.service = service.code
                $0.requestedAt = context.now.wire
                $0.queryHash = Data(QueryCode.hash(code, of: record, context.cryptography))
                $0.channel = "device"
                $0.role = context.actor.role
            }
        )
        // Where another node makes the same order, the number of either finds it.
        order.write(WorkOrderField.numbers, element: Array(number.utf8))
        let words = text ?? AlarmOrder.words(service, device)
        order.write(WorkOrderField.description, Array(words.utf8))
        if let address = device?.address { order.write(WorkOrderField.address, Array(address.utf8)) }
        if let location = device?.location { order.write(WorkOrderField.location, location.wire.payload) }
        if let place = device?.place, place != community { order.write(WorkOrderField.place, place.bytes) }
        let reference = ExternalReference(system: "alarm", identifier: "\(alarm)")
        order.write(WorkOrderField.externalReferences, element: reference.element)
        drafts = order.drafts
    }

    private static func words(_ service: Service, _ device: Device?) -> String {
        guard let device else { return "\(service.name.zh)：设备报警" }
        let name = device.name.isEmpty ? "\(device.kind.name.zh) \(device.code)" : "\(device.name)（\(device.code)）"
        return "\(service.name.zh)：\(name) 报警"
    }

    /// Says in the alarm's handling that it has become this order.
    func task(_ alarm: RecordID, _ audience: Audience, _ context: CommandContext) -> Draft {
        let wire = WireAlarmHandling.with {
            $0.act = .task
            $0.workOrder = Data(record.bytes)
            $0.role = context.actor.role
        }
        let label = Array("liandong/alarm-task/1".utf8)
        let element = Array(context.cryptography.hash(label + alarm.bytes + record.bytes).bytes.prefix(8))
        return Draft(
            record: alarm,
            field: AlarmField.handling,
            element: element,
            value: wire.payload,
            audience: audience
        )
    }
}
