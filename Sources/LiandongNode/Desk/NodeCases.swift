import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongSigning
import LiandongStore
import LiandongWeb

/// What the API and the pages ask of a node, answered from its store and engine.
struct NodeCases: CaseDesk {
    let node: Node

    var authority: AuthorityState { node.store.authority }
    var catalogue: ServiceCatalogue { .current }
    var place: PlaceID? { authority.place(of: node.keys.nodeID) }

    // MARK: Orders

    func orders(_ query: OrderQuery, counting others: [OrderQuery]) async throws -> (found: OrdersReport, counts: [Int])
    {
        let scene = node.orderScene
        var filter = self.filter(query, scene)
        filter.after = query.after.map { ($0.at, $0.record) }
        // One more tells whether there is a next page.
        filter.limit = query.limit + 1
        let counted = others.map { self.filter($0, scene) }
        node.keptOrders.ready(at: scene.now)
        return try await node.store.read { [filter] reader in
            let found = try reader.workOrders(filter)
            let page = try found.prefix(query.limit).compactMap { try reader.workOrder($0) }
            let rows = try page.map { OrdersReport.Row($0, isVerifying: try reader.isBeingVerified($0.record), scene) }
            let last = found.count > query.limit ? page.last : nil
            let next = last.map { ListCursor(at: $0.requestedAt, record: $0.record).text }
            let counts = try counted.map { try reader.workOrderCount($0, atMost: OrderQuery.mostCounted) }
            return (OrdersReport(orders: rows, next: next, at: scene.now), counts)
        }
    }

    func loads(in scope: PlaceID) async throws -> [PlaceLoad] {
        try await counted(in: scope) { orders, places, bounds, _ in orders.loads(of: places, overdue: bounds) }
    }

    func dashboard(in scope: PlaceID) async throws -> DashboardReport {
        let (figures, at) = try await counted(in: scope) { orders, places, bounds, now in
            (orders.figures(of: places, overdue: bounds, at: now), now)
        }
        return DashboardReport(figures, nodes: await related(), at: at)
    }

    /// What goes over all orders of a scope.
    private func counted<Value: Sendable>(
        in scope: PlaceID,
        count: @Sendable (CountedOrders, Set<PlaceID>?, OverdueBounds, Instant) -> Value
    ) async throws -> Value {
        let scene = node.orderScene
        let bounds = OverdueBounds(scene.catalogue, scene.calendar, at: scene.now)
        let places = places(within: scope).map(Set.init)
        return try await node.keptOrders.ask(at: scene.now) { count($0, places, bounds, scene.now) }
    }

    /// The nodes above this one and below it, whose word what is counted here hangs on.
    private func related() async -> [StatusReport.Row] {
        let authority = authority
        let here = place
        return await node.statusReport().nodes.filter { row in
            guard let here, let other = authority.place(code: row.placeCode)?.id, row.id != "\(node.keys.nodeID)" else {
                return false
            }
            return authority.isWithin(other, here) || authority.isWithin(here, other)
        }
    }

    private func filter(_ query: OrderQuery, _ scene: OrderScene) -> StoreReader.WorkOrderFilter {
        var filter = StoreReader.WorkOrderFilter()
        filter.scope = places(within: query.scope)
        filter.isOpen = query.isOpen
        filter.status = query.status?.name
        filter.services = query.services.isEmpty ? nil : query.services
        filter.holder = query.holder
        filter.acting = query.acting
        filter.offeredTo = query.offeredTo
        filter.isDisputed = query.isDisputed
        (filter.from, filter.to) = (query.from, query.to)
        filter.overdue = query.isOverdue ? OverdueBounds(scene.catalogue, scene.calendar, at: scene.now) : nil
        filter.hand = query.hand.map { WorkOrderSummary.Hand(place: place ?? PlaceID(raw: 0), name: $0) }
        filter.words = OrderText.words(of: query.text)
        return filter
    }

    /// Whether everything that this node holds is a matter of the scope.
    func seesAll(_ scope: PlaceID) -> Bool { place.map { authority.isWithin($0, scope) } ?? true }

    /// The places that a list is limited to; nil: to none.
    func places(within scope: PlaceID) -> [PlaceID]? {
        guard !seesAll(scope) else { return nil }
        let authority = authority
        return authority.places.keys.filter { authority.isWithin($0, scope) }.sorted()
    }

    func order(_ number: String, for access: OrderAccess) async throws -> OrderReport? {
        let scene = node.orderScene
        return try await node.store.read { reader in
            guard let (order, sight) = try find(number, for: access, reader) else { return nil }
            let isVerifying = try reader.isBeingVerified(order.record)
            var report = OrderReport(order, for: sight, isVerifying: isVerifying, scene)
            if sight == .staff, let place, let view = try reader.record(order.record) {
                report.acts = WorkOrder.legalActs(view, at: place, scene.authority).map {
                    OrderReport.LegalAct($0, scene.authority)
                }
                report.amend = .init(amendRefused: order.correctionRefusal(at: place, scene.authority))
            }
            return report
        }
    }

