/// A tier of city government.
package enum Tier: UInt8, Sendable, Comparable, CaseIterable {
    case district = 1
    case street = 2
    case community = 3
    case grid = 4

    package var name: String {
        switch self {
        case .district: "district"
        case .street: "street"
        case .community: "community"
        case .grid: "grid"
        }
    }

    package init?(name: String) {
        guard let tier = Tier.allCases.first(where: { $0.name == name }) else { return nil }
        self = tier
    }

    package static func < (a: Tier, b: Tier) -> Bool { a.rawValue < b.rawValue }
}

/// A place as the authority chain has it now.
package struct Place: Sendable, Hashable {
    package let id: PlaceID
    package let tier: Tier
    /// Nil for the district.
    package let parent: PlaceID?
    /// 12 digits; a grid has 15 or its own code.
    ///
    /// An attribute, never a key.
    package let code: String
    package let name: String
    /// A ring of longitude, latitude pairs in degrees; empty when not known.
    package let boundary: [Double]
    /// First day it holds, yyyy-mm-dd; empty: from the beginning.
    package let validFrom: String

    package init(
        id: PlaceID,
        tier: Tier,
        parent: PlaceID?,
        code: String,
        name: String,
        boundary: [Double] = [],
        validFrom: String = ""
    ) {
        self.id = id
        self.tier = tier
        self.parent = parent
        self.code = code
        self.name = name
        self.boundary = boundary
        self.validFrom = validFrom
    }
}

extension Place {
    /// Whether its boundary holds the point, in degrees; a place without one holds none.
    package func contains(longitude: Double, latitude: Double) -> Bool {
        Ring.contains(boundary, longitude: longitude, latitude: latitude)
    }
}

/// A node as the authority chain has it.
package struct Enrolment: Sendable, Hashable {
    package let node: NodeID
    /// X25519 public key, 32 bytes.
    package let sealingKey: [UInt8]
    package let place: PlaceID
    package let name: String
    /// 1 to 99: its two digits in work-order numbers.
    package let ordinal: Int
    package let addresses: [String]

    package init(
        node: NodeID,
        sealingKey: [UInt8],
        place: PlaceID,
        name: String,
        ordinal: Int,
        addresses: [String]
    ) {
        self.node = node
        self.sealingKey = sealingKey
        self.place = place
        self.name = name
        self.ordinal = ordinal
        self.addresses = addresses
    }
}
