package import LiandongCore

/// Corrects what a work order says, and chooses among versions of a field that were written at several places at once: by
/// its holder, by the place that took it in, or by one above either.
package struct AmendWorkOrder: Command {
    package var order: WorkOrderSelector
    package var service: String?
    package var description: String?
    package var address: String?
    package var location: GeoPoint?
    package var papersAt: PlaceID?
    package var contact: ContactChange?
    package var addedReferences: [ExternalReference]
    /// Of fields in conflict, the version that is to be the only one.
    package var kept: [KeptVersion]

    /// A version of a field, by its name.
    package struct KeptVersion: Sendable, Hashable {
        package let field: WorkOrder.CorrectedField
        package let version: String

        package init(_ field: WorkOrder.CorrectedField, _ version: String) {
            self.field = field
            self.version = version
        }
    }

    package init(
        _ order: WorkOrderSelector,
        service: String? = nil,
        description: String? = nil,
        address: String? = nil,
        location: GeoPoint? = nil,
        papersAt: PlaceID? = nil,
        contact: ContactChange? = nil,
        addedReferences: [ExternalReference] = [],
        kept: [KeptVersion] = []
    ) {
        self.order = order
        self.service = service
        self.description = description
        self.address = address
        self.location = location
        self.papersAt = papersAt
        self.contact = contact
        self.addedReferences = addedReferences
        self.kept = kept
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        package let number: String
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        let (view, order) = try order.find(reader, context)
        if let refusal = order.correctionRefusal(at: context.actor.place, context.authority) { throw refusal }
        if description != nil || address != nil || location != nil || contact != nil {
            try order.requireNotErased(.erasedCorrect)
        }
        let target = try RecordTarget(view, Localized("工单", "the order"), context)
        var drafts = WorkOrderDrafts(record: order.record, target, isErased: order.erasedAt != nil)
        for kept in kept { drafts.write(kept.field.field, try order.version(kept).value) }
        if let service {
            drafts.write(WorkOrderField.service, Array(try ServiceCatalogue.current.require(service).code.utf8))
        }
        if let description {
            let text = try Text.checked(description, Localized("情况说明", "the description"), limit: 4000)
            drafts.write(WorkOrderField.description, Array(text.utf8))
        }
        if let address {
            let text = try Text.checked(address, Localized("地址", "the address"), limit: 400)
            drafts.write(WorkOrderField.address, Array(text.utf8))
        }
        if let location { drafts.write(WorkOrderField.location, location.wire.payload) }
        if let papersAt {
            guard context.authority.isEntitled(place: papersAt, to: target.audience) else {
                throw Refusal(.papersNotThere, context.authority.name(of: papersAt))
            }
            drafts.write(WorkOrderField.papersAt, papersAt.bytes)
        }
        if let contact {
            let changed = try contact.applied(to: order.requester(context.purposes))
            drafts.write(WorkOrderField.contact, try changed.checked().sealed(for: order.record, context))
        }
        for reference in addedReferences {
            let checked = ExternalReference(
                system: try Text.required(reference.system, Localized("外部系统", "the external system"), limit: 100),
                identifier: try Text.required(
                    reference.identifier,
                    Localized("外部编号", "the external identifier"),
                    limit: 200
                )
            )
            drafts.write(WorkOrderField.externalReferences, element: checked.element)
        }
        guard drafts.drafts.count > target.drafts.count else {
            throw Refusal(.nothingChanged)
        }
        return Plan(drafts: drafts.drafts, receipt: Receipt(record: order.record, number: order.number))
    }
}

extension WorkOrder {
    /// Why a place may not correct it; nil where it may: it holds it, took it in, or stands above one that did.
    package func correctionRefusal(at place: PlaceID, _ authority: AuthorityState) -> Refusal? {
        guard !(holders + [acceptedAt]).contains(where: { authority.isWithin($0, place) }) else { return nil }
        let holders = holders.map { authority.name(of: $0) }.joined(separator: ", ")
        return Refusal(.amendNotYours, authority.name(of: place), holders)
    }

    fileprivate func version(_ kept: AmendWorkOrder.KeptVersion) throws(Refusal) -> Conflict.Version {
        guard let conflict = conflicts.first(where: { $0.field == kept.field }) else {
            throw Refusal(.conflictNone, kept.field.title, number)
        }
        guard let version = conflict.versions.first(where: { $0.name == kept.version }) else {
            let names = conflict.versions.map(\.name).joined(separator: ", ")
            throw Refusal(.versionUnknown, kept.field.title, kept.version, names)
        }
        return version
    }
}

/// What is to be changed of who made a request; nil stays as it is.
package struct ContactChange: Sendable, Hashable {
    package var name: String?
    package var phone: String?
    package var email: String?

    package init(name: String? = nil, phone: String? = nil, email: String? = nil) {
        self.name = name
        self.phone = phone
        self.email = email
    }

    /// - Throws: a refusal where something is to stay that this node cannot read.
    fileprivate func applied(to requester: WorkOrder.Requester) throws(Refusal) -> Contact {
        let known: Contact
        switch requester {
        case .unknown: known = Contact()
        case .open(let contact): known = contact
        case .sealed:
            guard name != nil, phone != nil, email != nil else { throw Refusal.purposeMissing(Purpose.contact) }
            known = Contact()
        }
        return Contact(name: name ?? known.name, phone: phone ?? known.phone, email: email ?? known.email)
    }
}
