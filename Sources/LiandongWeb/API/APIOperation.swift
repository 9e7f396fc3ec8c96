import HTTPTypes
import Hummingbird
import LiandongJSON

/// One thing that the API does: what dispatches and what the OpenAPI document says are made from the same value.
struct APIOperation: Sendable {
    /// Who may ask.
    enum Right: Sendable {
        case anyone
        /// Staff by their session, or by any token of theirs.
        case signedIn
        /// One of the roles is enough, none of them: any staff; a token needs the scope, nil is for people alone.
        case staff(Set<StaffRole> = [], token: TokenScope?)
        /// Anyone; staff are shown or may do more.
        case anyoneMoreForStaff
    }

    /// What it answers when it does what it is asked.
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let description: String
        /// Nil: no body.
        let schema: JSONValue?
        var mediaType = "application/json"
        /// The fields that it always has besides those of every answer.
        var headers: [HTTPField.Name] = []

        static func ok(_ schema: JSONValue, _ description: String, headers: [HTTPField.Name] = []) -> Answer {
            Answer(status: .ok, description: description, schema: schema, headers: headers)
        }

        /// - Parameter headers: ``HTTPField/Name/location`` where what was made has an address of its own.
        static func created(
            _ schema: JSONValue,
            _ description: String,
            headers: [HTTPField.Name] = []
        ) -> Answer {
            Answer(status: .created, description: description, schema: schema, headers: headers)
        }
    }

    /// The operation's name in clients that are generated.
    let id: String
    let method: HTTPRequest.Method
    /// Under ``APIRoutes/base``, parameters in braces.
    let path: String
    let tag: String
    let summary: String
    let right: Right
    var parameters: [APIParameter] = []
    /// Of a JSON body.
    var body: JSONValue?
    /// Of a body that is a file, in place of one in JSON: the types it may be of.
    var fileTypes: [String] = []
    /// Whether `Idempotency-Key` is heeded.
    var isRepeatable = false
    /// Of its body, in bytes, where that is less than every body's.
    var bodyLimit = Int.max
    let answer: Answer
    /// The refusals that are its own, besides those that every operation has.
    var refusals: [HTTPResponse.Status] = []
    let handle: @Sendable (APIRequest) async throws -> Response

    var name: String { "\(method.rawValue) \(path)" }
}

/// A value in the path or the query.
struct APIParameter: Sendable {
    enum Position: String, Sendable { case path, query, header }

    let name: String
    let position: Position
    let description: String
    let schema: JSONValue
    var isRequired: Bool { position == .path }

    static func query(_ name: String, _ description: String, _ schema: JSONValue) -> APIParameter {
        APIParameter(name: name, position: .query, description: description, schema: schema)
    }

    static func header(_ name: String, _ description: String, _ schema: JSONValue) -> APIParameter {
        APIParameter(name: name, position: .header, description: description, schema: schema)
    }

    static func path(_ name: String, _ description: String, _ schema: JSONValue) -> APIParameter {
        APIParameter(name: name, position: .path, description: description, schema: schema)
    }
}
