import Foundation
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongStore
import LiandongWeb

/// What the Open311 routes ask of a node, answered from its store.
struct NodeDesk: ServiceDesk {
    let node: Node

    var jurisdiction: Jurisdiction {
        let authority = node.store.authority
        let district = authority.district.flatMap { authority.places[$0] }
        return Jurisdiction(
            id: district?.code ?? "",
            contact: district?.name ?? "",
            changeset: node.changedAt
        )
    }

    var catalogue: ServiceCatalogue { .current }

    func submit(
        _ submission: ServiceRequestSubmission,
        idempotency: LiandongWeb.IdempotencyKey?
    ) async throws -> SubmissionReceipt {
        do {
            let command = HandIn(try submission.command(node.store.authority, channel: "open311"))
            let actor = try node.actor(role: Actor.residentRole)
            let receipt: HandIn.Receipt
            if let idempotency {
                let key = LiandongStore.IdempotencyKey(key: idempotency.text, digest: idempotency.bodyHash)
                receipt = try await node.store.commit(command, as: actor, idempotencyKey: key)
            } else {
                receipt = try await node.store.commit(command, as: actor)
            }
            guard let record = bytes(hexadecimal: receipt.record).flatMap({ RecordID($0) }) else {
                throw StoreError(.corrupt, "a receipt names record \(receipt.record)")
            }
            return SubmissionReceipt(
                record: record,
                number: receipt.number,
                queryCode: receipt.queryCode,
                token: receipt.number
            )
        } catch {
            throw ServiceDeskError(expected: error) ?? error
        }
    }

    func request(_ number: String) async throws -> ServiceRequest? {
        try await node.store.read { reader in
            try reader.workOrders(number: number).first.flatMap { try reader.workOrder($0) }
                .map { ServiceRequest($0, asked: number, reader.authority) }
        }
    }

    func requests(_ filter: ServiceRequestFilter) async throws -> [ServiceRequest] {
        var conditions = StoreReader.WorkOrderFilter()
        if !filter.numbers.isEmpty { conditions.numbers = filter.numbers }
        if !filter.serviceCodes.isEmpty { conditions.services = filter.serviceCodes.sorted() }
        if let period = filter.period { (conditions.from, conditions.to) = (period.lowerBound, period.upperBound) }
        if filter.statuses.count == 1 { conditions.isOpen = filter.statuses.contains(.open) }
        conditions.limit = filter.limit
        return try await node.store.read { [conditions] reader in
            try reader.workOrders(conditions).compactMap { try reader.workOrder($0) }
                .map { ServiceRequest($0, asked: nil, reader.authority) }
        }
    }

    /// So many requests are looked at for one answer.
    private static let updatedLimit = 2_000

    func updates(_ filter: ServiceRequestUpdateFilter) async throws -> [ServiceRequestUpdate] {
        let limit = NodeDesk.updatedLimit
        let found = try await node.store.read { reader in
            let orders: [RecordID]
            if filter.numbers.isEmpty, let period = filter.period {
                orders = try reader.workOrders(updatedSince: period.lowerBound, limit: limit + 1)
            } else {
                var named = StoreReader.WorkOrderFilter()
                named.numbers = filter.numbers
                orders = try reader.workOrders(named)
            }
            guard orders.count <= limit else {
                throw ServiceDeskError.invalid(
                    "start_date",
                    "more than \(limit) requests were worked on since then; give a later one, or service_request_id"
                )
            }
            return try orders.compactMap { try reader.workOrder($0) }.flatMap { order in
                order.publicSteps.filter { filter.period?.contains($0.event.writtenAt) ?? true }
                    .map { ServiceRequestUpdate($0, of: order, reader.authority) }
            }
        }
        let newest = found.sorted { ($1.updatedAt, $0.id) < ($0.updatedAt, $1.id) }
        return Array(newest.prefix(ServiceRequestUpdateFilter.limit))
    }

    func number(token: String) async throws -> String? {
        try await node.store.read { try $0.workOrders(number: token).isEmpty ? nil : token }
    }

    func readiness() async -> Readiness {
        guard node.place != nil else { return .unready("the node is not enrolled") }
        return node.store.isReadOnly ? .unready("the disk is nearly full: the node takes nothing in") : .ready
    }
}

extension ServiceRequest {
    /// What stands where a description was.
    private static func erasedText(_ at: Instant) -> String {
        "个人信息已于 \(CivilDate(at)) 删除 / personal information erased on \(CivilDate(at))"
    }

    /// A work order as everybody may see it.
    ///
    /// - Parameter asked: the number it was asked by: each requester keeps their own.
    fileprivate init(_ order: WorkOrder, asked: String?, _ authority: AuthorityState) {
        self.init(
            id: asked ?? order.number,
            status: order.status.isOpen ? .open : .closed,
            extendedStatus: .init(order.status),
            statusNotes: order.statusNotes,
            serviceCode: order.service,
            description: order.erasedAt.map(ServiceRequest.erasedText) ?? order.description,
            agencyResponsible: order.holders.map { authority.name(of: $0) }.joined(separator: ", "),
            requestedAt: order.requestedAt,
            updatedAt: order.updatedAt,
            address: order.address,
            addressID: authority.code(of: order.place),
            latitude: order.location?.latitude,
            longitude: order.location?.longitude,
            mediaURL: order.media.first
        )
    }
}

extension ServiceRequestUpdate {
    fileprivate init(_ step: WorkOrder.Step, of order: WorkOrder, _ authority: AuthorityState) {
        let event = step.event
        let place = event.place.map { authority.name(of: $0) }
        self.init(
            id: "\(event.id)",
            requestID: order.number,
            status: Status(step.status),
            updatedAt: event.writtenAt,
            text: event.act.isTold && !event.text.isEmpty ? event.text : nil,
            title: place.map { Localized("\(event.act.title.zh)：\($0)", "\(event.act.title.en): \($0)") }
                ?? event.act.title
        )
    }
}
