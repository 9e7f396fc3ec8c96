import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongWeb
import Synchronization

/// A desk that holds no record, and keeps what it is asked.
final class MemoryCases: CaseDesk {
    struct State {
        var queries: [OrderQuery] = []
        /// What the next queries find; then nothing.
        var found: ArraySlice<OrdersReport> = []
        var loads: [PlaceLoad] = []
        var consultation: ConsultationReport?
        /// The voters that are on its roll.
        var voters: Set<RollVoter> = []
        var ballot: BallotReport?
        var notice: NoticeReport?
        var noticeQueries: [NoticeQuery] = []
        var accesses: [OrderAccess] = []
        var guesses: [String] = []
        var contact: Contact?
        var performers: [Performer] = []
        /// What whoever may see it is shown, and whose it is by the code 12345678.
        var order: OrderReport?
        var requested: RecordID?
        /// What commands answer; nil: they are refused.
        var receipt: (any Sendable)?
        var added: [(photo: Photo, order: RecordID, performer: Performer)] = []
        var addRefusal: Refusal?
        var photo: PhotoFile?
        /// The photo has not all come.
        var isPhotoLate = false
        /// What those who listen are told; then the node stops.
        var news: [ChangeNews] = []
        var status: StatusReport?
        var matters: [AttentionReport.Matter] = []
        /// In place of one that tells that.
        var listener: (any ChangeListener)?
        /// Nil: there is no place to listen.
        var listened: [Set<Change.Kind>]? = []
    }

    let state = Mutex(State())
    let authority: AuthorityState
    let place: PlaceID?
    var catalogue: ServiceCatalogue { .current }

    init(authority: AuthorityState = AuthorityState(), place: PlaceID? = nil) {
        self.authority = authority
        self.place = place
    }

    func orders(_ query: OrderQuery, counting others: [OrderQuery]) async throws -> (found: OrdersReport, counts: [Int])
    {
        state.withLock { state in
            state.queries.append(query)
            let found = state.found.popFirst() ?? OrdersReport(orders: [], at: Instant(milliseconds: 0))
            return (found, Array(others.indices))
        }
    }

    func loads(in scope: PlaceID) async throws -> [PlaceLoad] { state.withLock(\.loads) }

    func dashboard(in scope: PlaceID) async throws -> DashboardReport {
        let days = (0..<30).map {
            OrderFigures.Day(day: CivilDate(number: 20_000 + $0), requested: $0, handled: $0 / 2)
        }
        let figures = OrderFigures(
            open: [OrderFigures.Count(name: "handling", count: 3)],
            overdue: 1,
            disputed: 0,
            services: [OrderFigures.Count(name: "0303", count: 2)],
            days: days,
            response: OrderFigures.Rate(part: 1, whole: 3),
            resolution: OrderFigures.Rate(part: 0, whole: 0),
            satisfaction: OrderFigures.Rate(part: 4, whole: 4)
        )
        return DashboardReport(figures, nodes: [], at: Instant(milliseconds: 0))
    }

    func listen(to kinds: Set<Change.Kind>, in scope: PlaceID, by account: String) throws -> any ChangeListener {
        try state.withLock { state in
            guard state.listened != nil else { throw ServiceDeskError.busy("too many listen", retryAfterSeconds: 30) }
            state.listened?.append(kinds)
            return state.listener ?? MemoryListener(state.news)
        }
    }

    func order(_ number: String, for access: OrderAccess) async throws -> OrderReport? {
        state.withLock { state in
            state.accesses.append(access)
            return access == .everyone ? nil : state.order
        }
    }

    func add(_ photo: Photo, to order: RecordID, by performer: Performer) async throws {
        try state.withLock { state in
            if let refusal = state.addRefusal { throw refusal }
            state.added.append((photo, order, performer))
        }
    }

    func photo(_ digest: Hash, of number: String, for access: OrderAccess) async throws -> PhotoFile? {
        try state.withLock { state in
            state.accesses.append(access)
            guard access != .everyone, let photo = state.photo, photo.digest == digest else { return nil }
            guard !state.isPhotoLate else {
                throw Problem("refusal:unavailable", "Not here", status: 503, Localized("1/3", "1 of 3 parts"))
            }
            return photo
        }
    }

