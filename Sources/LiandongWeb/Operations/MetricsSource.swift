/// Something that can be read as metrics at the moment it is asked.
package protocol MetricsSource: Sendable {
    /// Each family once, with a name that no other source has.
    func families() async -> [MetricFamily]
}

/// All samples of one name.
///
/// - SeeAlso: Prometheus, "Exposition formats", text format 0.0.4.
package struct MetricFamily: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// `liandong_…`, with its unit last; `_total` ends a counter's.
    package let name: String
    /// One sentence.
    package let help: String
    package let kind: Kind
    package let samples: [Sample]

    /// One value.
    package struct Sample: Sendable, Hashable {
        /// After the family's name: empty, or `_bucket`, `_sum` and `_count` of a histogram.
        package let suffix: String
        package let labels: [Label]
        package let value: Double

        package init(_ value: Double, labels: [Label] = [], suffix: String = "") {
            self.suffix = suffix
            self.labels = labels
            self.value = value
        }
    }

    package struct Label: Sendable, Hashable, Comparable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        package static func < (a: Label, b: Label) -> Bool { (a.name, a.value) < (b.name, b.value) }
    }

    package init(_ name: String, _ kind: Kind, help: String, samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A family of one sample without labels.
    package init(_ name: String, _ kind: Kind, help: String, value: Double) {
        self.init(name, kind, help: help, samples: [Sample(value)])
    }
}

extension [MetricFamily] {
    /// The text that Prometheus scrapes.
    package var expositionText: String {
        var text = ""
        for family in self {
            text += "# HELP \(family.name) \(family.help.escaped(quotes: false))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                text += family.name + sample.suffix
                if !sample.labels.isEmpty {
                    let labels = sample.labels.map { "\($0.name)=\"\($0.value.escaped(quotes: true))\"" }
                    text += "{\(labels.joined(separator: ","))}"
                }
                text += " \(sample.value.expositionText)\n"
            }
        }
        return text
    }
}

extension Double {
    /// Whole numbers without a fraction, the rest as short as they can be read back.
    fileprivate var expositionText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: self) { return String(whole) }
        return String(self)
    }
}

extension String {
    fileprivate func escaped(quotes: Bool) -> String {
        var escaped = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
