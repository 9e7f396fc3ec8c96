package import LiandongDomain

/// Why a request is not answered, as GeoReport v2 tells it: a code, which is the HTTP status, and a description.
package struct GeoReportError: Error, Sendable, Hashable, CustomStringConvertible {
    package let code: Int
    /// Why; programs are told it in English, people in their language.
    package let words: Localized

    package var description: String { words.en }

    /// - Parameter zh: The same in Chinese, where a page's form can be refused with it.
    package init(code: Int, description: String, zh: String? = nil) {
        self.code = code
        self.words = Localized(zh ?? "填写的内容不符合要求（\(description)）", description)
    }
}

extension GeoReportError {
    /// A required parameter was not given.
    package static func missing(_ parameter: String, wayOut: String, zh: String? = nil) -> GeoReportError {
        GeoReportError(code: 400, description: "\(parameter) was not provided; \(wayOut)", zh: zh)
    }

    /// A parameter's value cannot be used.
    ///
    /// - Parameters:
    ///   - value: Quoted and cut, because it comes from outside.
    ///   - reason: The bound that it misses, and the way out.
    ///   - zh: The same in Chinese, where a page's form can be refused with it.
    package static func invalid(
        _ parameter: String,
        _ value: String,
        _ reason: String,
        zh: String? = nil
    ) -> GeoReportError {
        GeoReportError(
            code: 400,
            description: "\(parameter) is \(quoted(value)): \(reason)",
            zh: zh.map { "\(names[parameter] ?? parameter)：\($0)" }
        )
    }

    /// What people call the fields of forms.
    private static let names = [
        "description": "情况说明", "address_string": "详细地址", "address_id": "所属社区", "first_name": "姓名",
        "phone": "联系电话", "email": "邮箱", "lat": "纬度", "long": "经度", "title": "标题", "text": "内容",
        "query_code": "查询码", "number": "编号", "purpose": "用途", "remark": "说明", "entry": "名册项", "code": "投票码",
        "identity_number": "身份证号", "place": "地点", "reason": "理由",
    ]

    package static func notFound(_ thing: String, _ value: String, wayOut: String) -> GeoReportError {
        GeoReportError(code: 404, description: "\(thing) \(quoted(value)) was not found; \(wayOut)")
    }

    /// A foreign text fit to stand in a message: at most 64 characters, without control characters.
    package static func quoted(_ value: String) -> String {
        var quoted = "\""
        for (index, scalar) in value.unicodeScalars.enumerated() {
            guard index < 64 else {
                quoted += "…"
                break
            }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            quoted.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
        }
        return quoted + "\""
    }
}

/// The body of an answer that refuses: one error or more.
package struct GeoReportErrors: GeoReportDocument {
    package static let rootElement = "errors"
    package let errors: [GeoReportError]

    package init(_ errors: [GeoReportError]) { self.errors = errors }

    package func encode(to encoder: any Encoder) throws {
        try NamedList("error", errors).encode(to: encoder)
    }
}

extension GeoReportError: Encodable {
    private enum CodingKeys: String, CodingKey {
        case code, description
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(description, forKey: .description)
    }
}
