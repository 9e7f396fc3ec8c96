package import LiandongCore
package import LiandongDomain

/// Work orders: `liandong.orders/1`.
package struct OrdersReport: Codable, Sendable {
    package var schema = "liandong.orders/1"
    package let asOf: String
    package let orders: [Row]
    /// Where the next page begins; absent at the end.
    package var next: String?

    package struct Row: Codable, Sendable {
        package let number: String
        package let status: String
        package let isOpen: Bool
        package let service: String
        package let acceptedAt: String
        package let place: String
        package let holder: String
        /// The places with an open offer to them.
        package let offeredTo: [String]
        package let disputed: Bool
        /// What it says was written at several places, none knowing of the others.
        package let conflicted: Bool
        package let round: Int
        package let requestedAt: String
        package let updatedAt: String
        package let due: String
        package let overdue: Bool
        package let text: String
        package let address: String?
        package let latitude: Double?
        package let longitude: Double?
        package let verifying: Bool
    }

    package init(orders: [Row], next: String? = nil, at now: Instant) {
        self.asOf = now.iso8601
        self.orders = orders
        self.next = next
    }
}

extension OrdersReport.Row {
    package init(_ order: WorkOrder, isVerifying: Bool, _ scene: OrderScene) {
        let deadline = order.deadline(scene.catalogue, scene.calendar)
        self.number = order.number
        self.status = order.status.name
        self.isOpen = order.status.isOpen
        self.service = order.service
        self.acceptedAt = scene.authority.code(of: order.acceptedAt)
        self.place = scene.authority.code(of: order.place)
        self.holder = scene.authority.code(of: order.holder)
        self.offeredTo = order.offeredTo.map { scene.authority.code(of: $0) }
        self.disputed = order.isContested
        self.conflicted = !order.conflicts.isEmpty
        self.round = order.round
        self.requestedAt = order.requestedAt.iso8601
        self.updatedAt = order.updatedAt.iso8601
        self.due = deadline.due.iso8601
        self.overdue = order.status.isOpen && deadline.isRunningLate(at: scene.now)
        self.text = order.description ?? ""
        self.address = order.address
        self.latitude = order.location?.latitude
        self.longitude = order.location?.longitude
        self.verifying = isVerifying
    }
}

/// A work order handed in: `liandong.receipt/1`.
package struct ReceiptReport: Codable, Sendable {
    package var schema = "liandong.receipt/1"
    package let asOf: String
    package let number: String
    package let queryCode: String
    package let record: String
    package let holder: String
    package let offeredTo: String?

    package init(
        asOf: String,
        number: String,
        queryCode: String,
        record: String,
        holder: String,
        offeredTo: String?
    ) {
        self.asOf = asOf
        self.number = number
        self.queryCode = queryCode
        self.record = record
        self.holder = holder
        self.offeredTo = offeredTo
    }
}
