package import LiandongCore

/// A service request and all that was done about it; 工单.
///
/// A pure fold: replicas that hold the same ops show equal work orders. State, holder and rounds are nowhere stored as
/// truth; ``Progress`` makes them from the log.
package struct WorkOrder: Sendable, Hashable {
    package let record: RecordID
    /// The current one: further ops are written to it.
    package let audience: Audience

    /// 25 digits each, sorted; the first is the one shown.
    package let numbers: [String]
    /// The place that took it in.
    package let acceptedAt: PlaceID
    /// The place it is for.
    package let place: PlaceID
    /// The place that keeps the papers.
    package let papersAt: PlaceID

    package let service: String
    package let channel: String
    /// When the requester asked.
    package let requestedAt: Instant
    /// When it was written down here.
    package let submittedAt: Instant
    /// The greatest stamp of its ops.
    package let updatedAt: Instant
    /// When its personal values were erased; nil when they were not.
    package let erasedAt: Instant?

    package let description: String?
    package let address: String?
    package let location: GeoPoint?
    package let media: [String]
    /// In the order they were added.
    package let photos: [WorkOrderPhoto]
    package let attributes: [AttributeValue]
    package let externalReferences: [ExternalReference]
    /// Sealed to purpose `contact`; ``contact(_:)`` opens it.
    package let sealedContact: [UInt8]?
    /// The fields of which somebody has to choose a version; what is shown of them is the first.
    package let conflicts: [Conflict]
    /// H of record and query code; ``WorkOrder/isQueryCode(_:_:)`` compares.
    package let queryHash: [UInt8]

    /// The log in its one order, each entry with the verdict on it.
    package let events: [WorkOrderEvent]
    /// What the log amounts to.
    package let progress: Progress

    /// The number shown to people.
    package var number: String { numbers.first ?? "" }
    package var status: Status { progress.status }
    /// From 1; every reopening and every failed verification begins another.
    package var round: Int { progress.round }
    /// The places responsible, sorted: one, or more during a dispute.
    ///
    /// Never none.
    package var holders: [PlaceID] { progress.holders }
    /// The place responsible at; during a dispute the giver's choice is awaited and the first claimant is named.
    package var holder: PlaceID { progress.holders.first ?? acceptedAt }
    package var dispute: Dispute? { progress.dispute }
    /// The places with an open offer to them, sorted.
    package var offeredTo: [PlaceID] { Set(offers.filter { $0.state == .open }.map(\.to)).sorted() }
    /// Whether it is open with several holders, or was dispatched to several places at once: somebody has to decide.
    package var isContested: Bool { status.isOpen && (dispute != nil || !progress.otherLeads.isEmpty) }
    /// Whether it is open and somebody has to decide: who holds it, or which version of what it says is right.
    package var awaitsDecision: Bool { isContested || (status.isOpen && !conflicts.isEmpty) }
    package var offers: [Offer] { progress.offers }
    /// The place that handles it, once dispatched.
    package var lead: PlaceID? { progress.lead }
    /// The places that are to act on it, sorted: its holders and whom it was dispatched to; none once it has ended.
    package var acting: [PlaceID] { status.isOpen ? Set(holders + leads).sorted() : [] }
    /// The places that it is a matter of, sorted: where it came in, what it is for, who keeps its papers, who holds it, was
    /// dispatched to or is asked to take it.
    package var concerned: [PlaceID] { Set([acceptedAt, place, papersAt] + holders + leads + offeredTo).sorted() }
    private var leads: [PlaceID] { (lead.map { [$0] } ?? []) + progress.otherLeads }

    /// What the requester is told of the state: the newest text written with a decision.
    package var statusNotes: String? {
        events.last { $0.isApplied && $0.act.isTold && !$0.text.isEmpty }?.text
    }

    /// How far a work order has come in its round.
    package enum Status: UInt8, Sendable, CaseIterable, Comparable {
        case submitted = 0
        case accepted = 1
        case reopened = 2
        case filed = 3
        case dispatched = 4
        case signedFor = 5
        case handling = 6
        case handled = 7
        case verified = 8
        case revisited = 9
        case declined = 10
        case closed = 11
        case archived = 12

        package static func < (a: Status, b: Status) -> Bool { a.rawValue < b.rawValue }

        /// The stable word for lists, JSON and the CLI.
        package var name: String {
            switch self {
            case .submitted: "submitted"
            case .accepted: "accepted"
            case .reopened: "reopened"
            case .filed: "filed"
            case .dispatched: "dispatched"
            case .signedFor: "signed-for"
            case .handling: "handling"
            case .handled: "handled"
            case .verified: "verified"
            case .revisited: "revisited"
            case .declined: "declined"
            case .closed: "closed"
            case .archived: "archived"
            }
        }

        package init?(name: String) {
            guard let status = Status.allCases.first(where: { $0.name == name }) else { return nil }
            self = status
        }

        /// Open311 knows two: open and closed.
        package var isOpen: Bool { self < .declined }
    }

    /// The giver's wish that another place become holder.
    package struct Offer: Sendable, Hashable {
        package enum State: UInt8, Sendable, Comparable {
            case open, overtaken, lapsed, withdrawn, refused, taken

            package static func < (a: State, b: State) -> Bool { a.rawValue < b.rawValue }

            package var name: String { String(describing: self) }
        }

        /// Of the event that made it.
        package let id: EventID
        package let from: PlaceID
        package let to: PlaceID
        package let state: State
        /// Why it was refused or withdrawn.
        package let reason: String
    }

    /// More than one place took offers of one tenure.
    package struct Dispute: Sendable, Hashable {
        /// The taking that each claims by, in the log's order.
        package let claims: [Claim]
        /// The giver: it, or failing it ``arbiter``, picks.
        package let giver: PlaceID
        /// The claimants' lowest common ancestor.
        package let arbiter: PlaceID

        package struct Claim: Sendable, Hashable {
            package let take: EventID
            package let place: PlaceID
        }
    }
}

