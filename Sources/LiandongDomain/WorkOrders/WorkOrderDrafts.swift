import Foundation
import LiandongCore
import SwiftProtobuf

/// The drafts of a command on one work order.
struct WorkOrderDrafts {
    let record: RecordID
    let audience: Audience
    /// Whether what is personal of the order was erased: nothing of that kind is written any more.
    let isErased: Bool
    private(set) var drafts: [Draft] = []

    init(record: RecordID, audience: Audience, isErased: Bool = false) {
        self.record = record
        self.audience = audience
        self.isErased = isErased
    }

    init(record: RecordID, _ target: RecordTarget, isErased: Bool) {
        self.record = record
        self.isErased = isErased
        self.audience = target.audience
        self.drafts = target.drafts
    }

    mutating func create(_ nonce: Nonce, _ creation: WireWorkOrderCreation) {
        drafts.append(
            Draft(
                record: record,
                field: WorkOrderField.creation,
                value: creation.payload,
                audience: audience,
                nonce: nonce
            )
        )
    }

    mutating func write(_ field: Field, _ value: [UInt8]) {
        drafts.append(Draft(record: record, field: field, value: value, audience: audience))
    }

    mutating func write(_ field: Field, element: [UInt8]) {
        drafts.append(Draft(record: record, field: field, element: element, audience: audience))
    }

    /// Appends an event to the log, and what was written with it in an op of its own.
    @discardableResult
    mutating func append(
        _ act: WorkOrderEvent.Act,
        id: EventID? = nil,
        after: [EventID],
        text: String = "",
        _ context: CommandContext,
        _ fill: (inout WireWorkOrderEvent) -> Void = { _ in }
    ) -> EventID {
        let id = id ?? context.newEventID()
        var event = WireWorkOrderEvent()
        event.act = act.wire
        event.after = after.map { Data($0.bytes) }
        event.role = context.actor.role
        fill(&event)
        drafts.append(
            Draft(
                record: record,
                field: WorkOrderField.events,
                element: id.bytes,
                value: event.payload,
                audience: audience
            )
        )
        if !isErased, !text.isEmpty || !context.actor.name.isEmpty {
            let written = WireEventText.with {
                $0.text = text
                $0.operator = context.actor.name
            }
            drafts.append(
                Draft(
                    record: record,
                    field: WorkOrderField.eventTexts,
                    element: id.bytes,
                    value: written.payload,
                    audience: audience
                )
            )
        }
        return id
    }
}

extension GeoPoint {
    var wire: WireGeoPoint {
        .with {
            $0.latitude = latitude
            $0.longitude = longitude
        }
    }
}

extension [AttributeValue] {
    var payload: [UInt8] {
        WireAttributeValues.with { wire in
            wire.values = map { value in
                .with {
                    $0.code = value.code
                    $0.value = value.value
                }
            }
        }.payload
    }
}

extension ExternalReference {
    /// As the element of a set.
    var element: [UInt8] {
        WireExternalReference.with {
            $0.system = system
            $0.identifier = identifier
        }.payload
    }
}
