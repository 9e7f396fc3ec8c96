import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import NIOCore

/// A request for a page, with its query and form read.
struct PageRequest: Sendable {
    let request: Request
    let context: HTTPFace.Context
    let query: FormParameters
    /// Empty but for a POST.
    let form: FormParameters
    /// The files of a form that has some.
    let files: [MultipartForm.File]

    var visitor: Visitor { context.visitor }
    var language: Language { context.language }

    /// - Parameter takesFiles: whether the form may have files in it.
    init(_ request: Request, _ context: HTTPFace.Context, takesFiles: Bool, _ limits: HTTPLimits) async throws {
        var context = context
        self.query = try request.uri.query.map { try FormParameters($0.utf8) } ?? FormParameters()
        if request.method == .post {
            if !takesFiles || request.mediaType != MultipartForm.mediaType {
                try request.requireMediaType(Request.formType)
            }
            let sent = try await SentForm(request, takesFiles: takesFiles, limits)
            (self.form, self.files) = (sent.fields, sent.files)
        } else {
            (self.form, self.files) = (FormParameters(), [])
        }
        context.language = PageRequest.chosenLanguage(request) ?? context.language
        self.request = request
        self.context = context
    }

    func path(_ name: String) -> String { context.parameters.get(name) ?? "" }

    /// The language that was picked on a page before.
    private static func chosenLanguage(_ request: Request) -> Language? {
        for field in request.headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard pair.hasPrefix("lang=") else { continue }
                return Language(rawValue: String(pair.dropFirst("lang=".count)))
            }
        }
        return nil
    }

    func words(_ text: Localized) -> String { text[language] }

    /// What a field for date and time gives, by clocks of UTC+8; nil where it is empty.
    func localTime(_ name: String) throws -> String? {
        try form.value(name, limit: 40).map { "\($0.prefix(16)):00+08:00" }
    }

    /// So that a form that is sent twice happens once: its hidden field `key`.
    func idempotencyKey(for what: String) throws -> IdempotencyKey? {
        guard let key = try form.value("key", limit: 100) else { return nil }
        let owner = visitor.staff?.account ?? ""
        return IdempotencyKey(text: "page \(owner) \(key)", bodyHash: Array(SHA256.hash(data: Data(what.utf8))))
    }

    /// A value as it stands in the query of an address.
    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain || "-._~".unicodeScalars.contains(scalar)
                ? String(scalar) : "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
    }

    /// A new value for the hidden field `key`.
    static func newKey() -> String { UUID().uuidString }
}