    func requestedOrder(_ number: String, queryCode: String, from address: String) async throws -> RecordID? {
        state.withLock { state in
            state.guesses.append("\(number) \(queryCode) \(address)")
            return queryCode == "12345678" ? state.requested : nil
        }
    }

    func workableOrder(_ number: String, for access: OrderAccess) async throws -> RecordID? {
        state.withLock { state in
            state.accesses.append(access)
            return access == .everyone ? nil : state.requested
        }
    }

    func trace(_ number: String, in scope: PlaceID) async throws -> TraceReport? { nil }
    func contact(of number: String, in scope: PlaceID) async throws -> FoundContact? {
        state.withLock { $0.contact.map { FoundContact(record: MemoryCases.record, contact: $0) } }
    }

    private static let record: RecordID = {
        guard let id = RecordID([UInt8](repeating: 7, count: 16)) else { preconditionFailure("16 bytes") }
        return id
    }()

    func people(_ text: String, in scope: PlaceID) async throws -> PeopleReport {
        PeopleReport([], areMore: text == "王", at: Instant(milliseconds: 0))
    }

    func person(_ registration: RecordID, in scope: PlaceID) async throws -> PersonReport? { nil }

    func unmasked(_ field: PersonalField, of registration: RecordID, in scope: PlaceID) async throws -> String? { nil }

    func consultations() async throws -> ConsultationsReport { ConsultationsReport([], at: Instant(milliseconds: 0)) }
    func consultation(_ id: RecordID) async throws -> ConsultationReport? { state.withLock(\.consultation) }

    func opinions(of id: RecordID, after last: EventID?, atMost limit: Int) async throws -> OpinionsReport? { nil }

    func isVoter(_ voter: RollVoter, in consultation: RecordID, from address: String) async throws -> Bool {
        state.withLock { state in
            state.guesses.append("\(voter.entry) \(voter.code) \(address)")
            return state.voters.contains(voter)
        }
    }

    func ballot(_ ballot: EventID, of consultation: RecordID) async throws -> BallotReport? {
        state.withLock { $0.ballot?.id == "\(ballot)" ? $0.ballot : nil }
    }

    func notices(_ query: NoticeQuery) async throws -> NoticesReport {
        state.withLock { $0.noticeQueries.append(query) }
        return NoticesReport([], next: nil, at: Instant(milliseconds: 0))
    }

    func notice(_ id: RecordID) async throws -> NoticeReport? { state.withLock(\.notice) }

    func alarms(_ query: AlarmQuery) async throws -> AlarmsReport { AlarmsReport([], at: Instant(milliseconds: 0)) }
    func alarm(_ id: RecordID, in scope: PlaceID) async throws -> AlarmReport? { nil }

    func devices(kind: DeviceKind?, in scope: PlaceID) async throws -> DevicesReport {
        DevicesReport([], at: Instant(milliseconds: 0))
    }

    func device(_ id: RecordID, in scope: PlaceID) async throws -> DeviceReport? { nil }

    func status() async -> StatusReport {
        state.withLock(\.status) ?? StatusReport(nodes: [], at: Instant(milliseconds: 0))
    }

    func attention() async throws -> AttentionReport {
        AttentionReport(state.withLock(\.matters), at: Instant(milliseconds: 0))
    }

    func upstreams() async -> [UpstreamReport] { [] }

    func perform<C: Command>(
        _ command: C,
        by performer: Performer,
        idempotency: IdempotencyKey?
    ) async throws -> C.Receipt where C.Receipt: Codable {
        let receipt = state.withLock { state in
            state.performers.append(performer)
            return state.receipt
        }
        if let receipt = receipt as? C.Receipt { return receipt }
        throw Refusal(.orderUnknown, "1")
    }

    func rehearse<C: Command>(_ command: C, by performer: Performer) async throws -> C.Receipt {
        if let receipt = state.withLock(\.receipt) as? C.Receipt { return receipt }
        throw Refusal(.orderUnknown, "1")
    }
}

/// Tells what it was made with, then that the node stops.
final class MemoryListener: ChangeListener {
    private let news: Mutex<ArraySlice<ChangeNews>>

    init(_ news: [ChangeNews]) { self.news = Mutex(news[...]) }

    func next(within limit: Duration) async throws -> ChangeNews? { news.withLock { $0.popFirst() } }
}
