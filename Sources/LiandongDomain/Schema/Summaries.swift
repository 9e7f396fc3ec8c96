package import LiandongCore

/// The columns that lists of work orders filter and sort by.
///
/// Nothing in it depends on arrival.
package struct WorkOrderSummary: Sendable, Hashable {
    package let record: RecordID
    package let number: String
    package let numbers: [String]
    package let status: WorkOrder.Status
    package let isOpen: Bool
    package let service: String
    package let acceptedAt: PlaceID
    package let place: PlaceID
    package let holder: PlaceID
    /// Somebody has to decide something: ``WorkOrder/awaitsDecision``.
    package let isDisputed: Bool
    /// The places with an open offer to them, sorted.
    package let offeredTo: [PlaceID]
    /// The places that it is a matter of, sorted, and those of them that are to act on it.
    package let concerned: [PlaceID]
    package let acting: [PlaceID]
    package let round: Int
    package let requestedAt: Instant
    package let submittedAt: Instant
    package let updatedAt: Instant
    package let externalReferences: [ExternalReference]
    /// When the clock for handling began, in the present round.
    package let clockStartedAt: Instant
    /// When somebody first took it up; nil: nobody did.
    package let respondedAt: Instant?
    /// When the clock stopped; nil while it runs.
    package let handledAt: Instant?
    /// Handled, and not declined.
    package let isResolved: Bool
    /// 1 to 5.
    package let satisfaction: Int?
    /// Those who had a hand in it, sorted.
    package let hands: [Hand]
    /// What it is searched by.
    package let text: String

    /// Somebody who did something, by the name that the record tells, and where.
    package struct Hand: Sendable, Hashable, Comparable {
        package let place: PlaceID
        package let name: String

        package init(place: PlaceID, name: String) {
            self.place = place
            self.name = name
        }

        package static func < (a: Hand, b: Hand) -> Bool {
            a.place == b.place ? a.name.utf8.lexicographicallyPrecedes(b.name.utf8) : a.place < b.place
        }
    }
}

/// The columns that lists of registrations filter and sort by.
package struct RegistrationSummary: Sendable, Hashable {
    package let record: RecordID
    package let community: PlaceID
    package let name: String
    package let matchTagDigests: [[UInt8]]
    package let registeredAt: Instant
    package let updatedAt: Instant
}

/// The columns that lists of consultations filter and sort by.
package struct ConsultationSummary: Sendable, Hashable {
    package let record: RecordID
    package let place: PlaceID
    package let title: String
    package let isClosed: Bool
    package let createdAt: Instant
    package let closesAt: Instant
    package let updatedAt: Instant
    package let counted: Int
    package let uncounted: Int
}

/// The columns that lists of devices filter and sort by.
package struct DeviceSummary: Sendable, Hashable {
    package let record: RecordID
    package let community: PlaceID
    package let code: String
    package let kind: String
    package let name: String
    package let place: PlaceID
    package let isBlocked: Bool
    package let updatedAt: Instant
}

/// The columns that lists of alarms filter and sort by, and that the acknowledgement clock looks at.
package struct AlarmSummary: Sendable, Hashable {
    package let record: RecordID
    package let device: RecordID
    package let community: PlaceID
    package let type: String
    package let severity: AlarmSeverity
    package let status: DeviceAlarm.Status
    package let isRaised: Bool
    package let raisedAt: Instant
    package let updatedAt: Instant
    /// When the next tier is to be called; nil: not at all.
    package let escalatesAt: Instant?
    /// It was to become a work order and has not.
    package let lacksOrder: Bool
}

