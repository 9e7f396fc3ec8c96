import Foundation
import GRDB
package import LiandongCore
package import LiandongDomain

/// What can be read of a replica, within one transaction.
package struct StoreReader: DomainReader {
    let db: Database
    package let authority: AuthorityState
    let storage: SQLiteLedgerStorage
    /// Whether records of a snapshot are shown beside those that are verified.
    package let isPreviewing: Bool
    /// Whether what is read is built upon: what is not verified is refused then.
    private let isForCommands: Bool
    let searches = TextSearches()

    init(_ db: Database, authority: AuthorityState) throws {
        self.db = db
        self.authority = authority
        self.storage = SQLiteLedgerStorage(db)
        self.isPreviewing = try Preview.isActive(db)
        self.isForCommands = false
    }

    /// Reads for commands, within the transaction that will write.
    init(_ transaction: WriteTransaction) throws {
        self.db = transaction.db
        self.authority = transaction.ledger.authority
        self.storage = transaction.storage
        self.isPreviewing = try Preview.isActive(db)
        self.isForCommands = true
    }

    /// Where a read model's rows are read: of the verified records, or of all that are shown.
    func rows(of model: String) -> String { isPreviewing ? "shown_" + model : model }

    /// Whether a record is shown as a peer's snapshot has it, its deltas still being on their way.
    package func isBeingVerified(_ record: RecordID) throws -> Bool {
        try isPreviewing && Preview(db: db).holds(record)
    }

    func records(_ sql: String, _ arguments: [any SQLBindable]) throws -> [RecordID] {
        try db.rows(sql, arguments: arguments) { try $0.identifier(0) }
    }

    // MARK: What commands read

    /// - Throws: ``StoreError`` with `verifying` when a command asks for what is not verified yet.
    package func record(_ id: RecordID) throws -> RecordView? {
        guard isPreviewing, let shown = try Preview(db: db).view(of: id) else {
            return try RecordView(of: id, in: storage)
        }
        guard !isForCommands else {
            throw StoreError(
                .verifying,
                "record \(id) came with a snapshot and is still being verified; try again when status says that "
                    + "nothing is"
            )
        }
        return shown
    }

    package func workOrders(number: String) throws -> [RecordID] {
        try records("SELECT record FROM \(rows(of: "work_order_numbers")) WHERE number = ? ORDER BY record", [number])
    }

    package func registrations(matchTagDigest: [UInt8]) throws -> [RecordID] {
        try records(
            "SELECT record FROM \(rows(of: "registration_tags")) WHERE digest = ? ORDER BY record",
            [matchTagDigest]
        )
    }

    /// Those of some registrations that have a match tag which another registration has too.
    package func registrations(sharingTagsAmong candidates: [RecordID]) throws -> [RecordID] {
        let tags = rows(of: "registration_tags")
        return try candidates.filter { candidate in
            try db.first(
                """
                SELECT 1 FROM \(tags) AS own JOIN \(tags) AS other
                ON other.digest = own.digest AND other.record <> own.record WHERE own.record = ?
                """,
                candidate
            ) { _ in true } ?? false
        }
    }

    package func personLinks(of registration: RecordID) throws -> [RecordID] {
        try records(
            "SELECT record FROM \(rows(of: "person_links")) WHERE registration = ? ORDER BY record",
            [registration]
        )
    }

    package func elsewhereNotices(of registration: RecordID) throws -> [RecordID] {
        try records(
            "SELECT record FROM \(rows(of: "elsewhere_notices")) WHERE registration = ? ORDER BY record",
            [registration]
        )
    }

    // MARK: Lists

    package func workOrder(_ record: RecordID) throws -> WorkOrder? {
        try self.record(record).flatMap { WorkOrder.fold($0, authority) }
    }

    package func registration(_ record: RecordID) throws -> Registration? {
        try self.record(record).flatMap { Registration.fold($0, authority) }
    }

    package func consultation(_ record: RecordID) throws -> Consultation? {
        try self.record(record).flatMap { Consultation.fold($0, authority) }
    }

    /// The registrations whose name has all of the text's character pairs.
    ///
    /// - Parameter communities: where they may be of; nil for all.
    package func registrations(
        named text: String,
        in communities: [PlaceID]? = nil,
        limit: Int = 100
    ) throws -> [RecordID] {
        let bigrams = Bigrams.of(text).filter { $0.count > 1 || text.count == 1 }
        guard !bigrams.isEmpty else { return [] }
        let parts = Array(
            repeating: "SELECT record FROM \(rows(of: "registration_bigrams")) WHERE bigram = ?",
            count: bigrams.count
        )
        let places = communities.map { communities in
            """
            WHERE record IN (SELECT record FROM \(rows(of: "registrations"))
            WHERE community IN (\(marks(communities.count))))
            """
        }
        return try records(
            "SELECT record FROM (\(parts.joined(separator: " INTERSECT "))) \(places ?? "") ORDER BY record LIMIT ?",
            bigrams + (communities ?? []).map(\.column) + [limit]
        )
    }

    func marks(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }

    package func registrations(limit: Int, offset: Int = 0) throws -> [RecordID] {
        try records(
            "SELECT record FROM \(rows(of: "registrations")) ORDER BY registered_at DESC, record LIMIT ? OFFSET ?",
            [limit, offset]
        )
    }

    /// A consultation as lists show it.
    package struct ConsultationRow: Sendable, Hashable {
        package let record: RecordID
        package let place: PlaceID
        package let title: String
        package let isClosed: Bool
        package let closesAt: Instant
        package let counted: Int
    }

    /// The newest first, none of them folded.
    package func consultationRows(limit: Int = 1_000) throws -> [ConsultationRow] {
        try db.rows(
            """
            SELECT record, place, title, is_closed, closes_at, counted FROM \(rows(of: "consultations"))
            ORDER BY created_at DESC, record LIMIT ?
            """,
            limit
        ) { row in
            ConsultationRow(
                record: try row.identifier(0),
                place: PlaceID(column: try row.integer(1)),
                title: try row.text(2),
                isClosed: try row.integer(3) != 0,
                closesAt: Instant(milliseconds: try row.integer(4)),
                counted: Int(clamping: try row.integer(5))
            )
        }
    }

    /// The records whose id begins with these hexadecimal digits.
    package func records(prefix: String, limit: Int = 3) throws -> [RecordID] {
        guard let lower = bytes(hexadecimal: prefix.count.isMultiple(of: 2) ? prefix : prefix + "0"), lower.count <= 16
        else { return [] }
        let padded = lower + [UInt8](repeating: 0, count: 16 - lower.count)
        return try records(
            "SELECT record FROM records WHERE record >= ? ORDER BY record LIMIT ?",
            [padded, limit]
        ).filter { "\($0)".hasPrefix(prefix.lowercased()) }
    }

    /// What lists know a record as.
    package enum ListedRecord: Sendable, Hashable {
        case workOrder(number: String)
        case registration(community: PlaceID)
        case consultation
        case device(community: PlaceID)
        case alarm(community: PlaceID)
        case notice
    }

    /// - Returns: nil for a record that is in no list.
    package func listed(_ record: RecordID) throws -> ListedRecord? {
        func first<Value>(_ column: String, of model: String, _ read: (SQLRow) throws -> Value) throws -> Value? {
            try db.first("SELECT \(column) FROM \(rows(of: model)) WHERE record = ?", record, read: read)
        }
        func community(of model: String) throws -> PlaceID? {
            try first("community", of: model) { PlaceID(column: try $0.integer(0)) }
        }
        if let number = try first("number", of: "work_orders", { try $0.text(0) }) { return .workOrder(number: number) }
        if let place = try community(of: "registrations") { return .registration(community: place) }
        if let place = try community(of: "device_alarms") { return .alarm(community: place) }
        if let place = try community(of: "devices") { return .device(community: place) }
        if try first("1", of: "notices", { _ in true }) != nil { return .notice }
        return try first("1", of: "consultations") { _ in ListedRecord.consultation }
    }

    // MARK: Where a record is

    /// One delta that holds ops of a record.
    package struct RecordDelta: Sendable, Hashable {
        package let lane: LaneID
        package let audience: AudienceID
        package let seq: UInt64
        package let receivedAt: Instant
    }

    /// The deltas that a record's live entries came with.
    package func deltas(of record: RecordID) throws -> [RecordDelta] {
        try Set(storage.entries(of: record).map(\.delta)).sorted().compactMap { number in
            try db.first(
                """
                SELECT lanes.id, lanes.audience, deltas.seq, deltas.received_at FROM deltas
                JOIN lanes ON lanes.number = deltas.lane WHERE deltas.number = ?
                """,
                number
            ) { row in
                RecordDelta(
                    lane: try row.identifier(0),
                    audience: try row.identifier(1),
                    seq: UInt64(bitPattern: try row.integer(2)),
                    receivedAt: Instant(milliseconds: try row.integer(3))
                )
            }
        }
    }

    /// When a node first said that it had committed a lane up to a seq.
    package func committed(_ node: NodeID, _ lane: LaneID, seq: UInt64) throws -> Instant? {
        let earliest = try db.first(
            "SELECT min(at) FROM positions WHERE node = ? AND lane = ? AND seq >= ?",
            node,
            lane,
            Int64(bitPattern: seq)
        ) { try $0.optionalInteger(0) }
        return (earliest ?? nil).map(Instant.init(milliseconds:))
    }

    // MARK: Counts

    /// How much the replica holds.
    package struct Counts: Sendable, Hashable {
        package let records: Int
        /// Shown as a snapshot has them, their deltas being on their way.
        package let verifying: Int
        package let deltas: Int
        package let workOrders: Int
        package let registrations: Int
        package let consultations: Int
        package let parked: Int
    }

    package func counts() throws -> Counts {
        func count(_ table: String) throws -> Int {
            try db.first("SELECT count(*) FROM \(table)") { Int(clamping: try $0.integer(0)) } ?? 0
        }
        return Counts(
            records: try count("records"),
            verifying: try count("preview_records"),
            deltas: try count("deltas"),
            workOrders: try count(rows(of: "work_orders")),
            registrations: try count(rows(of: "registrations")),
            consultations: try count(rows(of: "consultations")),
            parked: try count("parked")
        )
    }

    /// The held deltas in LSN order with their authority entries and audiences: what an export holds.
    package func allDeltas(_ body: (Delta) throws -> Void) throws {
        try storage.forEachDelta(ofLanes: nil) { try body($0.delta) }
    }

    package func authorityEntries() throws -> [SignedAuthorityEntry] {
        try StoreReader.authorityEntries(db)
    }

    static func authorityEntries(_ db: Database) throws -> [SignedAuthorityEntry] {
        try db.rows("SELECT entry, signature FROM authority ORDER BY height") {
            SignedAuthorityEntry(entry: try $0.bytes(0), signature: try $0.bytes(1))
        }
    }

    /// Ops that are held and not shown.
    package func parkedOps(limit: Int = 1_000) throws -> [ParkedOp] {
        try db.rows("SELECT \(ParkedOp.columns) FROM parked ORDER BY delta, idx LIMIT ?", limit) { try ParkedOp($0) }
    }
}
