import HTTPTypes
import Hummingbird
import LiandongOpen311
import NIOCore

// What every face asks of a request before it reads what the request says.

extension Request {
    static let formType = "application/x-www-form-urlencoded"

    /// The type of the body without its parameters; nil where none is given.
    var mediaType: String? {
        headers[.contentType].map { type in type.prefix { $0 != ";" }.lowercased().filter { $0 != " " } }
    }

    /// The same, but of these types.
    ///
    /// - Throws: 415 for any other.
    func mediaType(oneOf wanted: [String]) throws(HTTPRefusal) -> String? {
        guard let type = mediaType else { return nil }
        guard wanted.contains(type) else {
            throw .mediaTypeUnknown(GeoReportError.quoted(type), wanted: wanted.joined(separator: " or "))
        }
        return type
    }

    /// As ``mediaType(oneOf:)``, and no body may be without its type.
    func requireMediaType(_ wanted: String) throws(HTTPRefusal) {
        guard try mediaType(oneOf: [wanted]) != nil else { throw .mediaTypeUnknown("\"\"", wanted: wanted) }
    }

    /// The whole body.
    ///
    /// - Throws: 413 for a larger one; for one that says so, before any of it is read.
    func wholeBody(upTo byteLimit: Int) async throws -> ByteBuffer {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > byteLimit {
            throw HTTPRefusal.bodyTooLarge(atMost: byteLimit)
        }
        do { return try await body.collect(upTo: byteLimit) } catch is NIOTooManyBytesError {
            throw HTTPRefusal.bodyTooLarge(atMost: byteLimit)
        }
    }
}
