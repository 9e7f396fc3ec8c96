import HTTPTypes
import Hummingbird
import LiandongOpen311
import Logging
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

    /// The one place where an error becomes a status.
    private func answer(to error: any Error, _ request: Request, _ context: Context) -> Response {
        switch error {
        case let error as GeoReportError:
            return refusal(HTTPResponse.Status(code: error.code), error.description, request)
        case let error as ServiceDeskError:
            let status = HTTPResponse.Status(code: error.code.status)
            let headers: HTTPFields = error.retryAfterSeconds > 0 ? [.retryAfter: "\(error.retryAfterSeconds)"] : [:]
            return refusal(status, error.reason, request, headers: headers)
        case let error as HTTPRefusal:
            return refusal(error.status, error.reason, request, headers: error.headers)
        case is NIOTooManyBytesError:
            let error = HTTPRefusal.bodyTooLarge(atMost: limits.bodyBytes)
            return refusal(error.status, error.reason, request)
        case let error as any HTTPResponseError where error.status == .notFound:
            let path = GeoReportError.quoted(request.uri.path)
            return refusal(.notFound, "there is nothing at \(path); see /open311/v2/discovery.json", request)
        case let error as any HTTPResponseError:
            return refusal(error.status, error.status.reasonPhrase, request)
        default:
            context.logger.error(
                "request failed",
                metadata: ["http.route": "\(context.endpointPath ?? "unknown")", "error": "\(error)"]
            )
            return refusal(.internalServerError, "this node failed to answer; try again, or tell its operator", request)
        }
    }

    private func refusal(
        _ status: HTTPResponse.Status,
        _ reason: String,
        _ request: Request,
        headers: HTTPFields = [:]
    ) -> Response {
        let path = request.uri.path
        guard path.hasPrefix("/open311/") else {
            return .text(reason + "\n", status: status, headers: headers)
        }
        let format = GeoReportFormat(pathExtensionOf: path) ?? .json
        let errors = GeoReportErrors([GeoReportError(code: status.code, description: reason)])
        do {
            return try .document(errors, as: format, status: status, headers: headers)
        } catch {
            return .text(reason + "\n", status: status, headers: headers)
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