/// What a replica's read models hold of one record.
package enum RecordSummary: Sendable, Hashable {
    case workOrder(WorkOrderSummary)
    case registration(RegistrationSummary)
    case consultation(ConsultationSummary)
    /// The registrations it names.
    case personLink(lesser: RecordID, greater: RecordID)
    case elsewhereNotice(lesser: RecordID, greater: RecordID)
    case device(DeviceSummary)
    case alarm(AlarmSummary)
    case notice(NoticeSummary)
    /// Found by their ids alone.
    case unlisted

    /// Folds a record to its row; nil for a kind this build does not know, or before its creation is readable.
    package init?(_ view: RecordView, _ authority: AuthorityState) {
        switch view.kind {
        case RecordKind.workOrder?:
            guard let order = WorkOrder.fold(view, authority) else { return nil }
            self = .workOrder(order.summary)
        case RecordKind.registration?:
            guard let registration = Registration.fold(view, authority) else { return nil }
            self = .registration(registration.summary)
        case RecordKind.consultation?:
            guard let consultation = Consultation.fold(view, authority) else { return nil }
            self = .consultation(consultation.summary)
        case RecordKind.personLink?:
            guard let link = PersonLink.fold(view, authority) else { return nil }
            self = .personLink(lesser: link.lesser, greater: link.greater)
        case RecordKind.elsewhereNotice?:
            guard let notice = ElsewhereNotice.fold(view, authority) else { return nil }
            self = .elsewhereNotice(lesser: notice.lesser, greater: notice.greater)
        case RecordKind.device?:
            guard let device = Device.fold(view, authority) else { return nil }
            self = .device(device.summary)
        case RecordKind.alarm?:
            guard let alarm = DeviceAlarm.fold(view, authority) else { return nil }
            self = .alarm(alarm.summary)
        case RecordKind.notice?:
            guard let notice = Notice.fold(view, authority) else { return nil }
            self = .notice(notice.summary)
        case RecordKind.deviceRules?, RecordKind.series?:
            self = .unlisted
        default:
            return nil
        }
    }
}

extension WorkOrder {
    package var summary: WorkOrderSummary {
        let clock = handlingClock
        return WorkOrderSummary(
            record: record,
            number: number,
            numbers: numbers,
            status: status,
            isOpen: status.isOpen,
            service: service,
            acceptedAt: acceptedAt,
            place: place,
            holder: holder,
            isDisputed: awaitsDecision,
            offeredTo: offeredTo,
            concerned: concerned,
            acting: acting,
            round: round,
            requestedAt: requestedAt,
            submittedAt: submittedAt,
            updatedAt: updatedAt,
            externalReferences: externalReferences,
            clockStartedAt: clock.startedAt,
            respondedAt: respondedAt,
            handledAt: clock.handledAt,
            isResolved: isResolved,
            satisfaction: satisfaction,
            hands: hands,
            text: searchText
        )
    }
}

extension Registration {
    package var summary: RegistrationSummary {
        RegistrationSummary(
            record: record,
            community: community,
            name: name ?? "",
            matchTagDigests: matchTagDigests,
            registeredAt: registeredAt,
            updatedAt: updatedAt
        )
    }
}

extension Consultation {
    package var summary: ConsultationSummary {
        ConsultationSummary(
            record: record,
            place: place,
            title: title,
            isClosed: closing != nil,
            createdAt: createdAt,
            closesAt: closesAt,
            updatedAt: updatedAt,
            counted: tally.counted,
            uncounted: tally.uncounted.count
        )
    }
}

extension Device {
    package var summary: DeviceSummary {
        DeviceSummary(
            record: record,
            community: community,
            code: code,
            kind: kind.rawValue,
            name: name,
            place: place,
            isBlocked: block != nil,
            updatedAt: updatedAt
        )
    }
}

extension DeviceAlarm {
    package var summary: AlarmSummary {
        AlarmSummary(
            record: record,
            device: device,
            community: community,
            type: type,
            severity: severity,
            status: status,
            isRaised: isRaised,
            raisedAt: raisedAt,
            updatedAt: updatedAt,
            escalatesAt: escalatesAt?.at,
            lacksOrder: !service.isEmpty && workOrders.isEmpty && status < .verified
        )
    }
}
