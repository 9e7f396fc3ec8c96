import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore
import LiandongWeb

extension AdminDesk {
    func submit(_ form: AdminRequest.Submission) async throws -> ReceiptReport {
        let location = try location(form.latitude, form.longitude)
        let place = try authority.resolve(addressID: form.place, location: location)
        let order = SubmitWorkOrder(
            service: form.service,
            place: place?.id,
            description: form.text,
            address: form.address ?? "",
            location: location,
            requestedAt: form.requestedAt.map(Instant.init(milliseconds:)),
            channel: form.channel,
            contact: Contact(name: form.name ?? "", phone: form.phone ?? ""),
            imported: reference(form),
            outcome: form.closedAt.map {
                .init(closedAt: Instant(milliseconds: $0), text: form.outcome ?? "")
            }
        )
        let actor = try node.actor(role: "clerk")
        let receipt =
            form.isDryRun
            ? try await node.store.rehearse(HandIn(order), as: actor)
            : try await node.store.commit(HandIn(order), as: actor)
        return ReceiptReport(receipt, at: now)
    }

    private func location(_ latitude: Double?, _ longitude: Double?) throws -> GeoPoint? {
        guard latitude != nil || longitude != nil else { return nil }
        guard let latitude, let longitude else {
            throw NodeError(.usage, "a latitude and a longitude are given together, or neither")
        }
        guard let point = GeoPoint(latitude: latitude, longitude: longitude) else {
            throw NodeError(
                .usage,
                "latitude \(latitude), longitude \(longitude) is no place on earth: "
                    + "-90 to 90 and -180 to 180 are allowed"
            )
        }
        return point
    }

    private func reference(_ form: AdminRequest.Submission) -> ExternalReference? {
        guard let system = form.externalSystem, let identifier = form.externalIdentifier else { return nil }
        return ExternalReference(system: system, identifier: identifier)
    }

    func orders(_ query: AdminRequest.OrderQuery) async throws -> OrdersReport {
        var filter = StoreReader.WorkOrderFilter()
        filter.limit = min(max(query.limit, 1), 10_000)
        filter.services = query.service.map { [$0] }
        filter.holder = try query.holder.map { try authority.requirePlace(code: $0).id }
        switch query.status {
        case "open"?: filter.isOpen = true
        case "closed"?: filter.isOpen = false
        case let word?:
            guard let status = WorkOrder.Status(name: word) else {
                let words = WorkOrder.Status.allCases.map(\.name).joined(separator: ", ")
                throw NodeError(.usage, "--status: \(word) is none of open, closed, \(words)")
            }
            filter.status = status.name
        case nil: break
        }
        let scene = node.orderScene
        let rows = try await node.store.read { [filter] reader in
            try reader.workOrders(filter).compactMap { try reader.orderRow($0, scene) }
        }
        return OrdersReport(orders: rows, at: now)
    }

    func order(_ number: String) async throws -> OrderReport {
        let scene = node.orderScene
        let found = try await node.store.read { reader in
            try reader.workOrders(number: number).compactMap { try reader.orderReport($0, for: .staff, scene) }
        }
        guard let order = found.first else {
            throw NodeError(
                .notFound,
                "this node holds no work order \(number); check its 25 digits, or ask where it was accepted"
            )
        }
        return order
    }

    func act(_ request: AdminRequest.OrderAction) async throws -> OrderReport {
        let command = try ActOnWorkOrder(
            .number(request.number, queryCode: request.queryCode),
            request.verb,
            .init(
                to: request.place,
                reason: request.reason,
                text: request.text,
                satisfaction: request.satisfaction
            ),
            authority
        )
        let actor = try node.actor(name: request.operatorName, role: "clerk")
        let receipt = try await node.store.commit(command, as: actor)
        return try await order(receipt.number)
    }

    func amend(_ request: AdminRequest.Amendment) async throws -> OrderReport {
        let command = AmendWorkOrder(
            .number(request.number, queryCode: request.queryCode),
            service: request.service,
            description: request.text,
            address: request.address,
            location: try location(request.latitude, request.longitude),
            papersAt: try request.papersAt.map { try authority.requirePlace(code: $0).id },
            contact: request.requester.map { ContactChange(name: $0.name, phone: $0.phone) },
            addedReferences: request.addedReferences.map {
                ExternalReference(system: $0.system, identifier: $0.identifier)
            },
            kept: try request.kept.map { try $0.choice() }
        )
        let actor = try node.actor(name: request.operatorName, role: "clerk")
        let receipt = try await node.store.commit(command, as: actor)
        return try await order(receipt.number)
    }
}
