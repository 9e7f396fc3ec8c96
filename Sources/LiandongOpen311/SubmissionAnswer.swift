/// The answer to POST Service Request: the number, or a token where a number is not given at once.
package struct SubmissionAnswer: GeoReportDocument {
    package static let rootElement = "service_requests"

    /// What the requester can come back with.
    package enum Reference: Sendable, Hashable {
        case number(String)
        case token(String)
    }

    package let reference: Reference
    package let notice: String?
    package let accountID: String?

    package init(_ reference: Reference, notice: String?, accountID: String?) {
        self.reference = reference
        self.notice = notice
        self.accountID = accountID
    }

    package func encode(to encoder: any Encoder) throws {
        try NamedList("request", [Entry(answer: self)]).encode(to: encoder)
    }

    private struct Entry: Encodable {
        let answer: SubmissionAnswer

        enum CodingKeys: String, CodingKey {
            case id = "service_request_id"
            case token
            case notice = "service_notice"
            case accountID = "account_id"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            switch answer.reference {
            case .number(let number): try container.encode(number, forKey: .id)
            case .token(let token): try container.encode(token, forKey: .token)
            }
            try container.encodeOrNull(answer.notice, forKey: .notice)
            try container.encodeOrNull(answer.accountID, forKey: .accountID)
        }
    }
}

/// The answer to GET service_request_id from a token.
package struct TokenAnswer: GeoReportDocument {
    package static let rootElement = "service_requests"
    package let number: String
    package let token: String

    package init(number: String, token: String) {
        self.number = number
        self.token = token
    }

    package func encode(to encoder: any Encoder) throws {
        try NamedList("request", [Entry(number: number, token: token)]).encode(to: encoder)
    }

    private struct Entry: Encodable {
        let number: String
        let token: String

        enum CodingKeys: String, CodingKey {
            case number = "service_request_id"
            case token
        }
    }
}
