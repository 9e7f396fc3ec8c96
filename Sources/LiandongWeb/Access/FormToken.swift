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
    static func collect(from request: inout Request, within limits: HTTPLimits) async throws -> String? {
        switch request.mediaType {
        case Request.formType:
            let body = try await body(of: &request, upTo: limits.bodyBytes)
            return try? FormParameters(body.readableBytesView).value(field)
        case MultipartForm.mediaType:
            guard let boundary = request.multipartBoundary else { return nil }
            let body = try await body(of: &request, upTo: limits.uploadBytes)
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
