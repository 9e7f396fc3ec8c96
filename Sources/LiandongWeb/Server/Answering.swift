import HTTPTypes
import Hummingbird
import LiandongOpen311
import NIOCore
import NIOHTTP1

/// The outermost layer: measures every request and gives every error an answer in the format asked for.
struct Answering: RouterMiddleware {
    typealias Context = HTTPFace.Context

    let metrics: HTTPMetrics
    let limits: HTTPLimits

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        metrics.requestStarted()
        var status = HTTPResponse.Status.badRequest.code
        defer {
            metrics.requestAnswered(
                method: request.method.rawValue,
                route: context.endpointPath ?? "unknown",
                status: status,
                after: .now - start
            )
        }
        var response: Response
        do {
            let byteCount = request.uri.string.utf8.count
            guard byteCount <= limits.addressBytes else {
                throw HTTPRefusal.addressTooLong(byteCount, atMost: limits.addressBytes)
            }
            response = try await next(request, context)
        } catch let error as HTTPParserError {
            throw error  // the connection is beyond answering; Hummingbird closes it
        } catch {
            response = answer(to: error, request, context)
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        status = response.status.code
        return response
    }

    private func answer(to error: any Error, _ request: Request, _ context: Context) -> Response {
        let path = request.uri.path
        let problem = Problem.of(error, request, context)
        if path.hasPrefix("/api/") || path.hasPrefix("/ingest/") { return problem.response }
        let status = HTTPResponse.Status(code: problem.status)
        let format = path.hasPrefix("/open311/") ? GeoReportFormat(pathExtensionOf: path) ?? .json : nil
        guard let format else {
            return .text(problem.description + "\n", status: status, headers: problem.headers)
        }
        let errors = GeoReportErrors([GeoReportError(code: problem.status, description: problem.description)])
        do {
            return try .document(errors, as: format, status: status, headers: problem.headers)
        } catch {
            return .text(problem.description + "\n", status: status, headers: problem.headers)
        }
    }
}

extension Response {
    static func text(_ text: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        if headers[.contentType] == nil { headers[.contentType] = "text/plain; charset=utf-8" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func document(
        _ document: some GeoReportDocument,
        as format: GeoReportFormat,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = format.contentType
        let bytes = try format.encode(document)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
