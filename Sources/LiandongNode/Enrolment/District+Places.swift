import LiandongCore
import LiandongSigning

// What a place has to be before the signer writes it into the chain, where it cannot be taken back.
extension District {
    /// The most bytes of a place's name.
    private static let nameByteLimit = 200
    /// The most corners of a boundary: with them an entry stays within its 32 KiB.
    private static let cornerLimit = 2_000

    /// The place, if the chain can take it.
    ///
    /// - Throws: ``NodeError`` that names the value and its bound.
    static func checked(_ place: Place, _ authority: AuthorityState) throws -> Place {
        try checkCode(place.code, place.tier)
        if let other = authority.place(code: place.code), other.id != place.id {
            throw NodeError(.refused, "the code \(place.code) is that of \(other.name) already; give another")
        }
        guard !place.name.isEmpty, place.name.utf8.count <= nameByteLimit else {
            throw NodeError(
                .usage,
                "the name \"\(place.name)\" has \(place.name.utf8.count) bytes, 1 to \(nameByteLimit) are allowed"
            )
        }
        try checkBoundary(place.boundary)
        return place
    }

    /// 12 digits, of a grid 15.
    static func checkCode(_ code: String, _ tier: Tier) throws {
        let count = tier == .grid ? 15 : 12
        guard code.utf8.count == count, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw NodeError(.usage, "--code: \(code) is not \(count) digits, as the code of a \(tier.name) is")
        }
    }

    private static func checkBoundary(_ ring: [Double]) throws {
        guard !ring.isEmpty else { return }
        let corners = stride(from: 0, to: ring.count - 1, by: 2).map { (longitude: ring[$0], latitude: ring[$0 + 1]) }
        guard ring.count.isMultiple(of: 2), (3...cornerLimit).contains(corners.count) else {
            throw NodeError(
                .usage,
                "the boundary has \(corners.count) corners, 3 to \(cornerLimit) are allowed; simplify it"
            )
        }
        for corner in corners
        where !(-180.0...180).contains(corner.longitude) || !(-90.0...90).contains(corner.latitude) {
            throw NodeError(
                .usage,
                "the boundary's corner longitude \(corner.longitude), latitude \(corner.latitude) is no place on earth: "
                    + "-180 to 180 and -90 to 90 are allowed, longitude first"
            )
        }
    }

    /// The place that a new one lies under: the one given, else by the code's digits.
    ///
    /// A grid's community has its first twelve, a community's street its first nine, a street is the district's.
    static func parent(of code: String, _ tier: Tier, given: String?, _ authority: AuthorityState) throws -> Place {
        try checkCode(code, tier)
        let digits =
            switch tier {
            case .grid: String(code.prefix(12))
            case .community: String(code.prefix(9)) + "000"
            case .street, .district: authority.district.flatMap { authority.places[$0]?.code } ?? ""
            }
        let above = given ?? digits
        guard let parent = authority.place(code: above) else {
            throw NodeError(
                .notFound,
                "no place has the code \(above), under which \(code) would lie; add or invite it first, or give --parent"
            )
        }
        guard parent.tier < tier else {
            throw NodeError(.refused, "\(above) is a \(parent.tier.name) and cannot hold a \(tier.name)")
        }
        return parent
    }
}

extension District {
    /// The place under another parent, if the chain can take that.
    static func moved(_ place: Place, under parent: Place, _ authority: AuthorityState) throws -> Place {
        guard place.parent != nil else {
            throw NodeError(.refused, "\(place.code) is the district and lies under nothing; move a place of it")
        }
        guard parent.tier < place.tier else {
            throw NodeError(.refused, "\(parent.code) is a \(parent.tier.name) and cannot hold a \(place.tier.name)")
        }
        guard place.parent != parent.id else {
            throw NodeError(.refused, "\(place.code) lies under \(parent.code) already; nothing is to be done")
        }
        return try checked(place.with(parent: parent.id), authority)
    }
}

extension PlaceID {
    /// An id for a new place.
    static func random() -> PlaceID { PlaceID(raw: max(1, secureRandomBytes(8).reduce(0) { $0 << 8 | UInt64($1) })) }
}