    func requestedOrder(_ number: String, queryCode: String, from address: String) async throws -> RecordID? {
        let (orders, found) = try await node.store.read { reader in
            let orders = try reader.workOrders(number: number).compactMap { try reader.workOrder($0) }
            return (orders.map(\.record), orders.first { $0.isQueryCode(queryCode, .sodium) }?.record)
        }
        guard !orders.isEmpty else { return nil }
        let subjects = [.addressOfRequester(address)] + orders.map { FailureSubject.queryCode(of: $0) }
        try await noteGuess(subjects, isRight: found != nil)
        return found
    }

    /// Counts a guess that was wrong, durably before it is answered.
    ///
    /// - Throws: ``AccessError`` with how long to wait, for who tried too often, right or not.
    func noteGuess(_ subjects: [FailureSubject], isRight: Bool) async throws {
        do {
            let wait = try await node.store.noteGuess(subjects, isRight: isRight)
            guard wait == 0 else { throw AccessError.waitForCode(seconds: Int(clamping: (wait + 999) / 1_000)) }
        } catch let error as StoreError {
            throw expected(error)
        }
    }

    func workableOrder(_ number: String, for access: OrderAccess) async throws -> RecordID? {
        try await node.store.read { reader in
            guard let (order, sight) = try find(number, for: access, reader), sight != .everyone else { return nil }
            return order.record
        }
    }

    /// The order of a number that the asker means, and how much of it they may see.
    func find(
        _ number: String,
        for access: OrderAccess,
        _ reader: StoreReader
    ) throws -> (WorkOrder, OrderSight)? {
        let orders = try reader.workOrders(number: number).compactMap { try reader.workOrder($0) }
        switch access {
        case .everyone: return orders.first.map { ($0, .everyone) }
        case .requester(let record): return orders.first { $0.record == record }.map { ($0, .requester) }
        case .staff(let scope):
            let concerned = orders.first { concerns($0, scope) }
            return (concerned ?? orders.first).map { ($0, concerned == nil ? .everyone : .staff) }
        }
    }

    /// Whether an order is a matter of a place or of one under it: of any, where the node itself lies within.
    func concerns(_ order: WorkOrder, _ scope: PlaceID) -> Bool {
        if seesAll(scope) { return true }
        let authority = authority
        return order.concerned.contains { authority.isWithin($0, scope) }
    }

    func trace(_ number: String, in scope: PlaceID) async throws -> TraceReport? {
        guard let record = try await workableOrder(number, for: .staff(scope)) else { return nil }
        return try await node.traceReport(record)
    }

    func contact(of number: String, in scope: PlaceID) async throws -> FoundContact? {
        let found = try await node.store.read { try find(number, for: .staff(scope), $0) }
        guard let (order, sight) = found, sight == .staff else { return nil }
        guard case .open(let contact) = order.requester(node.purposeKeys.purposes(authority)) else {
            return FoundContact(record: order.record, contact: nil)
        }
        return FoundContact(record: order.record, contact: contact)
    }

    // MARK: Residents

    func people(_ text: String, in scope: PlaceID) async throws -> PeopleReport {
        let matching = try await node.registrations(matching: text, in: places(within: scope))
        let purposes = node.purposeKeys.purposes(authority)
        let now = Node.now()
        return try await node.store.read { reader in
            var seen = matching
            seen.ids = try seen.ids.filter { try isSeen($0, in: scope, reader) }
            let found = try reader.people(of: seen, purposes, at: now)
            let people = found.people.map { within(scope, $0, reader.authority) }
            return PeopleReport(people, areMore: found.more, at: now)
        }
    }

    func person(_ registration: RecordID, in scope: PlaceID) async throws -> PersonReport? {
        let purposes = node.purposeKeys.purposes(authority)
        return try await node.store.read { reader in
            guard try isSeen(registration, in: scope, reader) else { return nil }
            return within(scope, try reader.personReport(of: registration, purposes, at: Node.now()), reader.authority)
        }
    }

    func unmasked(_ field: PersonalField, of registration: RecordID, in scope: PlaceID) async throws -> String? {
        let purposes = node.purposeKeys.purposes(authority)
        return try await node.store.read { reader in
            guard try isSeen(registration, in: scope, reader), let found = try reader.registration(registration) else {
                return nil
            }
            let value =
                switch field {
                case .identityNumber: found.identityNumber(purposes)
                case .phone: found.phone(purposes)
                }
            return if case .open(let text) = value { text } else { nil }
        }
    }

