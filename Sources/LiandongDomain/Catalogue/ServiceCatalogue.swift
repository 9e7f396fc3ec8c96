/// The categories that requests are handed in under.
package struct ServiceCatalogue: Sendable {
    /// Sorted by code.
    package let services: [Service]
    private let byCode: [String: Service]

    package init(_ services: [Service]) {
        self.services = services.sorted { $0.code < $1.code }
        self.byCode = Dictionary(services.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The catalogue of this build.
    package static let current = ServiceCatalogue(ServiceCatalogue.table)

    package subscript(code: String) -> Service? { byCode[code] }

    package func require(_ code: String) throws(Refusal) -> Service {
        if let service = byCode[code] { return service }
        let padded = String(repeating: "0", count: max(0, 4 - code.utf8.count)) + code
        throw byCode[padded] == nil ? Refusal(.serviceUnknown, code) : Refusal(.serviceZeros, code, padded)
    }
}

extension Service {
    /// The answers with texts normalised.
    ///
    /// - Throws: a refusal for a missing required answer, one to no question, or one that is not among the choices.
    func checked(_ answers: [AttributeValue]) throws(Refusal) -> [AttributeValue] {
        guard answers.count <= 50 else {
            throw Refusal(.attributesTooMany, answers.count)
        }
        var checked: [AttributeValue] = []
        for answer in answers {
            guard let attribute = attributes.first(where: { $0.code == answer.code }) else {
                throw attributes.isEmpty
                    ? Refusal(.attributeNone, code, answer.code)
                    : Refusal(.attributeUnknown, code, answer.code, attributeCodes)
            }
            checked.append(AttributeValue(code: answer.code, value: try attribute.checked(answer.value)))
        }
        for attribute in attributes where attribute.isRequired {
            guard checked.contains(where: { $0.code == attribute.code && !$0.value.isEmpty }) else {
                throw Refusal(.attributeMissing, attribute.code, code)
            }
        }
        return checked
    }

    private var attributeCodes: String { attributes.map(\.code).joined(separator: ", ") }
}

extension ServiceAttribute {
    func checked(_ answer: String) throws(Refusal) -> String {
        let text = try Text.checked(answer, Localized("\(code)", "attribute \(code)"), limit: 1000)
        switch dataType {
        case .string, .text, .datetime:
            return text
        case .number:
            guard text.isEmpty || Double(text) != nil else {
                throw Refusal(.attributeNoNumber, code, text)
            }
            return text
        case .singleValueList, .multiValueList:
            guard text.isEmpty || values.contains(where: { $0.key == text }) else {
                throw Refusal(.attributeNotAmong, code, text, values.map(\.key).joined(separator: ", "))
            }
            return text
        }
    }
}
