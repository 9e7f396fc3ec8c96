import Foundation
package import LiandongCore
import SwiftProtobuf

/// Takes in a request for this place or, by *accept for others*, for any other place of the district.
///
/// The accepting place is its holder and stays so until another takes it; a request for another place is offered to it
/// in the same breath. The requester is answered at once, whatever links are down.
package struct SubmitWorkOrder: Command {
    package var service: String
    /// Nil when it is not known where the request belongs: the accepting place stays responsible.
    package var place: PlaceID?
    package var description: String
    package var address: String
    package var location: GeoPoint?
    /// Nil: now.
    package var requestedAt: Instant?
    /// How it came in: "open311", "counter", "phone", "import".
    package var channel: String
    package var contact: Contact
    package var media: [String]
    package var attributes: [AttributeValue]
    /// The request's name in the system it was imported from: the same name gives the same record.
    package var imported: ExternalReference?
    /// How it had ended before it was imported.
    package var outcome: Outcome?
    /// A clerk takes it in from somebody at the counter, and accepts it in the same breath: how they agreed to that.
    ///
    /// Kept with the order, for staff alone. Nil: whoever acts hands it in for themselves.
    package var consent: String?

    /// The most characters of its texts.
    package enum Limit {
        package static let description = 4_000
        package static let address = 400
        package static let outcome = 4_000
        package static let consent = 500
        package static let externalSystem = 100
        package static let externalIdentifier = 200
    }

    /// The end of an imported request.
    package struct Outcome: Sendable, Hashable {
        package let closedAt: Instant
        package let text: String

        package init(closedAt: Instant, text: String) {
            self.closedAt = closedAt
            self.text = text
        }
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        package let number: String
        /// 8 digits, for the requester only; nobody can find it again.
        package let queryCode: String
        package let service: String
        package let holder: PlaceID
        /// The place that it is offered to.
        package let offeredTo: PlaceID?
    }

    package init(
        service: String,
        place: PlaceID? = nil,
        description: String,
        address: String = "",
        location: GeoPoint? = nil,
        requestedAt: Instant? = nil,
        channel: String,
        contact: Contact = Contact(),
        media: [String] = [],
        attributes: [AttributeValue] = [],
        imported: ExternalReference? = nil,
        outcome: Outcome? = nil,
        consent: String? = nil
    ) {
        self.service = service
        self.place = place
        self.description = description
        self.address = address
        self.location = location
        self.requestedAt = requestedAt
        self.channel = channel
        self.contact = contact
        self.media = media
        self.attributes = attributes
        self.imported = imported
        self.outcome = outcome
        self.consent = consent
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        let request = try checked(context)
        let home = try audience(context)
        let (record, nonce) = identity(home, context)
        if imported != nil, let known = try reader.record(record) {
            throw alreadyImported(WorkOrder.fold(known, context.authority)?.number)
        }
        let number = try number(context)
        let code = QueryCode.make(context)
        var drafts = WorkOrderDrafts(record: record, audience: home)
        drafts.create(nonce, request.creation(number: number, code: code, record: record, context))
        try request.appendTexts(to: &drafts, context)
        let offeredTo = request.appendEvents(to: &drafts, context)
        return Plan(
            drafts: drafts.drafts,
            receipt: Receipt(
                record: record,
                number: number,
                queryCode: code,
                service: request.service,
                holder: context.actor.place,
                offeredTo: offeredTo
            )
        )
    }
}

// MARK: - Checks

extension SubmitWorkOrder {
    /// The same request with its texts normalised and its bounds checked.
    private func checked(_ context: CommandContext) throws(Refusal) -> SubmitWorkOrder {
        let entry = try ServiceCatalogue.current.require(service)
        var request = self
        request.description = try Text.checked(
            description,
            Localized("情况说明", "the description"),
            limit: Limit.description
        )
        request.address = try Text.checked(address, Localized("地址", "the address"), limit: Limit.address)
        request.channel = try Text.required(channel, Localized("渠道", "the channel"), limit: 40)
        request.contact = try contact.checked()
        request.attributes = try entry.checked(attributes)
        request.media = try media.map { url throws(Refusal) in
            try Text.required(url, Localized("媒体地址", "a media address"), limit: 2000)
        }
        if let imported {
            request.imported = ExternalReference(
                system: try Text.required(
                    imported.system,
                    Localized("外部系统", "the external system"),
                    limit: Limit.externalSystem
                ),
                identifier: try Text.required(
                    imported.identifier,
                    Localized("外部编号", "the external identifier"),
                    limit: Limit.externalIdentifier
                )
            )
        }
        if let outcome {
            request.outcome = Outcome(
                closedAt: outcome.closedAt,
                text: try Text.checked(outcome.text, Localized("办理结果", "the outcome"), limit: Limit.outcome)
            )
        }
        if let consent {
            request.consent = try Text.required(
                consent,
                Localized("诉求人如何同意", "how the requester agreed"),
                limit: Limit.consent
            )
        }
        guard media.count <= 20 else {
            throw Refusal(.mediaTooMany, media.count)
        }
        guard !request.description.isEmpty || !request.attributes.isEmpty || !request.address.isEmpty else {
            throw Refusal(.requestEmpty)
        }
        return request
    }

