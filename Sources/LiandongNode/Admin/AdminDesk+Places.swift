import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongSigning
import LiandongStore

// The places of the chain: every node lists them, the signer alone changes them.
extension AdminDesk {
    func places() -> PlacesReport { PlacesReport(authority, at: now) }

    func addPlace(_ form: AdminRequest.PlaceForm) async throws -> DoneReport {
        try requireSigner()
        guard let tier = Tier(name: form.tier), tier != .district else {
            throw NodeError(.usage, "--tier: \(form.tier) is none of street, community, grid")
        }
        let id = PlaceID.random()
        try await node.signerDesk.append { authority in
            let parent = try District.parent(of: form.code, tier, given: form.parent, authority)
            let place = Place(
                id: id,
                tier: tier,
                parent: parent.id,
                code: form.code,
                name: form.name,
                boundary: form.boundary
            )
            return [.place(try District.checked(place, authority))]
        }
        return done("\(tier.name) \(form.code) \(form.name) added", id: "\(id)")
    }

    func renamePlace(_ code: String, _ name: String) async throws -> DoneReport {
        try await change(code) { $0.with(name: name) }
        return done("\(code) is called \(name) now")
    }

    func setBoundary(_ code: String, _ ring: [Double]) async throws -> DoneReport {
        try await change(code) { $0.with(boundary: ring) }
        return done("\(code) has a boundary of \(ring.count / 2) corners now")
    }

    /// Puts a place under another parent, or only tells what that would do.
    func movePlace(_ code: String, under parentCode: String, isDryRun: Bool) async throws -> MoveReport {
        try requireSigner()
        let before = authority
        let place = try before.requirePlace(code: code)
        let parent = try before.requirePlace(code: parentCode)
        let moved = try District.moved(place, under: parent, before)
        let after = try before.rehearsing(.place(moved), .sodium)
        let audiences = try await node.store.read { try $0.recordsByAudience() }
        let engine = await node.engine.inspect { $0 }
        if !isDryRun {
            try await node.signerDesk.append { authority in
                let place = try authority.requirePlace(code: code)
                return [.place(try District.moved(place, under: authority.requirePlace(code: parentCode), authority))]
            }
        }
        return MoveReport(
            place,
            to: parent,
            isMoved: !isDryRun,
            before: before,
            after: after,
            audiences: audiences,
            engine,
            at: now
        )
    }

    private func change(_ code: String, _ body: @escaping @Sendable (Place) -> Place) async throws {
        try requireSigner()
        try await node.signerDesk.append { authority in
            [.place(try District.checked(body(try authority.requirePlace(code: code)), authority))]
        }
    }
}

extension Place {
    /// The same place with another name, boundary or parent.
    func with(name: String? = nil, boundary: [Double]? = nil, parent: PlaceID? = nil) -> Place {
        Place(
            id: id,
            tier: tier,
            parent: parent ?? self.parent,
            code: code,
            name: name ?? self.name,
            boundary: boundary ?? self.boundary,
            validFrom: validFrom
        )
    }
}
