package import LiandongCore
import SwiftProtobuf

extension WorkOrder {
    /// A field that was written at more than one place, none of which knew of the others' writing.
    ///
    /// All that was written is kept until who may correct the order has seen it and writes the field once more (design §9).
    package struct Conflict: Sendable, Hashable {
        package let field: CorrectedField
        /// The one that is shown comes first: by the higher tier, then the later one.
        package let versions: [Version]

        package struct Version: Sendable, Hashable {
            /// What it is called within the order.
            package let name: String
            /// The place its author serves; nil when the authority chain does not know the author.
            package let authorPlace: PlaceID?
            package let writtenAt: Instant
            /// As it was written; a contact is sealed.
            let value: [UInt8]
        }
    }

    /// What can be corrected of an order, and so be written at two places at once.
    package enum CorrectedField: String, Sendable, CaseIterable {
        case service, description, address, location
        case papersAt = "papers-at"
        case contact

        var field: Field {
            switch self {
            case .service: WorkOrderField.service
            case .description: WorkOrderField.description
            case .address: WorkOrderField.address
            case .location: WorkOrderField.location
            case .papersAt: WorkOrderField.papersAt
            case .contact: WorkOrderField.contact
            }
        }
    }
}

extension WorkOrder.Conflict.Version {
    /// What a version says, in a form that can be shown.
    package enum Content: Sendable, Hashable {
        case text(String)
        case point(GeoPoint)
        case place(PlaceID)
        case contact(WorkOrder.Requester)
        case unreadable
    }
}

extension WorkOrder {
    /// What a version of a field says.
    package func content(
        of version: Conflict.Version,
        _ field: CorrectedField,
        _ purposes: Purposes
    ) -> Conflict.Version.Content {
        switch field {
        case .service, .description, .address: .text(String(decoding: version.value, as: UTF8.self))
        case .location:
            GeoPoint(wire: try? WireGeoPoint(serializedBytes: version.value)).map { .point($0) } ?? .unreadable
        case .papersAt: UInt64(bigEndianBytes: version.value).map { .place(PlaceID(raw: $0)) } ?? .unreadable
        case .contact: .contact(Requester(version.value, of: record, purposes))
        }
    }
}

/// What is written in the fields of an order that can be corrected, looked up once for a fold.
struct CorrectedValues {
    /// Of each field that was written the versions, the one that is shown first.
    private let versions: [WorkOrder.CorrectedField: [EntryView]]
    private let authority: AuthorityState

    init(_ view: RecordView, _ authority: AuthorityState) {
        self.authority = authority
        self.versions = Dictionary(
            uniqueKeysWithValues: WorkOrder.CorrectedField.allCases.map { ($0, view.versions(of: $0.field, authority)) }
        )
    }

    /// What is shown of a field; nil when it was never written.
    subscript(field: WorkOrder.CorrectedField) -> EntryView? { versions[field]?.first }

    /// The fields of which somebody has to choose a version, in the order of ``WorkOrder/CorrectedField``.
    var conflicts: [WorkOrder.Conflict] {
        WorkOrder.CorrectedField.allCases.compactMap { field in
            guard let entries = versions[field], entries.count > 1 else { return nil }
            return WorkOrder.Conflict(field: field, versions: entries.map { .init($0, authority) })
        }
    }
}

extension WorkOrder.Conflict.Version {
    fileprivate init(_ entry: EntryView, _ authority: AuthorityState) {
        self.name = "\("\(entry.dot.delta)".prefix(16))-\(entry.dot.index)"
        self.authorPlace = authority.place(of: entry.author)
        self.writtenAt = entry.instant
        self.value = entry.value
    }
}

extension RecordView {
    /// What was written to a field, none of it knowing of the rest: by the author's tier, the highest first, then the
    /// latest first; what several wrote alike once.
    fileprivate func versions(of field: Field, _ authority: AuthorityState) -> [EntryView] {
        let entries = entries(of: field)
        guard entries.count > 1 else { return Array(entries) }
        var seen: Set<[UInt8]> = []
        return entries.map { (tier: authority.place(of: $0.author).flatMap { authority.places[$0]?.tier }, entry: $0) }
            .sorted { a, b in
                let ranks = (a.tier?.rawValue ?? .max, b.tier?.rawValue ?? .max)
                return ranks.0 == ranks.1
                    ? (b.entry.stamp, b.entry.dot) < (a.entry.stamp, a.entry.dot) : ranks.0 < ranks.1
            }
            .map(\.entry)
            .filter { seen.insert($0.value).inserted }
    }
}
