package import LiandongCore
package import LiandongDomain

/// How much of a work order somebody is shown.
package enum OrderSight: Sendable, Hashable {
    /// What is public: what is asked for and where, how far it has come, and what was decided.
    case everyone
    /// Who showed the query code: their own words too, and whom the answer goes to, masked.
    case requester
    /// Who works on it: everything but what is sealed; the requester masked.
    case staff
}

/// One work order: `liandong.order/1`.
package struct OrderReport: Codable, Sendable {
    package var schema = "liandong.order/1"
    package let asOf: String
    package let record: String
    package let number: String
    package let numbers: [String]
    package let status: String
    package let isOpen: Bool
    package let service: String
    /// How it came in; staff only.
    package let channel: String?
    package let round: Int
    package let acceptedAt: PlaceReport
    package let place: PlaceReport
    package let holders: [PlaceReport]
    package let papersAt: PlaceReport
    package let requestedAt: String
    package let updatedAt: String
    /// When what is personal of it was erased.
    package let erasedAt: String?
    package let description: String?
    package let address: String?
    package let latitude: Double?
    package let longitude: Double?
    package let attributes: [Attribute]
    package let media: [String]
    /// Photos, in the order they were added; none for everyone.
    package let attachments: [Attachment]
    package let deadline: Deadline
    /// Its names in other systems; staff only.
    package let references: [Reference]
    /// Masked, as in 张*; absent for everyone.
    package let requester: String?
    /// Masked, as in 138****0000; absent for everyone.
    package let phone: String?
    package let offers: [Offer]
    package let dispute: Dispute?
    /// The places that it was dispatched to at once, neither knowing of the other; the proposed lead comes first.
    package let leads: [PlaceReport]
    /// Fields that were written at several places, none knowing of the others; staff only.
    package let conflicts: [Conflict]
    package let events: [Event]
    /// It came with a snapshot, and its deltas are still to be checked.
    package let verifying: Bool
    /// What the place of this node may do now, and why not the rest; staff only.
    package var acts: [LegalAct]?
    /// Whether the place of this node may correct what it says and choose among versions, and why not; staff only.
    package var amend: LegalAct?

    package struct Attribute: Codable, Sendable {
        package let code: String
        package let value: String
    }

    /// A photo that is shown beside the order.
    package struct Attachment: Codable, Sendable {
        /// BLAKE2b-256 of its bytes, 64 hexadecimal digits: its name.
        package let digest: String
        package let mediaType: String
        package let byteCount: Int
        /// It travels in so many parts; those that are here.
        package let parts: Int
        package let partsHere: Int
        package let addedAt: String
        package let by: PlaceReport
        /// What they are who added it: clerk, resident and so on.
        package let role: String
        /// Who added it; staff only.
        package let operatorName: String?
    }

    package struct Conflict: Codable, Sendable {
        package let field: String
        /// The one that is shown comes first.
        package let versions: [Version]

        package struct Version: Codable, Sendable {
            /// Its name, to choose it by.
            package let version: String
            /// What it says; of a requester masked, and empty where this node may not read it.
            package let value: String
            package let by: PlaceReport
            /// Of the place: district, street, community or grid; empty where the place is not known.
            package let tier: String
            package let at: String
        }
    }

    package struct Deadline: Codable, Sendable {
        package let startedAt: String
        package let due: String
        /// The calendar does not reach so far: the date may move.
        package let provisional: Bool
        package let overdue: Bool
    }

    package struct Reference: Codable, Sendable {
        package let system: String
        package let identifier: String
    }

    package struct Offer: Codable, Sendable {
        package let from: PlaceReport
        package let to: PlaceReport
        package let state: String
        package let reason: String
    }

    package struct Dispute: Codable, Sendable {
        package let claimants: [PlaceReport]
        package let decider: PlaceReport
        package let arbiter: PlaceReport
    }

    package struct Event: Codable, Sendable {
        package let at: String
        package let act: String
        package let by: PlaceReport
        package let to: PlaceReport?
        package let round: Int
        package let text: String
        package let reason: String
        package let applied: Bool
        package let note: String?
        /// What they are who did it: clerk, resident and so on.
        package let role: String
        /// Who did it; staff only.
        package let operatorName: String?
        /// 1 to 5, at a revisit; absent for everyone.
        package let satisfaction: Int?
        /// Why it changed nothing, for who shows it in the asker's language; nil in what was decoded.
        package var flaw: Refusal?

        private enum CodingKeys: String, CodingKey {
            case at, act, by, to, round, text, reason, applied, note, role, operatorName, satisfaction
        }
    }

    package struct LegalAct: Codable, Sendable {
        package let act: String
        package let legal: Bool
        /// Why not.
        package let reason: String?
        package let wayOut: String?
        /// With which places: to dispatch or offer to, to pick.
        package let places: [PlaceReport]
        /// Why not, for who shows it in the asker's language; nil in what was decoded.
        package var refusal: Refusal?

        private enum CodingKeys: String, CodingKey {
            case act, legal, reason, wayOut, places
        }
    }
}

