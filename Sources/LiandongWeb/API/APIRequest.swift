import Foundation
import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongJSON
import LiandongOpen311
import LiandongReports
import NIOCore

/// A request of the API with its query and body read.
///
/// Every function that reads a value throws a ``Problem`` that names it, what was given and what is allowed.
struct APIRequest: Sendable {
    let request: Request
    let context: HTTPFace.Context
    private let query: FormParameters
    private let bytes: ByteBuffer

    var visitor: Visitor { context.visitor }

    /// Reads the query, and the body where the operation has one.
    init(_ request: Request, _ context: HTTPFace.Context, for operation: APIOperation, bodyLimit: Int) async throws {
        self.request = request
        self.context = context
        self.query = try APIRequest.query(of: request)
        guard operation.fileTypes.isEmpty else {
            _ = try request.mediaType(oneOf: operation.fileTypes)
            self.bytes = try await request.wholeBody(upTo: operation.bodyLimit)
            return
        }
        guard let schema = operation.body else {
            self.bytes = ByteBuffer()
            return
        }
        try request.requireMediaType("application/json")
        self.bytes = try await request.wholeBody(upTo: min(bodyLimit, operation.bodyLimit))
        try APIRequest.check(bytes, schema)
    }

    private static func query(of request: Request) throws(Problem) -> FormParameters {
        guard let query = request.uri.query else { return FormParameters() }
        do throws(GeoReportError) { return try FormParameters(query.utf8) } catch {
            throw .invalid("query", error.description)
        }
    }

    // MARK: Path

    /// A parameter of the path; the router has found it, so that it is there.
    func path(_ name: String) -> String { context.parameters.get(name) ?? "" }

    /// A record by its id in the path.
    ///
    /// - Returns: nil for what can be no id, which is missing like any other.
    func recordID(_ name: String) -> RecordID? {
        LiandongCore.bytes(hexadecimal: path(name)).flatMap { RecordID($0) }
    }

    /// A header field; nil where it is empty or absent.
    func header(_ name: HTTPField.Name) -> String? { request.headers[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The member of staff that the operation is for: who asks was looked at before the body was read.
    func staff() throws(Problem) -> StaffMember {
        guard let staff = visitor.staff else { throw .signInFirst }
        return staff
    }

    // MARK: Query

    func text(_ name: String, atMost limit: Int = 200) throws -> String? {
        let value: String?
        do throws(GeoReportError) { value = try query.value(name) } catch {
            throw Problem.invalid(name, error.description)
        }
        guard let value, !value.isEmpty else { return nil }
        guard value.unicodeScalars.count <= limit else {
            throw Problem.invalid(name, "it has \(value.unicodeScalars.count) characters, at most \(limit) are allowed")
        }
        return value
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = try text(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Problem.invalid(
                name,
                "it is \(GeoReportError.quoted(text)); \(range.lowerBound) to \(range.upperBound) is allowed"
            )
        }
        return value
    }

    func flag(_ name: String) throws -> Bool? {
        guard let text = try text(name) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default: throw Problem.invalid(name, "it is \(GeoReportError.quoted(text)); true or false is allowed")
        }
    }

    /// One of a few values, by its word.
    func word<Value>(_ name: String, _ values: [Value], _ word: (Value) -> String) throws -> Value? {
        guard let text = try text(name) else { return nil }
        guard let value = values.first(where: { word($0) == text }) else {
            let words = values.map(word).joined(separator: ", ")
            throw Problem.invalid(name, "it is \(GeoReportError.quoted(text)), and none of \(words)")
        }
        return value
    }

    func time(_ name: String) throws -> Instant? {
        guard let text = try text(name) else { return nil }
        guard let time = GeoReportTime.instant(text) else {
            throw Problem.invalid(
                name,
                "it is \(GeoReportError.quoted(text)); give a time like 2026-11-22T08:00:00Z"
            )
        }
        return time
    }

    /// A place of the district by its code.
    func place(_ name: String, _ authority: AuthorityState) throws -> PlaceID? {
        guard let code = try text(name) else { return nil }
        guard let place = authority.place(code: code) else {
            throw Problem.invalid(name, "no place has the code \(GeoReportError.quoted(code))")
        }
        return place.id
    }

    // MARK: Body

    /// The body, which the operation's schema admits.
    func body<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            return try ReportCoding.decoder.decode(type, from: Data(bytes.readableBytesView))
        } catch is DecodingError {
            throw Problem.invalid("body", "it is not what the document describes", wayOut: APIRequest.wayOut)
        }
    }

    /// A body that is a file, as it was sent.
    var file: [UInt8] { Array(bytes.readableBytesView) }

    private static let wayOut = "see \(APIRoutes.base)/openapi.json"

    private static func check(_ bytes: ByteBuffer, _ schema: JSONValue) throws {
        let body: JSONValue
        do throws(JSONError) { body = try JSONValue(parsing: Array(bytes.readableBytesView)) } catch {
            throw Problem.invalid("body", "it is no JSON: \(error.reason) at byte \(error.byte)", wayOut: wayOut)
        }
        if let flaw = SchemaCheck.firstFlaw(of: body, by: schema) {
            throw Problem.invalid("body", flaw, wayOut: wayOut)
        }
    }

    /// The client's name for the request, if it gave one.
    func idempotencyKey() throws -> IdempotencyKey? {
        let account = visitor.staff?.account ?? ""
        // One person's key is nobody else's, and stands for one address.
        let subject = "\(request.method.rawValue) \(request.uri.path)\n"
        return try IdempotencyKey(of: request, body: bytes, owner: "api \(account)", subject: subject)
    }
}