/// The 8 random bytes that name an entry of a log within its record.
package struct EventID: FixedIdentifier {
    package let raw: UInt64
    package init(raw: UInt64) { self.raw = raw }

    /// - Returns: nil unless there are exactly 8 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard let raw = UInt64(bigEndianBytes: bytes) else { return nil }
        self.raw = raw
    }
}

/// WGS 84, in degrees.
package struct GeoPoint: Sendable, Hashable {
    package let latitude: Double
    package let longitude: Double

    /// - Returns: nil outside −90…90 and −180…180.
    package init?(latitude: Double, longitude: Double) {
        guard (-90.0...90).contains(latitude), (-180.0...180).contains(longitude) else { return nil }
        self.latitude = latitude
        self.longitude = longitude
    }
}

/// A work order's name in another system.
package struct ExternalReference: Sendable, Hashable, Comparable {
    package let system: String
    package let identifier: String

    package init(system: String, identifier: String) {
        self.system = system
        self.identifier = identifier
    }

    package static func < (a: Self, b: Self) -> Bool {
        a.system.utf8.lexicographicallyPrecedes(b.system.utf8)
            || (a.system == b.system && a.identifier.utf8.lexicographicallyPrecedes(b.identifier.utf8))
    }
}

/// The answer to one attribute of a service definition.
package struct AttributeValue: Sendable, Hashable {
    package let code: String
    package let value: String

    package init(code: String, value: String) {
        self.code = code
        self.value = value
    }
}

/// Who made a request.
///
/// Travels sealed to purpose `contact`.
package struct Contact: Sendable, Hashable {
    package let name: String
    package let phone: String
    package let email: String

    package init(name: String = "", phone: String = "", email: String = "") {
        self.name = name
        self.phone = phone
        self.email = email
    }

    package var isEmpty: Bool { name.isEmpty && phone.isEmpty && email.isEmpty }
}

extension WorkOrder {
    /// - Parameter key: what is said then, of a day.
    /// - Throws: a refusal when what is personal of the order was erased.
    func requireNotErased(_ key: Refusal.Key) throws(Refusal) {
        guard let erasedAt else { return }
        throw Refusal(key, CivilDate(erasedAt))
    }
}

extension WorkOrder {
    /// The places that hold it or are asked to, which are to receive it whatever became of its audience meanwhile.
    func answering(_ authority: AuthorityState) -> [PlaceID] {
        let asked = offers.filter { $0.state == .open }.map(\.to)
        return (holders + asked).filter { authority.places[$0] != nil }
    }
}
