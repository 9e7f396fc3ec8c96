import HTTPTypes
import Hummingbird
import LiandongDomain

/// A refusal that HTTP itself has a status for, before the request means anything to Open311.
struct HTTPRefusal: Error {
    let status: HTTPResponse.Status
    /// The thing, the value, the bound, the way out.
    let words: Localized
    let headers: HTTPFields

    private init(_ status: HTTPResponse.Status, _ words: Localized, headers: HTTPFields = [:]) {
        self.status = status
        self.words = words
        self.headers = headers
    }
}

extension HTTPRefusal {
    static func bodyTooLarge(atMost limit: Int) -> HTTPRefusal {
        HTTPRefusal(
            .contentTooLarge,
            Localized(
                "提交的内容太大，最多 \(limit) 字节；请减少内容",
                "the body is too large, at most \(limit) bytes are allowed; send less"
            )
        )
    }

    static func addressTooLong(_ count: Int, atMost limit: Int) -> HTTPRefusal {
        HTTPRefusal(
            .uriTooLong,
            Localized(
                "地址有 \(count) 字节，最多 \(limit) 字节；请缩短",
                "the address has \(count) bytes, at most \(limit) are allowed; ask for less at once"
            )
        )
    }

    static func methodNotAllowed(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) -> HTTPRefusal {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        return HTTPRefusal(
            .methodNotAllowed,
            Localized(
                "这里不能用 \(method.rawValue)；请用 \(names)",
                "\(method.rawValue) is not allowed here; use \(names)"
            ),
            headers: [.allow: names]
        )
    }

    static func mediaTypeUnknown(_ type: String, wanted: String) -> HTTPRefusal {
        HTTPRefusal(
            .unsupportedMediaType,
            Localized(
                "提交的内容类型是 \(type.prefix(100))；请用 \(wanted)",
                "the body is of type \(type.prefix(100)); send \(wanted)"
            )
        )
    }
}
