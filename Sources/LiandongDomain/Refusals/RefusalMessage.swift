extension Refusal {
    /// The words of a refusal in both languages, and what kind of refusal it is.
    ///
    /// `{0}` stands for the first value that it was made with.
    package struct Message: Sendable, Hashable {
        package let code: Code
        /// What is wrong: the thing, the value, the bound.
        package let reason: Localized
        /// What to do instead.
        package let wayOut: Localized

        init(_ code: Code, _ reason: Localized, wayOut: Localized) {
            self.code = code
            self.reason = reason
            self.wayOut = wayOut
        }

        /// Every message with its key; a test holds that each key has one.
        package static let table = Array(ofCommon) + Array(ofOrders) + Array(ofPeople) + Array(ofDevices)

        fileprivate static let all = Dictionary(table.map { ($0.key, $0.value) }) { first, _ in first }
    }
}

extension Refusal.Key {
    package var message: Refusal.Message {
        Refusal.Message.all[self]
            ?? Refusal.Message(
                .unavailable,
                Localized("不能办理（\(rawValue)）", "it cannot be done: \(rawValue)"),
                wayOut: Localized("请联系运维人员", "tell the node's operator")
            )
    }
}

extension Localized {
    /// With values in place of `{0}`, `{1}`…; a value's own braces stay.
    func filled(with values: [Localized]) -> Localized {
        Localized(Localized.filled(zh, values.map(\.zh)), Localized.filled(en, values.map(\.en)))
    }

    private static func filled(_ template: String, _ values: [String]) -> String {
        var filled = ""
        var rest = template[...]
        while let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") {
            filled += rest[..<start]
            let name = rest[rest.index(after: start)..<end]
            if let number = Int(name), values.indices.contains(number) {
                filled += values[number]
            } else {
                filled += rest[start...end]
            }
            rest = rest[rest.index(after: end)...]
        }
        return filled + rest
    }
}
