import Hummingbird
import LiandongOpen311
import NIOCore

/// A form as it was posted, with files or without.
struct SentForm: Sendable {
    let fields: FormParameters
    let files: [MultipartForm.File]
    let body: ByteBuffer

    /// - Parameter takesFiles: whether it may be one with files; who asks looks at the body's type first.
    /// - Throws: 400 with what is wrong, 413 for a larger one than its kind may be.
    init(_ request: Request, takesFiles: Bool, _ limits: HTTPLimits) async throws {
        guard takesFiles, request.mediaType == MultipartForm.mediaType else {
            body = try await request.wholeBody(upTo: limits.bodyBytes)
            fields = try FormParameters(body.readableBytesView)
            files = []
            return
        }
        guard let boundary = request.multipartBoundary else { throw MultipartForm.flaw("it names no boundary") }
        body = try await request.wholeBody(upTo: limits.uploadBytes)
        let form = try MultipartForm(body, boundary: boundary)
        fields = FormParameters(form.fields)
        files = form.files
    }
}
