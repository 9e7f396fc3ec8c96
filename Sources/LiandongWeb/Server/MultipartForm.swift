import Hummingbird
import LiandongOpen311
import NIOCore

/// A form with files, as browsers send it (`multipart/form-data`).
///
/// Read strictly: what a browser does not write is refused, so that nobody downstream reads another form than this does.
/// Every count and length has a bound that is looked at first. Names are not trusted, and names of files not even read.
///
/// - SeeAlso: RFC 7578; RFC 2046, 5.1.1.
struct MultipartForm: Sendable {
    static let mediaType = "multipart/form-data"

    enum Limit {
        /// Parts of a form.
        static let parts = 64
        /// Bytes of the lines before a part's content.
        static let headBytes = 2_048
        /// Bytes of all values that are no files.
        static let textBytes = 256 * 1_024
    }

    /// The values that are no files.
    private(set) var fields: [(name: String, value: String)] = []
    /// The files that were chosen; a field for files in which nothing was chosen gives none.
    private(set) var files: [File] = []

    struct File: Sendable {
        let name: String
        let content: ByteBuffer
    }

    /// - Throws: 400 with what is wrong.
    init(_ body: ByteBuffer, boundary: String) throws(Problem) {
        let delimiter = Array("\r\n--\(boundary)".utf8)
        var body = body
        guard body.readBytes(length: delimiter.count - 2).map({ $0.elementsEqual(delimiter.dropFirst(2)) }) == true
        else {
            throw MultipartForm.flaw("it does not begin with its boundary")
        }
        var textBytes = 0
        for _ in 0...Limit.parts {
            switch body.readBytes(length: 2) {
            case [0x0D, 0x0A]: break
            case [0x2D, 0x2D]:
                guard body.readableBytes == 0 || body.readBytes(length: body.readableBytes) == [0x0D, 0x0A] else {
                    throw MultipartForm.flaw("something stands behind its end")
                }
                return
            default: throw MultipartForm.flaw("a boundary is followed by something else than a line's end")
            }
            let head = try Head(&body)
            guard let length = MultipartForm.distance(to: delimiter, in: body),
                let content = body.readSlice(length: length)
            else { throw MultipartForm.flaw("it ends within a part") }
            body.moveReaderIndex(forwardBy: delimiter.count)
            if head.isFile {
                if content.readableBytes > 0 { files.append(File(name: head.name, content: content)) }
                continue
            }
            textBytes += content.readableBytes
            guard textBytes <= Limit.textBytes else {
                throw MultipartForm.flaw("its fields have more than \(Limit.textBytes) bytes")
            }
            guard let value = String(validating: content.readableBytesView, as: UTF8.self) else {
                throw MultipartForm.flaw("a field is not UTF-8")
            }
            fields.append((head.name, value.replacing("\r\n", with: "\n")))
        }
        throw MultipartForm.flaw("it has more than \(Limit.parts) parts")
    }

    static func flaw(_ reason: String) -> Problem {
        .invalid("form", reason, wayOut: "send it as a browser does, multipart/form-data of RFC 7578")
    }

    /// How far the first occurrence of a delimiter is away; nil where there is none.
    ///
    /// - Complexity: O(*n*): no delimiter begins within another, as only its first byte is a carriage return.
    fileprivate static func distance(to delimiter: [UInt8], in body: ByteBuffer) -> Int? {
        let view = body.readableBytesView
        var rest = view[...]
        while let at = rest.firstIndex(of: 0x0D) {
            if rest[at...].starts(with: delimiter) { return at - view.startIndex }
            rest = rest[(at + 1)...]
        }
        return nil
    }

    /// What the lines before a part's content say.
    private struct Head {
        let name: String
        let isFile: Bool

        init(_ body: inout ByteBuffer) throws(Problem) {
            let most = min(body.readableBytes, Limit.headBytes)
            guard let start = body.getSlice(at: body.readerIndex, length: most),
                let length = MultipartForm.distance(to: Array("\r\n\r\n".utf8), in: start),
                var head = body.readSlice(length: length)
            else { throw MultipartForm.flaw("a part's lines are missing or too long") }
            body.moveReaderIndex(forwardBy: 4)
            var disposition: [UInt8]?
            while let line = Head.line(&head) {
                guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
                    throw MultipartForm.flaw("a part has a line without a name")
                }
                guard String(decoding: line[..<colon], as: UTF8.self).lowercased() == "content-disposition" else {
                    continue
                }
                guard disposition == nil else { throw MultipartForm.flaw("a part is described twice") }
                disposition = Array(line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") })
            }
            let kind = Array("form-data;".utf8)
            guard let disposition, disposition.starts(with: kind) else {
                throw MultipartForm.flaw("a part is no form-data")
            }
            guard let parameters = Head.parameters(disposition.dropFirst(kind.count)), let name = parameters["name"],
                !name.isEmpty
            else { throw MultipartForm.flaw("a part has no name, or no readable one") }
            self.name = name
            self.isFile = parameters["filename"] != nil || parameters["filename*"] != nil
        }

        private static func line(_ head: inout ByteBuffer) -> [UInt8]? {
            guard head.readableBytes > 0 else { return nil }
            let length = MultipartForm.distance(to: Array("\r\n".utf8), in: head)
            defer { head.moveReaderIndex(forwardBy: length == nil ? 0 : 2) }
            return head.readBytes(length: length ?? head.readableBytes)
        }

        /// `; name="value"` again and again; quotes within a value are written %22 by browsers.
        ///
        /// - Returns: nil for what is malformed, or names one twice.
        private static func parameters(_ bytes: ArraySlice<UInt8>) -> [String: String]? {
            var parameters: [String: String] = [:]
            var rest = bytes
            while true {
                rest = rest.drop { $0 == UInt8(ascii: " ") }
                guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
                let name = String(decoding: rest[..<equals], as: UTF8.self).lowercased()
                rest = rest[(equals + 1)...]
                let value: ArraySlice<UInt8>
                if rest.first == UInt8(ascii: "\"") {
                    rest = rest.dropFirst()
                    guard let quote = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
                    value = rest[..<quote]
                    rest = rest[(quote + 1)...]
                } else {
                    value = rest.prefix { $0 != UInt8(ascii: ";") }
                    rest = rest.dropFirst(value.count)
                }
                guard let text = String(validating: value, as: UTF8.self),
                    parameters.updateValue(text, forKey: name) == nil
                else { return nil }
                guard let next = rest.first else { return parameters }
                guard next == UInt8(ascii: ";") else { return nil }
                rest = rest.dropFirst()
            }
        }
    }
}

extension Request {
    /// The boundary of a form with files; nil where the body is none, or the boundary unreadable.
    var multipartBoundary: String? {
        guard mediaType == MultipartForm.mediaType else { return nil }
        for parameter in (headers[.contentType] ?? "").split(separator: ";").dropFirst() {
            let parameter = parameter.drop { $0 == " " }
            guard parameter.lowercased().hasPrefix("boundary=") else { continue }
            let value = parameter.dropFirst("boundary=".count).filter { $0 != "\"" }
            return (1...70).contains(value.utf8.count) ? String(value) : nil
        }
        return nil
    }
}
