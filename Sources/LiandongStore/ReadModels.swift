import GRDB
import LiandongCore
import LiandongDomain

/// Keeps the read models equal to the fold of the records' cells.
struct ReadModels {
    let db: Database
    let storage: SQLiteLedgerStorage
    let authority: AuthorityState

    /// Folds records anew and replaces their rows.
    func refresh(_ records: Set<RecordID>) throws {
        for record in records.sorted() {
            guard let view = try RecordView(of: record, in: storage), let summary = RecordSummary(view, authority)
            else {
                try remove(record)
                continue
            }
            try replace(record, summary)
        }
    }

    private func run(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// A record that is not readable any more, after a revocation say.
    private func remove(_ record: RecordID) throws {
        for model in StoreSchema.readModels {
            try run("DELETE FROM \(model.table) WHERE record = ?", [record.data])
        }
    }

    private func replace(_ record: RecordID, _ summary: RecordSummary) throws {
        switch summary {
        case .workOrder(let order): try replace(order)
        case .registration(let registration): try replace(registration)
        case .consultation(let consultation): try replace(consultation)
        case .personLink(let lesser, let greater): try link("person_links", record, lesser, greater)
        case .elsewhereNotice(let lesser, let greater): try link("elsewhere_notices", record, lesser, greater)
        }
    }

    private func replace(_ order: WorkOrderSummary) throws {
        let record = order.record.data
        let isKnown = try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS(SELECT 1 FROM work_orders WHERE record = ?)"),
            arguments: [record]
        )
        if isKnown == true {
            try run("DELETE FROM work_order_offers WHERE record = ?", [record])
        }
        try run(
            """
            INSERT OR REPLACE INTO work_orders(record, number, status, is_open, service, accepted_at, place, holder,
                is_disputed, round, requested_at, submitted_at, updated_at)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                record, order.number, order.status.name, order.isOpen, order.service, order.acceptedAt.column,
                order.place.column, order.holder.column, order.isDisputed, order.round,
                order.requestedAt.milliseconds, order.submittedAt.milliseconds, order.updatedAt.milliseconds,
            ]
        )
        for number in order.numbers {
            try run("INSERT OR IGNORE INTO work_order_numbers(number, record) VALUES(?, ?)", [number, record])
        }
        for place in order.offeredTo {
            try run("INSERT INTO work_order_offers(place, record) VALUES(?, ?)", [place.column, record])
        }
    }

    private func replace(_ registration: RegistrationSummary) throws {
        let record = registration.record.data
        try run("DELETE FROM registration_tags WHERE record = ?", [record])
        try run("DELETE FROM registration_bigrams WHERE record = ?", [record])
        try run(
            """
            INSERT OR REPLACE INTO registrations(record, community, name, registered_at, updated_at)
            VALUES(?, ?, ?, ?, ?)
            """,
            [
                record, registration.community.column, registration.name, registration.registeredAt.milliseconds,
                registration.updatedAt.milliseconds,
            ]
        )
        for digest in registration.matchTagDigests {
            try run("INSERT OR IGNORE INTO registration_tags(digest, record) VALUES(?, ?)", [digest.data, record])
        }
        for bigram in Bigrams.of(registration.name) {
            try run("INSERT OR IGNORE INTO registration_bigrams(bigram, record) VALUES(?, ?)", [bigram, record])
        }
    }

    private func replace(_ consultation: ConsultationSummary) throws {
        try run(
            """
            INSERT OR REPLACE INTO consultations(record, place, title, is_closed, created_at, closes_at, updated_at,
                counted, uncounted) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                consultation.record.data, consultation.place.column, consultation.title, consultation.isClosed,
                consultation.createdAt.milliseconds, consultation.closesAt.milliseconds,
                consultation.updatedAt.milliseconds, consultation.counted, consultation.uncounted,
            ]
        )
    }

    private func link(_ table: String, _ record: RecordID, _ lesser: RecordID, _ greater: RecordID) throws {
        for registration in [lesser, greater] {
            try run(
                "INSERT OR IGNORE INTO \(table)(registration, record) VALUES(?, ?)",
                [registration.data, record.data]
            )
        }
    }
}

/// The pairs of characters that names are searched by.
enum Bigrams {
    /// Every two neighbouring characters, lower case, blanks left out, sorted.
    ///
    /// The first character stands alone too, so that a family name finds its bearers.
    static func of(_ text: String) -> [String] {
        let characters = Array(text.lowercased().filter { !$0.isWhitespace })
        guard characters.count > 1 else { return characters.map { String($0) } }
        var pairs: Set<String> = []
        for index in characters.indices.dropLast() { pairs.insert(String(characters[index...(index + 1)])) }
        pairs.insert(String(characters[0]))
        return pairs.sorted()
    }
}