/// What an order is shown with besides itself.
package struct OrderScene: Sendable {
    package let authority: AuthorityState
    package let catalogue: ServiceCatalogue
    package let calendar: WorkingCalendar
    package let purposes: Purposes
    package let now: Instant

    package init(
        authority: AuthorityState,
        catalogue: ServiceCatalogue = .current,
        calendar: WorkingCalendar = .mainlandChina,
        purposes: Purposes,
        now: Instant
    ) {
        self.authority = authority
        self.catalogue = catalogue
        self.calendar = calendar
        self.purposes = purposes
        self.now = now
    }
}

extension OrderReport {
    /// - Parameter isVerifying: it came with a snapshot whose deltas are not checked yet.
    package init(_ order: WorkOrder, for sight: OrderSight, isVerifying: Bool, _ scene: OrderScene) {
        func place(_ id: PlaceID) -> PlaceReport { PlaceReport(id, scene.authority) }
        let isStaff = sight == .staff
        let contact: Contact? =
            if sight != .everyone, case .open(let contact) = order.requester(scene.purposes) { contact } else { nil }
        self.asOf = scene.now.iso8601
        self.record = "\(order.record)"
        self.number = order.number
        self.numbers = order.numbers
        self.status = order.status.name
        self.isOpen = order.status.isOpen
        self.service = order.service
        self.channel = isStaff ? order.channel : nil
        self.round = order.round
        self.acceptedAt = place(order.acceptedAt)
        self.place = place(order.place)
        self.holders = order.holders.map(place)
        self.papersAt = place(order.papersAt)
        self.requestedAt = order.requestedAt.iso8601
        self.updatedAt = order.updatedAt.iso8601
        self.erasedAt = order.erasedAt?.iso8601
        self.description = order.description
        self.address = order.address
        self.latitude = order.location?.latitude
        self.longitude = order.location?.longitude
        self.attributes = order.attributes.map { Attribute(code: $0.code, value: $0.value) }
        self.media = order.media
        self.attachments = sight == .everyone ? [] : order.photos.map { Attachment($0, for: sight, scene.authority) }
        self.deadline = Deadline(order.deadline(scene.catalogue, scene.calendar), at: scene.now)
        self.references =
            isStaff ? order.externalReferences.map { Reference(system: $0.system, identifier: $0.identifier) } : []
        self.requester = contact.map { Masking.name($0.name) }
        self.phone = contact.map { Masking.phone($0.phone) }
        self.offers = order.offers.map {
            Offer(from: place($0.from), to: place($0.to), state: $0.state.name, reason: isStaff ? $0.reason : "")
        }
        self.dispute = order.dispute.map {
            Dispute(
                claimants: $0.claims.map { place($0.place) },
                decider: place($0.giver),
                arbiter: place($0.arbiter)
            )
        }
        self.leads = ((order.lead.map { [$0] } ?? []) + order.progress.otherLeads).map(place)
        self.conflicts = isStaff ? order.conflicts.map { Conflict($0, of: order, scene) } : []
        self.events = order.events.filter { $0.isShown(to: sight) }.map { Event($0, for: sight, scene.authority) }
        self.verifying = isVerifying
    }
}

