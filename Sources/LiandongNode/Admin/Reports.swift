// What the command line prints: each report is one object with a schema and the time it was made.

/// One place in a report.
package struct PlaceReport: Codable, Sendable {
    package let code: String
    package let name: String
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
}

/// Something done: `liandong.done/1`.
package struct DoneReport: Codable, Sendable {
    package var schema = "liandong.done/1"
    package let asOf: String
    package let what: String
    package var id: String?
}

/// One work order: `liandong.order/1`.
package struct OrderReport: Codable, Sendable {
    package var schema = "liandong.order/1"
    package let asOf: String
    package let record: String
    package let number: String
    package let numbers: [String]
    package let status: String
    package let service: String
    package let round: Int
    package let acceptedAt: PlaceReport
    package let place: PlaceReport
    package let holders: [PlaceReport]
    package let papersAt: PlaceReport
    package let requestedAt: String
    package let updatedAt: String
    /// When what is personal of it was erased.
    package let erasedAt: String?
    package let description: String?
    package let address: String?
    package let latitude: Double?
    package let longitude: Double?
    /// Its names in other systems.
    package let references: [Reference]
    package let requester: String?
    package let phone: String?
    package let offers: [Offer]
    package let dispute: Dispute?
    package let events: [Event]
    /// It came with a snapshot, and its deltas are still to be checked.
    package let verifying: Bool

    package struct Reference: Codable, Sendable {
        package let system: String
        package let identifier: String
    }

    package struct Offer: Codable, Sendable {
        package let from: PlaceReport
        package let to: PlaceReport
        package let state: String
        package let reason: String
    }

    package struct Dispute: Codable, Sendable {
        package let claimants: [PlaceReport]
        package let decider: PlaceReport
        package let arbiter: PlaceReport
    }

    package struct Event: Codable, Sendable {
        package let at: String
        package let act: String
        package let by: PlaceReport
        package let to: PlaceReport?
        package let round: Int
        package let text: String
        package let reason: String
        package let applied: Bool
        package let note: String?
    }
}

/// What was or would be erased, without its values: `liandong.erasure/1`.
package struct ErasureReport: Codable, Sendable {
    package var schema = "liandong.erasure/1"
    package let asOf: String
    package let record: String
    package let reason: String
    package let isDryRun: Bool
    /// When it was erased before; null when it was not.
    package let erasedBefore: String?
    package let fields: [Field]

    package struct Field: Codable, Sendable {
        package let name: String
        package let values: Int
    }
}

/// Work orders: `liandong.orders/1`.
package struct OrdersReport: Codable, Sendable {
    package var schema = "liandong.orders/1"
    package let asOf: String
    package let orders: [Row]

    package struct Row: Codable, Sendable {
        package let number: String
        package let status: String
        package let service: String
        package let acceptedAt: String
        package let place: String
        package let holder: String
        package let requestedAt: String
        package let text: String
        package let verifying: Bool
    }
}

/// One person as this node sees them: `liandong.person/1`.
package struct PersonReport: Codable, Sendable {
    package var schema = "liandong.person/1"
    package let asOf: String
    package let registrations: [Registration]

    package struct Registration: Codable, Sendable {
        package let id: String
        package let community: PlaceReport
        package let name: String
        /// Masked: 110101********867X.
        package let identityNumber: String?
        package let phone: String?
        package let address: String?
        package let registeredAt: String
        /// When it was erased.
        package let erasedAt: String?
        /// Times since when the person is also registered elsewhere.
        package let elsewhereSince: [String]
        /// From a snapshot: its signatures are still being checked.
        package let verifying: Bool
    }
}

/// People found: `liandong.people/1`.
package struct PeopleReport: Codable, Sendable {
    package var schema = "liandong.people/1"
    package let asOf: String
    package let people: [PersonReport]
}

/// One consultation: `liandong.consultation/1`.
package struct ConsultationReport: Codable, Sendable {
    package var schema = "liandong.consultation/1"
    package let asOf: String
    package let id: String
    package let place: PlaceReport
    package let title: String
    package let text: String
    package let createdAt: String
    package let closesAt: String
    package let closedAt: String?
    package let rule: String
    package let isProvisional: Bool
    package let counted: Int
    package let tally: [Count]
    package let uncounted: [Uncounted]
    package let opinions: [Opinion]
    /// From a snapshot: its signatures are still being checked.
    package let verifying: Bool

    package struct Count: Codable, Sendable {
        package let option: String
        package let title: String
        package let ballots: Int
    }

    package struct Uncounted: Codable, Sendable {
        package let ballot: String
        package let at: String
        package let place: PlaceReport?
        package let reason: String
        package let countedBallot: String?
    }

    package struct Opinion: Codable, Sendable {
        package let at: String
        package let place: PlaceReport?
        package let text: String
    }
}

/// Consultations: `liandong.consultations/1`.
package struct ConsultationsReport: Codable, Sendable {
    package var schema = "liandong.consultations/1"
    package let asOf: String
    package let consultations: [Row]

    package struct Row: Codable, Sendable {
        package let id: String
        package let place: PlaceReport
        package let title: String
        package let closed: Bool
        package let counted: Int
        package let verifying: Bool
    }
}

/// The links of one node: `liandong.peers/1`.
package struct PeersReport: Codable, Sendable {
    package var schema = "liandong.peers/1"
    package let asOf: String
    package let peers: [Row]

    package struct Row: Codable, Sendable {
        package let node: String
        package let name: String
        package let placeCode: String
        /// parent, sibling, child, lateral, hand-over or fallback.
        package let kind: String
        /// up, down or paused.
        package let state: String
        package let since: String
        package let addresses: [String]
    }
}

/// A token: `liandong.invite/1`.
package struct InviteReport: Codable, Sendable {
    package var schema = "liandong.invite/1"
    package let asOf: String
    package let token: String
    package let parent: String
    package let fingerprint: String
    package let expires: String
}

/// The places of the chain: `liandong.places/1`.
package struct PlacesReport: Codable, Sendable {
    package var schema = "liandong.places/1"
    package let asOf: String
    package let places: [Row]

    package struct Row: Codable, Sendable {
        package let code: String
        package let tier: String
        package let name: String
        /// The code of the place above it.
        package let parent: String?
        /// The names of the nodes that serve it.
        package let nodes: [String]
        /// Longitude, latitude pairs; empty when not known.
        package let boundary: [Double]
    }
}
