import Foundation
import LiandongCore
import LiandongDomain
package import LiandongReports
import LiandongSigning
import LiandongStore

// A grid becomes two: at the district's signer, as a grid is an entry of the chain.
extension AdminDesk {
    /// Adds the new grid and moves the chosen orders of the old one to it, or only tells what that would do.
    func splitGrid(_ form: AdminRequest.GridSplit) async throws -> GridSplitReport {
        try requireSigner()
        let before = authority
        let grid = try before.requirePlace(code: form.grid)
        guard grid.tier == .grid, let parent = grid.parent else {
            throw NodeError(.refused, "\(form.grid) is a \(grid.tier.name); only a grid can be split")
        }
        let new = try District.checked(
            Place(
                id: before.place(code: form.code)?.id ?? .random(),
                tier: .grid,
                parent: parent,
                code: form.code,
                name: form.name,
                boundary: form.boundary
            ),
            before
        )
        try requireResumable(new, before)
        let isMade = before.places[new.id] != nil
        let after = isMade ? before : try before.rehearsing(.place(new), .sodium)
        let chosen = try await orders(of: grid.id, form, in: new)
        if !form.isDryRun {
            if !isMade { try await node.signerDesk.append { _ in [.place(new)] } }
            let actor = try node.actor(role: "clerk")
            for order in chosen {
                let command = ReassignWorkOrder(.record(order.record), from: grid.id, to: new.id)
                _ = try await node.store.commit(command, as: actor)
            }
        }
        return GridSplitReport(
            asOf: now.iso8601,
            grid: place(grid.id),
            into: PlaceReport(code: new.code, name: new.name),
            isDone: !form.isDryRun,
            orders: chosen.map {
                .init(number: $0.number, status: $0.status.name, address: $0.address ?? "")
            },
            nodes: rows(chosen, from: grid.id, to: new.id, before, after)
        )
    }

    /// A split that was broken off is given again with the same words.
    private func requireResumable(_ new: Place, _ authority: AuthorityState) throws {
        guard let known = authority.places[new.id] else { return }
        guard known.tier == .grid, known.parent == new.parent, known.name == new.name else {
            throw NodeError(.refused, "the code \(new.code) is that of \(known.name) already; give another")
        }
    }

    /// The open orders of a grid that are to go to the new one.
    private func orders(of grid: PlaceID, _ form: AdminRequest.GridSplit, in new: Place) async throws -> [WorkOrder] {
        let orders = try await node.store.read { reader in
            var filter = StoreReader.WorkOrderFilter()
            filter.isOpen = true
            filter.limit = Int(Int32.max)
            return try reader.workOrders(filter).compactMap { try reader.workOrder($0) }.filter { order in
                order.place == grid || order.lead == grid || order.audience.members.contains { $0.place == grid }
            }
        }
        let numbers = Set(form.numbers)
        let unknown = numbers.subtracting(orders.flatMap(\.numbers)).sorted()
        guard unknown.isEmpty else {
            throw NodeError(
                .notFound,
                "no open order of \(form.grid) has the number \(unknown.joined(separator: ", "))"
            )
        }
        return orders.filter { order in
            order.numbers.contains { numbers.contains($0) }
                || form.addressPrefixes.contains { order.address?.hasPrefix($0) == true }
                || order.location.map { new.contains(longitude: $0.longitude, latitude: $0.latitude) } == true
        }
    }

    private func rows(
        _ orders: [WorkOrder],
        from grid: PlaceID,
        to new: PlaceID,
        _ before: AuthorityState,
        _ after: AuthorityState
    ) -> [GridSplitReport.Row] {
        before.nodes.values.sorted { ($0.place, $0.node) < ($1.place, $1.node) }.compactMap { enrolment in
            var (keeps, gains, loses) = (0, 0, 0)
            for order in orders {
                let moved = order.audience.members.map {
                    $0.place == grid ? Audience.Member(place: new, scope: $0.scope) : $0
                }
                guard let audience = Audience(moved) else { continue }
                switch (
                    before.isEntitled(enrolment.node, to: order.audience),
                    after.isEntitled(enrolment.node, to: audience)
                ) {
                case (true, true): keeps += 1
                case (false, true): gains += 1
                case (true, false): loses += 1
                case (false, false): break
                }
            }
            guard keeps + gains + loses > 0 else { return nil }
            return .init(
                node: enrolment.name,
                placeCode: before.code(of: enrolment.place),
                keeps: keeps,
                gains: gains,
                loses: loses
            )
        }
    }
}

/// A grid that becomes two: `liandong.grid-split/1`.
package struct GridSplitReport: Codable, Sendable {
    package var schema = "liandong.grid-split/1"
    package let asOf: String
    package let grid: PlaceReport
    package let into: PlaceReport
    /// False when it was only asked what would happen.
    package let isDone: Bool
    /// The open orders that are the new grid's.
    package let orders: [Order]
    /// The nodes that receive them before or after.
    package let nodes: [Row]

    package struct Order: Codable, Sendable {
        package let number: String
        package let status: String
        package let address: String
    }

    package struct Row: Codable, Sendable {
        package let node: String
        package let placeCode: String
        /// How many of the orders it has and keeps, has not and gets, has and lets go of.
        package let keeps: Int
        package let gains: Int
        package let loses: Int
    }
}
