package import LiandongCore
import SwiftProtobuf

extension WorkOrder {
    /// - Returns: nil unless the record is a work order whose creation can be read.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> WorkOrder? {
        guard
            let created = view.register(WorkOrderField.creation),
            let creation = created.message(WireWorkOrderCreation.self)
        else { return nil }
        // The place an author serves is beyond its own word.
        let acceptedAt = authority.place(of: created.author) ?? PlaceID(raw: creation.acceptedAt)
        let log = WorkOrderLog(
            view,
            WorkOrderRules.Scene(audiences: view.givenTo, acceptedAt: acceptedAt, authority: authority)
        )
        let corrected = CorrectedValues(view, authority)
        let located = corrected[.location]?.message(WireGeoPoint.self)
        return WorkOrder(
            record: view.record,
            audience: view.audience,
            numbers: numbers(view, creation),
            acceptedAt: acceptedAt,
            place: movedTo(view, authority)
                ?? view.home.members.map(\.place).first { $0.raw == creation.place } ?? acceptedAt,
            papersAt: corrected[.papersAt].flatMap { UInt64(bigEndianBytes: $0.value) }.map { PlaceID(raw: $0) }
                ?? acceptedAt,
            service: corrected[.service]?.text ?? creation.service,
            channel: creation.channel,
            requestedAt: Instant(wire: creation.requestedAt),
            submittedAt: created.instant,
            updatedAt: view.updatedAt,
            erasedAt: view.erasedAt,
            description: corrected[.description]?.text,
            address: corrected[.address]?.text,
            location: GeoPoint(wire: located ?? (creation.hasLocation ? creation.location : nil)),
            media: texts(view.entries(of: WorkOrderField.media).map(\.element)),
            photos: WorkOrderPhoto.all(view, authority),
            attributes: attributes(view),
            externalReferences: externalReferences(view),
            sealedContact: corrected[.contact]?.value,
            conflicts: corrected.conflicts,
            queryHash: [UInt8](creation.queryHash),
            events: log.events,
            progress: log.progress
        )
    }

    private static func numbers(_ view: RecordView, _ creation: WireWorkOrderCreation) -> [String] {
        let added = view.entries(of: WorkOrderField.numbers).map(\.element)
        return texts(added + [Array(creation.number.utf8)]).filter { !$0.isEmpty }
    }

    /// Distinct texts in the order of their bytes.
    private static func texts(_ elements: [[UInt8]]) -> [String] {
        Set(elements).sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The grid that it was moved to, by a place above that.
    private static func movedTo(_ view: RecordView, _ authority: AuthorityState) -> PlaceID? {
        guard let entry = view.register(WorkOrderField.place), let raw = UInt64(bigEndianBytes: entry.value),
            let author = authority.place(of: entry.author), authority.isWithin(PlaceID(raw: raw), author)
        else { return nil }
        return PlaceID(raw: raw)
    }

    private static func attributes(_ view: RecordView) -> [AttributeValue] {
        let wire = view.register(WorkOrderField.attributes)?.message(WireAttributeValues.self)
        return (wire?.values ?? []).map { AttributeValue(code: $0.code, value: $0.value) }
    }

    private static func externalReferences(_ view: RecordView) -> [ExternalReference] {
        view.entries(of: WorkOrderField.externalReferences).compactMap { entry in
            (try? WireExternalReference(serializedBytes: entry.element)).map {
                ExternalReference(system: $0.system, identifier: $0.identifier)
            }
        }.sorted()
    }
}

extension GeoPoint {
    init?(wire: WireGeoPoint?) {
        guard let wire else { return nil }
        self.init(latitude: wire.latitude, longitude: wire.longitude)
    }
}
