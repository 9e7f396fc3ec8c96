import Hummingbird
import LiandongDomain
import LiandongOpen311
import Logging

extension Problem {
    /// The one place where an error becomes a status.
    static func of(
        _ error: any Error,
        _ request: Request,
        _ context: HTTPFace.Context
    ) -> Problem {
        switch error {
        case let error as Problem:
            return error
        case let error as AccessError:
            return Problem(error)
        case let error as Refusal:
            return Problem(error)
        case let error as GeoReportError:
            return Problem(status: error.code, error.words)
        case let error as ServiceDeskError:
            return Problem(error)
        case let error as DeviceDeskError:
            return Problem(error)
        case let error as HTTPRefusal:
            return Problem(status: error.status.code, error.words, headers: error.headers)
        case let error as any HTTPResponseError where error.status == .notFound:
            let path = GeoReportError.quoted(request.uri.path)
            return Problem(
                status: 404,
                Localized("没有这个页面：\(path)", "there is nothing at \(path)"),
                wayOut: Localized("请从首页进入", "see /open311/v2/discovery.json")
            )
        case let error as any HTTPResponseError:
            let phrase = error.status.reasonPhrase
            return Problem(status: error.status.code, Localized("不能处理这个请求（\(phrase)）", phrase))
        default:
            context.logger.error(
                "request failed",
                metadata: ["http.route": "\(context.endpointPath ?? "unknown")", "error": "\(error)"]
            )
            return Problem(
                status: 500,
                Localized("本节点没能处理", "this node failed to answer"),
                wayOut: Localized("请重试，或告诉运维人员", "try again, or tell its operator")
            )
        }
    }
}
