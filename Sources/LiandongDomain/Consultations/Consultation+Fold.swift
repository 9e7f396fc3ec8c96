package import LiandongCore

extension Consultation {
    /// - Returns: nil unless the record is a consultation whose creation can be read.
    /// - Complexity: O(*n* log *n*) in the number of ballots.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> Consultation? {
        guard
            let created = view.register(ConsultationField.creation),
            let creation = created.message(WireConsultationCreation.self)
        else { return nil }
        // The record's id commits to its home; the payload's word on the place does not count.
        let place = view.home.members.first?.place ?? PlaceID(raw: creation.place)
        let options = creation.options.map { Option(code: $0.code, title: $0.title) }
        let closesAt = Instant(wire: creation.closesAt)
        let closing = closingEntry(view, place: place, authority)
        let roll = Roll(view, creation: created, size: creation.rollSize, place: place, authority)
        return Consultation(
            record: view.record,
            audience: view.audience,
            place: place,
            title: creation.title,
            text: view.register(ConsultationField.text)?.text ?? "",
            options: options,
            unit: roll == nil ? .person : .rollEntry,
            createdAt: Instant(wire: creation.createdAt),
            closesAt: closesAt,
            updatedAt: view.updatedAt,
            closing: closing.map { Closing(at: $0.entry.instant, place: $0.place) },
            opinions: opinions(view, authority),
            tally: Tally(
                ballots: view.log(ConsultationField.ballots),
                options: options,
                closing: closing?.entry,
                closesAt: closesAt,
                roll: roll,
                authority
            ),
            roll: roll,
            sealedBallotKey: [UInt8](creation.ballotKey)
        )
    }

    /// The first closing by the consultation's place or one above it; others have no effect.
    private static func closingEntry(
        _ view: RecordView,
        place: PlaceID,
        _ authority: AuthorityState
    ) -> (entry: EntryView, place: PlaceID)? {
        for entry in view.log(ConsultationField.events) {
            guard
                entry.message(WireConsultationEvent.self)?.act == .close,
                let by = authority.place(of: entry.author), authority.isWithin(place, by)
            else { continue }
            return (entry, by)
        }
        return nil
    }

    private static func opinions(_ view: RecordView, _ authority: AuthorityState) -> [Opinion] {
        let texts = view.texts(ConsultationField.opinionTexts)
        return view.log(ConsultationField.opinions).compactMap { entry in
            guard let id = EventID(entry.element), let wire = entry.message(WireOpinion.self) else { return nil }
            return Opinion(
                id: id,
                at: Instant(wire: wire.at),
                place: authority.place(of: entry.author),
                text: texts[TextKey(entry)]?.text ?? ""
            )
        }
    }
}
