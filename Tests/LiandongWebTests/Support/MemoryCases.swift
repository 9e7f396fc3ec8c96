import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongWeb
import Synchronization

/// A desk that holds no record, and keeps what it is asked.
final class MemoryCases: CaseDesk {
    struct State {
        var queries: [OrderQuery] = []
        var accesses: [OrderAccess] = []
        var guesses: [String] = []
        var contact: Contact?
        var performers: [Performer] = []
    }

    let state = Mutex(State())
    let authority: AuthorityState
    let place: PlaceID?
    var catalogue: ServiceCatalogue { .current }

    init(authority: AuthorityState = AuthorityState(), place: PlaceID? = nil) {
        self.authority = authority
        self.place = place
    }

    func orders(_ query: OrderQuery) async throws -> OrdersReport {
        state.withLock { $0.queries.append(query) }
        return OrdersReport(orders: [], at: Instant(milliseconds: 0))
    }

    func order(_ number: String, for access: OrderAccess) async throws -> OrderReport? {
        state.withLock { $0.accesses.append(access) }
        return nil
    }

    func requestedOrder(_ number: String, queryCode: String, from address: String) async throws -> RecordID? {
        state.withLock { $0.guesses.append("\(number) \(queryCode) \(address)") }
        return nil
    }

    func workableOrder(_ number: String, for access: OrderAccess) async throws -> RecordID? {
        state.withLock { $0.accesses.append(access) }
        return nil
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
        PeopleReport([], at: Instant(milliseconds: 0))
    }

    func person(_ registration: RecordID, in scope: PlaceID) async throws -> PersonReport? { nil }

    func unmasked(_ field: PersonalField, of registration: RecordID, in scope: PlaceID) async throws -> String? { nil }

    func consultations() async throws -> ConsultationsReport { ConsultationsReport([], at: Instant(milliseconds: 0)) }
    func consultation(_ id: RecordID) async throws -> ConsultationReport? { nil }

    func alarms(_ query: AlarmQuery) async throws -> AlarmsReport { AlarmsReport([], at: Instant(milliseconds: 0)) }
    func alarm(_ id: RecordID, in scope: PlaceID) async throws -> AlarmReport? { nil }

    func devices(kind: DeviceKind?, in scope: PlaceID) async throws -> DevicesReport {
        DevicesReport([], at: Instant(milliseconds: 0))
    }

    func device(_ id: RecordID, in scope: PlaceID) async throws -> DeviceReport? { nil }

    func status() async -> StatusReport {
        StatusReport(nodes: [], at: Instant(milliseconds: 0))
    }

    func upstreams() async -> [UpstreamReport] { [] }

    func perform<C: Command>(
        _ command: C,
        by performer: Performer,
        idempotency: IdempotencyKey?
    ) async throws -> C.Receipt where C.Receipt: Codable {
        state.withLock { $0.performers.append(performer) }
        throw Refusal(.notFound, "there is nothing here", wayOut: "ask elsewhere")
    }

    func rehearse<C: Command>(_ command: C, by performer: Performer) async throws -> C.Receipt {
        throw Refusal(.notFound, "there is nothing here", wayOut: "ask elsewhere")
    }
}