    private func audience(_ context: CommandContext) throws(Refusal) -> Audience {
        let places = [context.actor.place] + (place.map { [$0] } ?? [])
        if let place, context.authority.places[place] == nil {
            throw Refusal(.placeUnknown, place)
        }
        guard let audience = Audience(lines: Set(places).sorted()) else {
            preconditionFailure("one or two places are an audience")
        }
        return audience
    }

    /// An imported request has the nonce that its foreign name gives, so that importing twice makes one record.
    private func identity(_ home: Audience, _ context: CommandContext) -> (RecordID, Nonce) {
        guard let imported else { return context.newRecord(.workOrder, in: home) }
        let nonce = context.derivedNonce(
            "liandong/import/1",
            [Array(imported.system.utf8), [0], Array(imported.identifier.utf8)]
        )
        return (context.recordID(.workOrder, in: home, nonce: nonce), nonce)
    }

    private func alreadyImported(_ number: String?) -> Refusal {
        let name = imported.map { "\($0.identifier) of \($0.system)" } ?? "the request"
        return number.map { Refusal(.importedBefore, name, $0) } ?? Refusal(.importedUnnumbered, name)
    }

    private func number(_ context: CommandContext) throws -> String {
        let text = try context.nextNumber(context.now)
        guard let number = WorkOrderNumber(text) else {
            throw Refusal(.numberForm, text)
        }
        return number.text
    }
}

// MARK: - Drafts

extension SubmitWorkOrder {
    private func creation(
        number: String,
        code: String,
        record: RecordID,
        _ context: CommandContext
    ) -> WireWorkOrderCreation {
        .with {
            $0.acceptedAt = context.actor.place.raw
            $0.place = (place ?? context.actor.place).raw
            $0.number = number
            $0.service = service
            $0.requestedAt = (requestedAt ?? context.now).wire
            $0.queryHash = Data(QueryCode.hash(code, of: record, context.cryptography))
            $0.channel = channel
            $0.role = context.actor.role
        }
    }

    /// Personal text and places travel in ops of their own, so that they can be erased from under the event.
    private func appendTexts(to drafts: inout WorkOrderDrafts, _ context: CommandContext) throws {
        if !description.isEmpty { drafts.write(WorkOrderField.description, Array(description.utf8)) }
        if !address.isEmpty { drafts.write(WorkOrderField.address, Array(address.utf8)) }
        if let location { drafts.write(WorkOrderField.location, location.wire.payload) }
        if !attributes.isEmpty { drafts.write(WorkOrderField.attributes, attributes.payload) }
        for url in media { drafts.write(WorkOrderField.media, element: Array(url.utf8)) }
        if let imported { drafts.write(WorkOrderField.externalReferences, element: imported.element) }
        if !contact.isEmpty { drafts.write(WorkOrderField.contact, try contact.sealed(for: drafts.record, context)) }
    }

    /// - Returns: the place that the order is offered to.
    private func appendEvents(to drafts: inout WorkOrderDrafts, _ context: CommandContext) -> PlaceID? {
        if let outcome {
            let accepted = drafts.append(.accept, after: [], context) {
                $0.happenedAt = (requestedAt ?? context.now).wire
            }
            drafts.append(.close, after: [accepted], text: outcome.text, context) {
                $0.happenedAt = outcome.closedAt.wire
            }
            return nil
        }
        var seen: [EventID] = []
        if let consent {
            seen = [drafts.append(.accept, after: [], context)]
            seen = [drafts.append(.note, after: seen, text: consent, context)]
        }
        let responsible = context.authority.responsiblePlace(for: place ?? context.actor.place)
        guard responsible != context.actor.place else { return nil }
        drafts.append(.offer, after: seen, context) { $0.place = responsible.raw }
        return responsible
    }
}
