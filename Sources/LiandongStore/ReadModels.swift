import GRDB
import LiandongCore
import LiandongDomain

/// Keeps the read models equal to the fold of the records' cells.
struct ReadModels {
    let db: Database
    let storage: SQLiteLedgerStorage
    let authority: AuthorityState
    /// Before each table's name: the companions that hold a snapshot's records have one.
    var prefix = ""

    /// Folds records anew and replaces their rows.
    func refresh(_ records: [RecordID]) throws -> RecordChanges {
        var changes = RecordChanges(records)
        for record in records {
            guard let view = try RecordView(of: record, in: storage), let summary = RecordSummary(view, authority)
            else {
                try remove(record)
                changes.hasDevices = true
                continue
            }
            if case .registration = summary { changes.registrations.append(record) }
            if view.kind == RecordKind.device || view.kind == RecordKind.deviceRules { changes.hasDevices = true }
            // Nothing has to be taken away of a record that is new here.
            let left = try replace(record, summary, isNew: storage.isNew(record))
            if !left.isEmpty { changes.left[record] = left }
        }
        return changes
    }

    /// A record that is not readable any more, after a revocation say.
    private func remove(_ record: RecordID) throws {
        for model in StoreSchema.readModels {
            try db.run("DELETE FROM \(model.table) WHERE record = ?", record)
        }
    }

    /// - Returns: of an order, the places of which it is no matter any more.
    @discardableResult
    func replace(_ record: RecordID, _ summary: RecordSummary, isNew: Bool) throws -> [PlaceID] {
        switch summary {
        case .workOrder(let order): return try replace(order, isNew: isNew)
        case .registration(let registration): try replace(registration, isNew: isNew)
        case .consultation(let consultation): try replace(consultation)
        case .personLink(let lesser, let greater): try link("person_links", record, lesser, greater)
        case .elsewhereNotice(let lesser, let greater): try link("elsewhere_notices", record, lesser, greater)
        case .device(let device): try replace(device)
        case .alarm(let alarm): try replace(alarm)
        case .notice(let notice): try replace(notice)
        case .unlisted: break
        }
        return []
    }

    private func replace(_ registration: RegistrationSummary, isNew: Bool) throws {
        let record = registration.record
        if !isNew {
            try db.run("DELETE FROM \(prefix)registration_tags WHERE record = ?", record)
            // By the name that they are of: pairs are found by their characters, and an index of records would be as
            // large as they are.
            let known = try db.first("SELECT name FROM \(prefix)registrations WHERE record = ?", record) {
                try $0.text(0)
            }
            for bigram in Bigrams.of(known ?? "") {
                try db.run("DELETE FROM \(prefix)registration_bigrams WHERE bigram = ? AND record = ?", bigram, record)
            }
        }
        try db.run(
            """
            INSERT OR REPLACE INTO \(prefix)registrations(record, community, name, registered_at, updated_at)
            VALUES(?, ?, ?, ?, ?)
            """,
            record,
            registration.community.column,
            registration.name,
            registration.registeredAt.milliseconds,
            registration.updatedAt.milliseconds
        )
        for digest in registration.matchTagDigests {
            try db.run("INSERT OR IGNORE INTO \(prefix)registration_tags(digest, record) VALUES(?, ?)", digest, record)
        }
        for bigram in Bigrams.of(registration.name) {
            try db.run(
                "INSERT OR IGNORE INTO \(prefix)registration_bigrams(bigram, record) VALUES(?, ?)",
                bigram,
                record
            )
        }
    }

    private func replace(_ consultation: ConsultationSummary) throws {
        try db.run(
            """
            INSERT OR REPLACE INTO \(prefix)consultations(record, place, title, is_closed, created_at, closes_at, updated_at,
                counted, uncounted) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            consultation.record,
            consultation.place.column,
            consultation.title,
            consultation.isClosed,
            consultation.createdAt.milliseconds,
            consultation.closesAt.milliseconds,
            consultation.updatedAt.milliseconds,
            consultation.counted,
            consultation.uncounted
        )
    }

    private func link(_ table: String, _ record: RecordID, _ lesser: RecordID, _ greater: RecordID) throws {
        for registration in [lesser, greater] {
            try db.run(
                "INSERT OR IGNORE INTO \(prefix)\(table)(registration, record) VALUES(?, ?)",
                registration,
                record
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
