import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore

// What both the command line and the HTTP faces show, read in one transaction.

extension Node {
    /// What orders are shown with, as of now.
    var orderScene: OrderScene {
        let authority = store.authority
        return OrderScene(authority: authority, purposes: purposeKeys.purposes(authority), now: Node.now())
    }

    /// The whole cluster, as this node knows it.
    func statusReport() async -> StatusReport {
        var report = await engine.inspect { StatusReport($0, version: Node.version, at: Node.now()) }
        report.erasures = StatusReport.Erasures(store)
        report.broker = StatusReport.Broker(mqtt)
        return report
    }

    /// Which nodes hold a record; nil where this one does not.
    func traceReport(_ record: RecordID) async throws -> TraceReport? {
        let engine = await engine.inspect { $0 }
        let now = Node.now()
        return try await store.read { reader in
            try reader.record(record).map { try TraceReport($0, reader, engine, at: now) }
        }
    }
}

extension StoreReader {
    /// - Returns: nil for a record that is no readable work order.
    func orderReport(_ record: RecordID, for sight: OrderSight, _ scene: OrderScene) throws -> OrderReport? {
        try workOrder(record).map { order in
            OrderReport(order, for: sight, isVerifying: try isBeingVerified(record), scene)
        }
    }

    /// - Returns: nil for a record that is no readable work order.
    func orderRow(_ record: RecordID, _ scene: OrderScene) throws -> OrdersReport.Row? {
        try workOrder(record).map { order in
            OrdersReport.Row(order, isVerifying: try isBeingVerified(record), scene)
        }
    }

    /// - Parameter limit: of opinions, and of ballots that are not counted; the newest.
    func consultationReport(
        _ record: RecordID,
        atMost limit: Int = .max,
        at now: Instant
    ) throws -> ConsultationReport? {
        try consultation(record).map { found in
            ConsultationReport(found, isVerifying: try isBeingVerified(record), atMost: limit, authority, at: now)
        }
    }

    /// The newest first.
    func consultationsReport(limit: Int = 1_000, at now: Instant) throws -> ConsultationsReport {
        let rows = try consultationRows(limit: limit).map { row in
            ConsultationsReport.Row(
                id: "\(row.record)",
                place: PlaceReport(row.place, authority),
                title: row.title,
                closed: row.isClosed,
                closesAt: row.closesAt.iso8601,
                counted: row.counted,
                verifying: try isBeingVerified(row.record)
            )
        }
        return ConsultationsReport(rows, at: now)
    }
}

// MARK: - People

extension StoreReader {
    /// The person that a registration belongs to, as this node sees them.
    ///
    /// - Complexity: O(registrations and links of the person).
    func personReport(of id: RecordID, _ purposes: Purposes, at now: Instant) throws -> PersonReport {
        var seen: [RecordID: Registration] = [:]
        var links: [PersonLink] = []
        var waiting = [id]
        // Over shared tags and links, until nobody new turns up.
        while let next = waiting.popLast() {
            guard seen[next] == nil, let registration = try registration(next) else { continue }
            seen[next] = registration
            for digest in registration.matchTagDigests { waiting += try registrations(matchTagDigest: digest) }
            for link in try personLinks(of: next) {
                guard let view = try record(link), let fold = PersonLink.fold(view, authority) else { continue }
                links.append(fold)
                waiting += [fold.lesser, fold.greater]
            }
        }
        let people = Person.clusters(seen.values.sorted { $0.record < $1.record }, links)
        let person = people.first { $0.registrations.contains(id) }
        let registrations = try (person?.registrations ?? [id]).compactMap { record in
            try seen[record].map {
                PersonReport.Registration(
                    $0,
                    elsewhereSince: try elsewhere(of: record),
                    isVerifying: try isBeingVerified(record),
                    purposes,
                    authority
                )
            }
        }
        return PersonReport(registrations, at: now)
    }

    /// Each person once, in the order of their first registration among those given.
    func people(of found: FoundRegistrations, _ purposes: Purposes, at now: Instant) throws -> PeopleReport {
        var people: [PersonReport] = []
        var seen: Set<String> = []
        for id in found.ids where !seen.contains("\(id)") {
            let person = try personReport(of: id, purposes, at: now)
            seen.formUnion(person.registrations.map(\.id))
            people.append(person)
        }
        return PeopleReport(people, areMore: found.areMore, at: now)
    }

    private func elsewhere(of registration: RecordID) throws -> [Instant] {
        try elsewhereNotices(of: registration).compactMap { id in
            try record(id).flatMap { ElsewhereNotice.fold($0, authority) }?.since(for: registration)
        }
    }
}

/// Registrations that a search found, and whether there are more.
struct FoundRegistrations: Sendable {
    var ids: [RecordID]
    var areMore = false
}

extension Node {
    /// The registrations of an identity number when the text is one, else at most ``PeopleReport/most`` of those whose
    /// name has the text.
    ///
    /// - Parameter communities: nil for all.
    func registrations(matching text: String, in communities: [PlaceID]? = nil) async throws -> FoundRegistrations {
        guard text.utf8.count == 18, let number = try? IdentityNumber(text) else {
            let most = PeopleReport.most
            let ids = try await store.read { try $0.registrations(named: text, in: communities, limit: most + 1) }
            return FoundRegistrations(ids: Array(ids.prefix(most)), areMore: ids.count > most)
        }
        let digest = try await matchTagDigest(of: number)
        return FoundRegistrations(ids: try await store.read { try $0.registrations(matchTagDigest: digest) })
    }

    /// Costs hundredths of a second: away from whatever runs the caller.
    @concurrent
    private func matchTagDigest(of number: IdentityNumber) async throws -> [UInt8] {
        guard let tag = try purposeKeys.purposes(store.authority).matchTag(number.text) else {
            throw Refusal.purposeMissing(Purpose.register)
        }
        return Registration.MatchTag(version: tag.version, bytes: tag.bytes).digest
    }
}
