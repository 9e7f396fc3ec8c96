/// One category of service request, as Open311 lists it.
package struct Service: Sendable, Hashable {
    /// Digits with their leading zeros: always text.
    package let code: String
    package let name: Localized
    package let group: Localized
    package let description: Localized
    package let keywords: [String]
    package let deadline: DeadlineClass
    /// The questions of its service definition; empty: it has none.
    package let attributes: [ServiceAttribute]

    /// Whether there is a service definition to ask for.
    package var hasMetadata: Bool { !attributes.isEmpty }
}

/// A text in the languages of the pages.
package struct Localized: Sendable, Hashable {
    package let zh: String
    package let en: String

    package init(_ zh: String, _ en: String) {
        self.zh = zh
        self.en = en
    }
}

/// A question of a service definition.
///
/// - SeeAlso: Open311 GeoReport v2, GET Service Definition.
package struct ServiceAttribute: Sendable, Hashable {
    package enum DataType: String, Sendable {
        case string, number, datetime, text
        case singleValueList = "singlevaluelist"
        case multiValueList = "multivaluelist"
    }

    package struct Choice: Sendable, Hashable {
        package let key: String
        package let name: Localized
    }

    package let code: String
    package let dataType: DataType
    package let isRequired: Bool
    package let description: Localized
    /// For the two kinds of list.
    package let values: [Choice]
}

/// How soon a request is to be handled, from dispatch.
package enum DeadlineClass: String, Sendable, CaseIterable {
    /// Two hours by the clock, day and night.
    case immediate
    /// One working day.
    case urgent
    /// Five working days.
    case normal
    /// Fifteen working days.
    case complex

    package var name: Localized {
        switch self {
        case .immediate: Localized("立即（2小时）", "immediate (2 hours)")
        case .urgent: Localized("紧急（1个工作日）", "urgent (1 working day)")
        case .normal: Localized("一般（5个工作日）", "normal (5 working days)")
        case .complex: Localized("复杂（15个工作日）", "complex (15 working days)")
        }
    }

    /// Nil for a class that the clock measures.
    package var workingDays: Int? {
        switch self {
        case .immediate: nil
        case .urgent: 1
        case .normal: 5
        case .complex: 15
        }
    }
}
