package import LiandongCore

extension Registration {
    /// - Returns: nil unless the record is a registration whose creation can be read.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> Registration? {
        guard
            let created = view.register(RegistrationField.creation),
            let creation = created.message(WireRegistrationCreation.self)
        else { return nil }
        let community = authority.place(of: created.author) ?? PlaceID(raw: creation.community)
        // A registration has one writer: what a street or the district wrote into it is not shown.
        let own = RecordView(
            record: view.record,
            home: view.home,
            entries: view.entries.filter { authority.place(of: $0.author) == community }
        )
        return Registration(
            record: view.record,
            audience: view.audience,
            community: community,
            registeredAt: Instant(wire: creation.registeredAt),
            updatedAt: view.updatedAt,
            erasedAt: view.erasedAt,
            names: survivors(own, RegistrationField.name),
            identities: identities(own),
            residences: survivors(own, RegistrationField.residence),
            phone: own.register(RegistrationField.phone).flatMap(SourcedValue.init(entry:)),
            address: own.register(RegistrationField.address).flatMap(SourcedValue.init(entry:)),
            note: own.register(RegistrationField.note).flatMap(SourcedValue.init(entry:))
        )
    }

    /// All that survived of a multi-value, the best source first, then the latest.
    private static func survivors(_ view: RecordView, _ field: Field) -> [SourcedValue] {
        shownFirst(view.entries(of: field).compactMap { entry in SourcedValue(entry: entry).map { ($0, entry) } }) {
            $0.source
        }
    }

    private static func identities(_ view: RecordView) -> [Identity] {
        shownFirst(
            view.entries(of: RegistrationField.identity).compactMap { entry in
                Identity(entry: entry).map { ($0, entry) }
            }
        ) { $0.source }
    }

    private static func shownFirst<Value>(
        _ values: [(Value, EntryView)],
        source: (Value) -> ValueSource
    ) -> [Value] {
        values.sorted { a, b in
            let (left, right) = (source(a.0), source(b.0))
            return left == right ? EntryView.inLogOrder(b.1, a.1) : left < right
        }.map(\.0)
    }
}

extension Registration.SourcedValue {
    init?(entry: EntryView) {
        guard let wire = entry.message(WireSourcedValue.self) else { return nil }
        self.init(
            content: wire.sealed.isEmpty ? .text(wire.text) : .sealed([UInt8](wire.sealed)),
            source: ValueSource(wire: wire.source),
            date: wire.date,
            evidence: wire.evidence
        )
    }
}

extension Registration.Identity {
    init?(entry: EntryView) {
        guard let wire = entry.message(WireIdentityValue.self) else { return nil }
        self.init(
            sealedNumber: [UInt8](wire.number),
            matchTag: wire.matchTag.isEmpty
                ? nil : Registration.MatchTag(version: wire.matchVersion, bytes: [UInt8](wire.matchTag)),
            source: ValueSource(wire: wire.source),
            date: wire.date,
            evidence: wire.evidence
        )
    }
}

extension ValueSource {
    /// A source this build does not know ranks last.
    init(wire: WireValueSource) {
        self = UInt8(exactly: wire.rawValue).flatMap(ValueSource.init(rawValue:)) ?? .inferred
    }

    var wire: WireValueSource { WireValueSource(rawValue: Int(rawValue)) ?? .unspecified }
}
