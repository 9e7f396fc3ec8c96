/// Whether a JSON value is what a schema describes: as much of JSON Schema as ``Schemas`` uses.
///
/// - SeeAlso: JSON Schema, draft 2020-12.
enum SchemaCheck {
    /// The first thing that is wrong, with its place in the value; nil when nothing is.
    ///
    /// - Complexity: O(size of the value), each pattern once more.
    static func firstFlaw(of value: JSONValue, by schema: JSONValue, at path: String = "") -> String? {
        let name = path.isEmpty ? "the document" : path
        if case .string(let reference)? = schema["$ref"] {
            guard let target = Schemas.named.first(where: { reference.hasSuffix("/\($0.key)") }) else {
                return "\(name): there is no schema \(reference)"
            }
            return firstFlaw(of: value, by: target.value, at: path)
        }
        if case .array(let choices)? = schema["anyOf"] {
            let flaws = choices.compactMap { firstFlaw(of: value, by: $0, at: path) }
            return flaws.count == choices.count ? flaws.first : nil
        }
        if case .array(let words)? = schema["enum"], !words.contains(value) {
            return "\(name) is none of \(words.map(\.text).joined(separator: ", "))"
        }
        guard case .string(let type)? = schema["type"] else { return nil }
        switch (type, value) {
        case ("object", .object(let members)): return flaw(of: members, by: schema, at: path)
        case ("array", .array(let values)): return flaw(of: values, by: schema, at: path)
        case ("string", .string(let text)): return flaw(of: text, by: schema, name)
        case ("integer", .integer(let number)): return flaw(of: Double(number), by: schema, name)
        case ("number", .integer(let number)): return flaw(of: Double(number), by: schema, name)
        case ("number", .number(let number)): return flaw(of: number, by: schema, name)
        case ("integer", .number(let number)) where number == number.rounded():
            return flaw(of: number, by: schema, name)
        case ("boolean", .bool), ("null", .null): return nil
        default: return "\(name) is no \(type)"
        }
    }

    private static func flaw(of members: [JSONValue.Member], by schema: JSONValue, at path: String) -> String? {
        let properties = schema["properties"] ?? .object([])
        if case .array(let required)? = schema["required"] {
            for case .string(let name) in required where !members.contains(where: { $0.name == name }) {
                return "\(inside(path, name)) is missing"
            }
        }
        for member in members {
            guard let property = properties[member.name] else {
                if schema["additionalProperties"] == .bool(false) {
                    return "\(inside(path, String(member.name.prefix(60)))) is not known"
                }
                continue
            }
            if let flaw = firstFlaw(of: member.value, by: property, at: inside(path, member.name)) { return flaw }
        }
        return nil
    }

    private static func flaw(of values: [JSONValue], by schema: JSONValue, at path: String) -> String? {
        if case .integer(let limit)? = schema["maxItems"], values.count > limit {
            return "\(path) has \(values.count) items, at most \(limit) are allowed"
        }
        guard let items = schema["items"] else { return nil }
        for (index, value) in values.enumerated() {
            if let flaw = firstFlaw(of: value, by: items, at: "\(path)[\(index)]") { return flaw }
        }
        return nil
    }

    private static func flaw(of text: String, by schema: JSONValue, _ name: String) -> String? {
        let count = text.unicodeScalars.count
        if case .integer(let limit)? = schema["maxLength"], count > limit {
            return "\(name) has \(count) characters, at most \(limit) are allowed"
        }
        if case .integer(let limit)? = schema["minLength"], count < limit {
            return limit == 1 ? "\(name) is empty" : "\(name) has \(count) characters, at least \(limit) are needed"
        }
        if case .string(let pattern)? = schema["pattern"] {
            guard let expression = try? Regex(pattern), text.contains(expression) else {
                return "\(name) must be as \(pattern) says"
            }
        }
        return nil
    }

    private static func flaw(of number: Double, by schema: JSONValue, _ name: String) -> String? {
        if let minimum = schema["minimum"]?.double, number < minimum {
            return "\(name) is \(number), at least \(minimum) is allowed"
        }
        if let maximum = schema["maximum"]?.double, number > maximum {
            return "\(name) is \(number), at most \(maximum) is allowed"
        }
        return nil
    }

    private static func inside(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}

extension JSONValue {
    fileprivate var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .null, .bool, .string, .array, .object: nil
        }
    }
}