extension OrderReport.Attachment {
    fileprivate init(_ photo: WorkOrderPhoto, for sight: OrderSight, _ authority: AuthorityState) {
        self.digest = "\(photo.digest)"
        self.mediaType = photo.type.mediaType
        self.byteCount = photo.byteCount
        self.parts = photo.partCount
        self.partsHere = photo.partsHere
        self.addedAt = photo.addedAt.iso8601
        self.by = PlaceReport(ofAuthor: photo.authorPlace, authority)
        self.role = photo.role
        self.operatorName = sight == .staff ? photo.operatorName : nil
    }
}

extension OrderReport.Conflict {
    fileprivate init(_ conflict: WorkOrder.Conflict, of order: WorkOrder, _ scene: OrderScene) {
        self.field = conflict.field.rawValue
        self.versions = conflict.versions.map { version in
            let value: String =
                switch order.content(of: version, conflict.field, scene.purposes) {
                case .text(let text): text
                case .point(let point): "\(point.latitude), \(point.longitude)"
                case .place(let place): scene.authority.name(of: place)
                case .contact(.open(let contact)):
                    "\(Masking.name(contact.name)) \(Masking.phone(contact.phone))"
                case .contact(.sealed), .contact(.unknown), .unreadable: ""
                }
            return Version(
                version: version.name,
                value: value,
                by: PlaceReport(ofAuthor: version.authorPlace, scene.authority),
                tier: version.authorPlace.flatMap { scene.authority.places[$0]?.tier.name } ?? "",
                at: version.writtenAt.iso8601
            )
        }
    }
}

extension OrderReport.Deadline {
    package init(_ deadline: LiandongDomain.Deadline, at now: Instant) {
        self.startedAt = deadline.startedAt.iso8601
        self.due = deadline.due.iso8601
        self.provisional = deadline.isProvisional
        self.overdue = deadline.isOverdue(at: now)
    }
}

extension OrderReport.Event {
    fileprivate init(_ event: WorkOrderEvent, for sight: OrderSight, _ authority: AuthorityState) {
        var note: String?
        var flaw: Refusal?
        if case .flagged(let refusal) = event.verdict {
            note = "\(refusal)"
            flaw = refusal
        }
        self.at = event.at.iso8601
        self.act = event.act.rawValue
        self.by = PlaceReport(ofAuthor: event.authorPlace, authority)
        self.to = event.place.map { PlaceReport($0, authority) }
        self.round = event.round
        self.text = event.isText(shownTo: sight) ? event.text : ""
        self.reason = event.isText(shownTo: sight) ? event.reason : ""
        self.applied = event.isApplied
        self.note = note
        self.flaw = flaw
        self.role = event.role
        self.operatorName = sight == .staff ? event.operatorName : nil
        self.satisfaction = sight == .everyone ? nil : event.satisfaction
    }
}

extension OrderReport.LegalAct {
    package init(_ act: WorkOrder.LegalAct, _ authority: AuthorityState) {
        self.act = act.act.rawValue
        self.legal = act.isLegal
        self.reason = act.refusal?.reason
        self.wayOut = act.refusal?.wayOut
        self.refusal = act.refusal
        self.places = act.places.map { PlaceReport($0, authority) }
    }

    /// Whether an order may be corrected.
    package init(amendRefused refusal: Refusal?) {
        self.act = "amend"
        self.legal = refusal == nil
        self.reason = refusal?.reason
        self.wayOut = refusal?.wayOut
        self.refusal = refusal
        self.places = []
    }
}

extension WorkOrderEvent {
    /// Staff see everything, flagged entries too; the requester's own words are between them and staff.
    fileprivate func isShown(to sight: OrderSight) -> Bool {
        switch sight {
        case .staff: true
        case .requester: isApplied && (act != .note || isByRequester)
        case .everyone: isPublic
        }
    }

    fileprivate func isText(shownTo sight: OrderSight) -> Bool {
        sight == .staff || act.isTold || (sight == .requester && isByRequester)
    }

    private var isByRequester: Bool { role == "resident" }
}
