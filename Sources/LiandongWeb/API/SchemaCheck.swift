import LiandongJSON

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
        if case .number(let limit)? = schema["maxItems"], Double(values.count) > limit {
            return "\(path) has \(values.count) items, at most \(Int(limit)) are allowed"
        }
        guard let items = schema["items"] else { return nil }
        for (index, value) in values.enumerated() {
            if let flaw = firstFlaw(of: value, by: items, at: "\(path)[\(index)]") { return flaw }
        }
        return nil
    }

    private static func flaw(of text: String, by schema: JSONValue, _ name: String) -> String? {
        let count = text.unicodeScalars.count
        if case .number(let limit)? = schema["maxLength"], Double(count) > limit {
            return "\(name) has \(count) characters, at most \(Int(limit)) are allowed"
        }
        if case .number(let limit)? = schema["minLength"], Double(count) < limit {
            return limit == 1
                ? "\(name) is empty" : "\(name) has \(count) characters, at least \(Int(limit)) are needed"
        }
        if case .string(let pattern)? = schema["pattern"] {
            guard let expression = try? Regex(pattern), text.contains(expression) else {
                return "\(name) must be as \(pattern) says"
            }
        }
        return nil
    }

    private static func flaw(of number: Double, by schema: JSONValue, _ name: String) -> String? {
        let given = JSONValue.number(number).text
        if let bound = schema["minimum"], case .number(let minimum) = bound, number < minimum {
            return "\(name) is \(given), at least \(bound.text) is allowed"
        }
        if let bound = schema["maximum"], case .number(let maximum) = bound, number > maximum {
            return "\(name) is \(given), at most \(bound.text) is allowed"
        }
        return nil
    }

    private static func inside(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
