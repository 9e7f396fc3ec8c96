package import LiandongCore
package import LiandongDomain

/// Something that was done about a request, as everybody may see it.
///
/// Service request updates are an extension of GeoReport v2, as FixMyStreet speaks it:
/// <https://wiki.open311.org/Service_Request_Updates/>.
package struct ServiceRequestUpdate: Sendable, Hashable {
    /// The statuses that the extension has beside GeoReport's two.
    package enum Status: String, Sendable, CaseIterable {
        case open, investigating, fixed, closed
        case actionScheduled = "action_scheduled"
        case inProgress = "in_progress"
        case noFurtherAction = "no_further_action"

        package init(_ status: WorkOrder.Status) {
            switch status {
            case .submitted, .accepted, .reopened: self = .open
            case .filed: self = .investigating
            case .dispatched: self = .actionScheduled
            case .signedFor, .handling: self = .inProgress
            case .handled, .verified, .revisited: self = .fixed
            case .declined: self = .noFurtherAction
            case .closed, .archived: self = .closed
            }
        }
    }

    /// 32 hexadecimal digits, the same at every node.
    package let id: String
    /// The number of the request.
    package let requestID: String
    /// The request's status after it.
    package let status: Status
    package let updatedAt: Instant
    /// What was written with it, where that is public.
    package let text: String?
    /// What it is, in words.
    package let title: Localized

    package init(id: String, requestID: String, status: Status, updatedAt: Instant, text: String?, title: Localized) {
        self.id = id
        self.requestID = requestID
        self.status = status
        self.updatedAt = updatedAt
        self.text = text
        self.title = title
    }
}

/// The answer to GET Service Request Updates.
package struct ServiceRequestUpdateList: GeoReportDocument {
    package static let rootElement = "service_request_updates"
    private let updates: [ServiceRequestUpdate]
    private let language: Language

    package init(_ updates: some Sequence<ServiceRequestUpdate>, in language: Language) {
        self.updates = Array(updates)
        self.language = language
    }

    package func encode(to encoder: any Encoder) throws {
        let entries = updates.map { update in
            Entry(
                id: update.id,
                requestID: update.requestID,
                status: update.status.rawValue,
                updatedAt: GeoReportTime.text(update.updatedAt),
                description: update.text ?? update.title[language]
            )
        }
        try NamedList("request_update", entries).encode(to: encoder)
    }

    private struct Entry: Encodable {
        let id: String
        let requestID: String
        let status: String
        let updatedAt: String
        let description: String

        private enum CodingKeys: String, CodingKey {
            case id = "update_id"
            case requestID = "service_request_id"
            case status
            case updatedAt = "updated_datetime"
            case description
        }
    }
}

/// The answer to POST Service Request Update.
package struct UpdateAnswer: GeoReportDocument {
    package static let rootElement = "service_request_updates"
    private let id: String

    package init(id: String) { self.id = id }

    package func encode(to encoder: any Encoder) throws {
        try NamedList("request_update", [["update_id": id]]).encode(to: encoder)
    }
}
