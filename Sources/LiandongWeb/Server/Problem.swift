import Foundation
package import HTTPTypes
package import Hummingbird
package import LiandongDomain
import NIOCore

/// Why a request was not carried out, in the form of RFC 9457.
///
/// - SeeAlso: https://www.rfc-editor.org/rfc/rfc9457
package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// `urn:liandong:…`, or `about:blank` where the status says it all.
    package let type: String
    /// The same words for every problem of the type.
    package let title: String
    /// The HTTP status.
    package let status: Int
    /// The thing, the value, the bound; pages have it in the asker's language, programs in English.
    package let detailWords: Localized
    /// What to do instead; may be empty.
    package let wayOutWords: Localized
    /// Fields that the status asks for.
    package let headers: HTTPFields

    package var detail: String { detailWords.en }
    package var wayOut: String { wayOutWords.en }

    package var description: String { wayOut.isEmpty ? detail : "\(detail); \(wayOut)" }

    /// - Parameters:
    ///   - kind: what follows `urn:liandong:`.
    ///   - retryAfterSeconds: when it is worth trying again; 0 says nothing of it.
    package init(
        _ kind: String,
        _ title: String,
        status: Int,
        _ detail: Localized,
        wayOut: Localized = .none,
        retryAfterSeconds: Int = 0,
        headers: HTTPFields = [:]
    ) {
        self.type = "urn:liandong:\(kind)"
        self.title = title
        self.status = status
        self.detailWords = detail
        self.wayOutWords = wayOut
        self.headers = Problem.fields(headers, retryAfterSeconds)
    }

    /// A problem that only programs meet.
    init(
        _ kind: String,
        _ title: String,
        status: Int,
        program detail: String,
        wayOut: String,
        retryAfterSeconds: Int = 0,
        headers: HTTPFields = [:]
    ) {
        self.init(
            kind,
            title,
            status: status,
            .ofProgram(detail),
            wayOut: .ofProgram(wayOut),
            retryAfterSeconds: retryAfterSeconds,
            headers: headers
        )
    }

    /// A problem that its status tells enough of.
    package init(
        status: Int,
        _ detail: Localized,
        wayOut: Localized = .none,
        retryAfterSeconds: Int = 0,
        headers: HTTPFields = [:]
    ) {
        self.type = "about:blank"
        self.title = Problem.standardTitle(of: status)
        self.status = status
        self.detailWords = detail
        self.wayOutWords = wayOut
        self.headers = Problem.fields(headers, retryAfterSeconds)
    }

    /// The words of RFC 9110 for the statuses that this server answers with.
    private static func standardTitle(of status: Int) -> String {
        let known: [HTTPResponse.Status] = [
            .badRequest, .unauthorized, .forbidden, .notFound, .methodNotAllowed, .notAcceptable, .conflict,
            .contentTooLarge, .uriTooLong, .unsupportedMediaType, .unprocessableContent, .tooManyRequests,
            .requestHeaderFieldsTooLarge, .internalServerError, .serviceUnavailable,
        ]
        return known.first { $0.code == status }?.reasonPhrase ?? "Refused"
    }

    private static func fields(_ headers: HTTPFields, _ retryAfterSeconds: Int) -> HTTPFields {
        guard retryAfterSeconds > 0 else { return headers }
        var headers = headers
        headers[.retryAfter] = "\(retryAfterSeconds)"
        return headers
    }
}

// MARK: - From refusals

extension Problem {
    /// What the domain refused.
    package init(_ refusal: Refusal) {
        switch refusal.code {
        case .notFound: self.init("not_found", "Not found", 404, refusal)
        case .invalid: self.init("invalid", "Malformed", 400, refusal)
        case .notPermitted: self.init("not_permitted", "Not permitted", 403, refusal)
        case .wrongState: self.init("wrong_state", "Not in this state", 422, refusal)
        case .conflict: self.init("conflict", "Somebody was first", 409, refusal)
        case .unavailable: self.init("unavailable", "Not at this node", 503, refusal)
        }
    }

    private init(_ code: String, _ title: String, _ status: Int, _ refusal: Refusal) {
        self.init("refusal:\(code)", title, status: status, refusal.reasonWords, wayOut: refusal.wayOutWords)
    }

    /// What a service desk refused.
    init(_ error: ServiceDeskError) {
        let code: (name: String, title: String) =
            switch error.code {
            case .notFound: ("not_found", "Not found")
            case .invalid: ("invalid", "Malformed")
            case .notPermitted: ("not_permitted", "Not permitted")
            case .conflict: ("conflict", "Somebody was first")
            case .wrongState: ("wrong_state", "Not in this state")
            case .busy: ("busy", "Too much to do")
            case .readOnly: ("read_only", "Takes nothing in")
            }
        self.init(
            "refusal:\(code.name)",
            code.title,
            status: error.code.status,
            error.words,
            retryAfterSeconds: error.retryAfterSeconds
        )
    }

    /// A value of a request that is malformed or out of range.
    ///
    /// - Parameter field: by its name in the request.
    package static func invalid(_ field: String, _ reason: String, wayOut: String = "") -> Problem {
        Problem(
            "refusal:invalid",
            "Malformed",
            status: 400,
            .ofProgram("\(field): \(reason)"),
            wayOut: wayOut.isEmpty ? .none : .ofProgram(wayOut)
        )
    }

    /// The same of a field of a page.
    static func invalid(_ field: String, _ reason: Localized, wayOut: Localized) -> Problem {
        let words = Localized(reason.zh, "\(field): \(reason.en)")
        return Problem("refusal:invalid", "Malformed", status: 400, words, wayOut: wayOut)
    }
}

// MARK: - As an answer

extension Problem: Encodable {
    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail
        case wayOut = "way_out"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(type, forKey: .type)
        try container.encode(title, forKey: .title)
        try container.encode(status, forKey: .status)
        try container.encode(detail, forKey: .detail)
        if !wayOut.isEmpty { try container.encode(wayOut, forKey: .wayOut) }
    }

    /// The answer in JSON; nothing keeps a copy of it on the way.
    package var response: Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = (try? encoder.encode(self)) ?? Data("{}".utf8)
        return Response(
            status: HTTPResponse.Status(code: status),
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}

extension Localized {
    static let none = Localized("", "")

    /// What only programs are told, which send what a page's form does not.
    static func ofProgram(_ english: String) -> Localized { Localized("填写的内容不符合要求（\(english)）", english) }
}
