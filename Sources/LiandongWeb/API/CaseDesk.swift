package import LiandongCore
package import LiandongDomain
package import LiandongReports

/// What the API and the pages ask of a node: values in, reports and receipts out, and no HTTP.
///
/// Reading functions give nil for what is missing and for what the asker may not see alike. Every function may throw a
/// `Refusal` or ``ServiceDeskError`` for an expected refusal; anything else is a fault of this node.
package protocol CaseDesk: Sendable {
    /// The chain, as this node knows it.
    var authority: AuthorityState { get }

    /// The services that can be requested.
    var catalogue: ServiceCatalogue { get }

    /// The place that this node serves; nil until it is enrolled.
    var place: PlaceID? { get }

    /// The newest request first, at most `query.limit`; and how many there are in each of some other lists, pages left
    /// out of account.
    ///
    /// Counting stops at ``OrderQuery/mostCounted``.
    func orders(_ query: OrderQuery, counting others: [OrderQuery]) async throws -> (found: OrdersReport, counts: [Int])

    /// What is open at the places of a scope; those where nothing is are left out.
    func loads(in scope: PlaceID) async throws -> [PlaceLoad]

    /// What became of the requests of a scope in the last 30 days.
    func dashboard(in scope: PlaceID) async throws -> DashboardReport

    /// - Parameter number: its 25 digits; of two orders that share one, the requester's, else the first.
    func order(_ number: String, for access: OrderAccess) async throws -> OrderReport?

    /// The order of a number that a query code is of. A wrong code finds nothing, and is counted as failed of the
    /// address and of the order.
    ///
    /// - Throws: ``AccessError`` with how long to wait, for who tried too often.
    func requestedOrder(_ number: String, queryCode: String, from address: String) async throws -> RecordID?

    /// The order that the asker may work on, found as ``order(_:for:)`` finds it; nil for everyone.
    func workableOrder(_ number: String, for access: OrderAccess) async throws -> RecordID?

    /// Takes a photo into an order that the asker may work on; once it returns, the photo is on this node's disk.
    ///
    /// The same photo again changes nothing.
    func add(_ photo: Photo, to order: RecordID, by performer: Performer) async throws

    /// A photo of an order, found as ``order(_:for:)`` finds it; nil for everyone.
    ///
    /// - Throws: ``Problem/photoOnItsWay(_:)`` for one whose bytes have not all come.
    func photo(_ digest: Hash, of number: String, for access: OrderAccess) async throws -> PhotoFile?

    /// Which nodes hold an order.
    func trace(_ number: String, in scope: PlaceID) async throws -> TraceReport?

    /// Who the requester of an order is, in clear: the caller has noted what for.
    func contact(of number: String, in scope: PlaceID) async throws -> FoundContact?

    /// People by identity number when the text is one, else by name; registrations outside the scope are left out.
    func people(_ text: String, in scope: PlaceID) async throws -> PeopleReport

    /// The person that a registration belongs to.
    func person(_ registration: RecordID, in scope: PlaceID) async throws -> PersonReport?

    /// A personal value in clear: the caller has noted what for.
    func unmasked(_ field: PersonalField, of registration: RecordID, in scope: PlaceID) async throws -> String?

    /// The newest first.
    func consultations() async throws -> ConsultationsReport

    func consultation(_ id: RecordID) async throws -> ConsultationReport?

    /// The opinions of a consultation, the newest first, behind one of them.
    func opinions(of id: RecordID, after last: EventID?, atMost limit: Int) async throws -> OpinionsReport?

    /// Whether a code is that of an entry of a consultation's roll. A wrong one, and an entry that is not on it, are
    /// counted as failed of the address and of the entry.
    ///
    /// - Throws: ``AccessError`` with how long to wait, for who tried too often; a `Refusal` at a node that cannot tell.
    func isVoter(_ voter: RollVoter, in consultation: RecordID, from address: String) async throws -> Bool

    /// How a ballot stands, by the number on its receipt.
    func ballot(_ ballot: EventID, of consultation: RecordID) async throws -> BallotReport?

    /// The newest first, at most `query.limit`.
    func notices(_ query: NoticeQuery) async throws -> NoticesReport

    func notice(_ id: RecordID) async throws -> NoticeReport?

    /// The worst of the open ones first, then the newest, at most `query.limit`.
    func alarms(_ query: AlarmQuery) async throws -> AlarmsReport

    func alarm(_ id: RecordID, in scope: PlaceID) async throws -> AlarmReport?

    /// By code; devices of communities outside the scope are left out.
    func devices(kind: DeviceKind?, in scope: PlaceID) async throws -> DevicesReport

    func device(_ id: RecordID, in scope: PlaceID) async throws -> DeviceReport?

    /// The whole cluster, as this node knows it.
    func status() async -> StatusReport

    /// What the operator of this node has to look at.
    func attention() async throws -> AttentionReport

    /// How fresh what this node shows is, by the nodes above it; the nearest first.
    func upstreams() async -> [UpstreamReport]

    /// A place to hear what changes from now on.
    ///
    /// - Parameters:
    ///   - scope: Of what lies outside it nothing is heard.
    ///   - account: Whose places are counted.
    /// - Throws: ``ServiceDeskError`` with `busy` when there is none left.
    func listen(to kinds: Set<Change.Kind>, in scope: PlaceID, by account: String) throws -> any ChangeListener

    /// Carries a command out; what it returns is on this node's disk.
    ///
    /// - Parameters:
    ///   - performer: the name and role that the record tells.
    ///   - idempotency: the same key with the same body gives the same receipt, for at least a day.
    func perform<C: Command>(
        _ command: C,
        by performer: Performer,
        idempotency: IdempotencyKey?
    ) async throws -> C.Receipt where C.Receipt: Codable

    /// Plans a command and writes nothing.
    func rehearse<C: Command>(_ command: C, by performer: Performer) async throws -> C.Receipt
}

