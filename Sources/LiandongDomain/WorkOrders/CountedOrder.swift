package import LiandongCore

/// What figures are made of, of one work order.
package struct CountedOrder: Sendable, Hashable {
    package let record: RecordID
    package let status: WorkOrder.Status
    package let service: String
    package let place: PlaceID
    /// The places that it is a matter of, sorted: ``WorkOrder/concerned``.
    package let concerned: [PlaceID]
    package let isDisputed: Bool
    package let requestedAt: Instant
    /// As in ``WorkOrderSummary``; so are the next.
    package let clockStartedAt: Instant
    package let respondedAt: Instant?
    package let handledAt: Instant?
    package let isResolved: Bool
    package let satisfaction: Int?

    package init(
        record: RecordID,
        status: WorkOrder.Status,
        service: String,
        place: PlaceID,
        concerned: [PlaceID],
        isDisputed: Bool,
        requestedAt: Instant,
        clockStartedAt: Instant,
        respondedAt: Instant?,
        handledAt: Instant?,
        isResolved: Bool,
        satisfaction: Int?
    ) {
        self.record = record
        self.status = status
        self.service = service
        self.place = place
        self.concerned = concerned
        self.isDisputed = isDisputed
        self.requestedAt = requestedAt
        self.clockStartedAt = clockStartedAt
        self.respondedAt = respondedAt
        self.handledAt = handledAt
        self.isResolved = isResolved
        self.satisfaction = satisfaction
    }
}