    private func isSeen(_ registration: RecordID, in scope: PlaceID, _ reader: StoreReader) throws -> Bool {
        try reader.registration(registration).map { reader.authority.isWithin($0.community, scope) } ?? false
    }

    /// The person without what other communities registered.
    private func within(_ scope: PlaceID, _ person: PersonReport, _ authority: AuthorityState) -> PersonReport {
        person.keeping { authority.place(code: $0.community.code).map { authority.isWithin($0.id, scope) } ?? false }
    }

    // MARK: Devices

    func alarms(_ query: AlarmQuery) async throws -> AlarmsReport {
        var filter = StoreReader.AlarmFilter()
        filter.communities = places(within: query.scope)
        filter.isOpen = query.isOpen
        filter.status = query.status
        filter.leastSeverity = query.leastSeverity
        filter.device = query.device
        filter.limit = query.limit
        let now = Node.now()
        return try await node.store.read { [filter] reader in
            AlarmsReport(try reader.alarms(filter).compactMap { try reader.alarmReport($0, at: now) }, at: now)
        }
    }

    func alarm(_ id: RecordID, in scope: PlaceID) async throws -> AlarmReport? {
        try await node.store.read { reader in
            guard let alarm = try reader.alarm(id), isWithin(alarm.community, scope) else { return nil }
            return try reader.alarmReport(id, at: Node.now())
        }
    }

    func devices(kind: DeviceKind?, in scope: PlaceID) async throws -> DevicesReport {
        let (now, purposes) = (Node.now(), node.purposeKeys.purposes(authority))
        let communities = places(within: scope)
        return try await node.store.read { reader in
            let found = try reader.devices(kind: kind?.rawValue, communities: communities)
            return DevicesReport(try found.compactMap { try reader.deviceReport($0, purposes, at: now) }, at: now)
        }
    }

    func device(_ id: RecordID, in scope: PlaceID) async throws -> DeviceReport? {
        let purposes = node.purposeKeys.purposes(authority)
        return try await node.store.read { reader in
            guard let device = try reader.device(id), isWithin(device.community, scope) else { return nil }
            return try reader.deviceReport(id, purposes, at: Node.now())
        }
    }

    /// Whether what a community has is a matter of a scope: all of it, where the node itself lies within.
    func isWithin(_ community: PlaceID, _ scope: PlaceID) -> Bool {
        seesAll(scope) || authority.isWithin(community, scope)
    }

    // MARK: The cluster

    func status() async -> StatusReport { await node.statusReport() }
    func attention() async throws -> AttentionReport { try await node.attentionReport() }

    func upstreams() async -> [UpstreamReport] {
        await node.engine.inspect { UpstreamReport.all($0, at: Node.now()) }
    }

    // MARK: Commands

    func perform<C: Command>(
        _ command: C,
        by performer: Performer,
        idempotency: LiandongWeb.IdempotencyKey?
    ) async throws -> C.Receipt where C.Receipt: Codable {
        do {
            let actor = try node.actor(name: performer.name, role: performer.role)
            guard let idempotency else { return try await node.store.commit(command, as: actor) }
            let key = LiandongStore.IdempotencyKey(key: idempotency.text, digest: idempotency.bodyHash)
            return try await node.store.commit(command, as: actor, idempotencyKey: key)
        } catch {
            throw expected(error)
        }
    }

    func rehearse<C: Command>(_ command: C, by performer: Performer) async throws -> C.Receipt {
        do {
            let actor = try node.actor(name: performer.name, role: performer.role)
            return try await node.store.rehearse(command, as: actor)
        } catch {
            throw expected(error)
        }
    }

    /// A refusal stays itself: it has its own words and a way out.
    func expected(_ error: any Error) -> any Error {
        error is Refusal ? error : ServiceDeskError(expected: error) ?? error
    }
}

extension ServiceDeskError {
    /// - Returns: nil for an error that is a fault of this node.
    init?(expected error: any Error) {
        switch error {
        case let refusal as Refusal: self.init(refusal)
        case let error as StoreError where error.code == .busy: self = .busy(error.reason)
        case let error as StoreError where error.code == .readOnly: self = .readOnly(error.reason)
        case let error as StoreError where error.code == .keyReused: self = .conflict(error.reason)
        case let error as StoreError where error.code == .verifying: self = .busy(error.reason, retryAfterSeconds: 30)
        case let error as DraftError where error.code == .notPermitted: self = .notPermitted(error.reason)
        case let error as DraftError where error.code == .erased: self = .wrongState(error.reason)
        case let error as NodeError where error.code == .refused: self = .readOnly(error.reason)
        default: return nil
        }
    }
}
