import HTTPTypes
import Hummingbird

/// A refusal that HTTP itself has a status for, before the request means anything to Open311.
struct HTTPRefusal: Error {
    let status: HTTPResponse.Status
    /// The thing, the value, the bound, the way out.
    let reason: String
    let headers: HTTPFields

    private init(_ status: HTTPResponse.Status, _ reason: String, headers: HTTPFields = [:]) {
        self.status = status
        self.reason = reason
        self.headers = headers
    }
}

extension HTTPRefusal {
    static func bodyTooLarge(atMost limit: Int) -> HTTPRefusal {
        HTTPRefusal(.contentTooLarge, "the body is too large, at most \(limit) bytes are allowed; send less")
    }

    static func addressTooLong(_ count: Int, atMost limit: Int) -> HTTPRefusal {
        HTTPRefusal(.uriTooLong, "the address has \(count) bytes, at most \(limit) are allowed; ask for less at once")
    }

    static func methodNotAllowed(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) -> HTTPRefusal {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        return HTTPRefusal(
            .methodNotAllowed,
            "\(method.rawValue) is not allowed here; use \(names)",
            headers: [.allow: names]
        )
    }

    static func mediaTypeUnknown(_ type: String, wanted: String) -> HTTPRefusal {
        HTTPRefusal(.unsupportedMediaType, "the body is of type \(type.prefix(100)); send \(wanted)")
    }
}
