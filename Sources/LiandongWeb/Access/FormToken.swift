import HTTPTypes
import Hummingbird
import LiandongOpen311
import NIOCore

/// The hidden field `csrf` of a form that is being sent.
enum FormToken {
    static let field = "csrf"

    /// Reads the body whole, and leaves it in the request for whoever is next.
    ///
    /// - Returns: nil where there is no such field; in `multipart/form-data` it must be the first.
    static func collect(from request: inout Request, upTo byteLimit: Int) async throws -> String? {
        switch request.mediaType {
        case Request.formType:
            let body = try await body(of: &request, upTo: byteLimit)
            return try? FormParameters(body.readableBytesView).value(field)
        case "multipart/form-data":
            guard let boundary = boundary(request.headers[.contentType] ?? "") else { return nil }
            let body = try await body(of: &request, upTo: byteLimit)
            return firstPart(of: body, boundary)
        default:
            return nil
        }
    }

    private static func body(of request: inout Request, upTo byteLimit: Int) async throws -> ByteBuffer {
        let body = try await request.wholeBody(upTo: byteLimit)
        request.body = RequestBody(buffer: body)
        return body
    }

    private static func boundary(_ type: String) -> String? {
        for parameter in type.split(separator: ";").dropFirst() {
            let parameter = parameter.drop { $0 == " " }
            guard parameter.lowercased().hasPrefix("boundary=") else { continue }
            let value = parameter.dropFirst("boundary=".count).filter { $0 != "\"" }
            return (1...70).contains(value.utf8.count) ? String(value) : nil
        }
        return nil
    }

    /// The value of the first part, if that is the field; exactly as browsers write it (RFC 7578 §4).
    private static func firstPart(of body: ByteBuffer, _ boundary: String) -> String? {
        let head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field)\"\r\n\r\n"
        guard let start = body.getString(at: body.readerIndex, length: head.utf8.count), start == head else {
            return nil
        }
        let rest = body.readableBytesView.dropFirst(head.utf8.count).prefix(200)
        guard let end = rest.firstIndex(of: UInt8(ascii: "\r")) else { return nil }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
