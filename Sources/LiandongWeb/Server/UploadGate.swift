import HTTPTypes
import Hummingbird
import LiandongDomain
import NIOCore
import Synchronization

/// Lets only so many bytes of large bodies be in memory at a time; who comes beyond that is asked to come again.
///
/// A small machine takes in a photo as well as a large one, and no crowd of uploads takes it from who works at it.
final class UploadGate: RouterMiddleware {
    typealias Context = HTTPFace.Context

    private let limits: HTTPLimits
    private let taken = Mutex(0)

    init(limits: HTTPLimits) { self.limits = limits }

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let byteCount = expectedByteCount(request)
        guard byteCount > limits.bodyBytes else { return try await next(request, context) }
        let isAdmitted = taken.withLock { taken in
            guard taken + byteCount <= limits.uploadBytesAtOnce else { return false }
            taken += byteCount
            return true
        }
        guard isAdmitted else { throw Problem.uploadsBusy }
        defer { taken.withLock { $0 -= byteCount } }
        return try await next(request, context)
    }

    /// What a body may come to: by its length, else by the most that one of its type may have.
    private func expectedByteCount(_ request: Request) -> Int {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }) { return min(length, limits.uploadBytes) }
        guard request.headers[.transferEncoding] != nil else { return 0 }
        return request.mediaType == Request.formType || request.mediaType == "application/json" ? 0 : limits.uploadBytes
    }
}

extension Problem {
    static let uploadsBusy = Problem(
        "refusal:busy",
        "Too much to do",
        status: 503,
        Localized("此刻提交的照片太多", "too many photos are being handed in at this moment"),
        wayOut: Localized("请稍后再发", "send it again in a moment"),
        retryAfterSeconds: 5
    )
}