/// Who does something, as records tell it.
package struct Performer: Sendable, Hashable {
    /// Empty when nobody is signed in.
    package let name: String
    package let role: String

    package init(name: String = "", role: String) {
        self.name = name
        self.role = role
    }

    /// Whoever is not signed in.
    package static let resident = Performer(role: Actor.residentRole)
}

/// What somebody types from their slip: an entry of a consultation's roll, and its code.
package struct RollVoter: Sendable, Hashable {
    package let entry: String
    package let code: String

    package init(entry: String, code: String) {
        self.entry = entry
        self.code = code
    }

    var voter: CastBallot.Voter { .rollEntry(entry, code: code) }
}

/// How much of an order somebody may see.
package enum OrderAccess: Sendable, Hashable {
    case everyone
    /// Whoever made the request, found by ``CaseDesk/requestedOrder(_:queryCode:from:)``.
    case requester(RecordID)
    /// Staff of this place and all under it; an order that does not concern those is shown as to everyone.
    case staff(PlaceID)
}

/// Which orders a list shows; nil leaves a condition out.
package struct OrderQuery: Sendable, Hashable {
    /// How far is counted: whether there are more says no more to who works through them.
    package static let mostCounted = 1_000

    /// Those that concern this place or one under it.
    package var scope: PlaceID
    package var isOpen: Bool?
    package var status: WorkOrder.Status?
    package var services: [String] = []
    package var holder: PlaceID?
    /// That this place is to act on: held by it, or dispatched to it.
    package var acting: PlaceID?
    package var offeredTo: PlaceID?
    package var isDisputed: Bool?
    /// Only those that are open and not handled, though their time is over.
    package var isOverdue = false
    /// In which this account had a hand, at this node's place.
    package var hand: String?
    /// With every word of this in description, address or answers; empty: any.
    package var text = ""
    /// Requested at or after, and at or before.
    package var from: Instant?
    package var to: Instant?
    /// 1 to 200.
    package var limit = 50
    package var after: ListCursor?

    package init(scope: PlaceID) { self.scope = scope }
}

extension CaseDesk {
    /// The newest request first, at most `query.limit`.
    package func orders(_ query: OrderQuery) async throws -> OrdersReport {
        try await orders(query, counting: []).found
    }
}

/// Which alarms a list shows; nil leaves a condition out.
package struct AlarmQuery: Sendable, Hashable {
    /// Those of communities within it.
    package var scope: PlaceID
    package var isOpen: Bool?
    package var status: DeviceAlarm.Status?
    package var leastSeverity: AlarmSeverity?
    package var device: RecordID?
    /// 1 to 1,000.
    package var limit = 200

    package init(scope: PlaceID) { self.scope = scope }
}

/// Which notices a list shows.
package struct NoticeQuery: Sendable, Hashable {
    package enum Reach: Sendable, Hashable {
        /// What concerns whoever lives in a place: its own, and those of the places above it.
        case line(PlaceID)
        /// What a place and all under it published.
        case within(PlaceID)
    }

    package var reach: Reach
    /// Only those that are shown now.
    package var isCurrent: Bool
    /// 1 to 200.
    package var limit = 50
    package var after: ListCursor?

    package init(_ reach: Reach, isCurrent: Bool) {
        self.reach = reach
        self.isCurrent = isCurrent
    }
}

/// A requester in clear.
package struct FoundContact: Sendable, Hashable {
    package let record: RecordID
    /// Nil: none was given, or this node holds no key of purpose `contact`.
    package let contact: Contact?

    package init(record: RecordID, contact: Contact?) {
        self.record = record
        self.contact = contact
    }
}

/// A value of a registration that is masked unless it is asked for with a purpose.
package enum PersonalField: String, Sendable, CaseIterable {
    case identityNumber = "identity_number"
    case phone
}
