package import LiandongDomain

extension DeviceRule.Condition {
    /// Whether a value speaks for the alarm.
    package func matches(_ value: Reading.Value) -> Bool {
        switch (self, value) {
        case (.above(let bound, _), .number(let number)): number > bound
        case (.below(let bound, _), .number(let number)): number < bound
        case (.isTrue, .flag(let flag)): flag
        case (.isFalse, .flag(let flag)): !flag
        // Many devices say 1 and 0.
        case (.isTrue, .number(let number)): number != 0
        case (.isFalse, .number(let number)): number == 0
        case (.equals(let wanted), .text(let text)): text == wanted
        default: false
        }
    }

    func clears(_ value: Reading.Value) -> Bool {
        switch (self, value) {
        case (.above(_, let bound), .number(let number)): number <= bound
        case (.below(_, let bound), .number(let number)): number >= bound
        default: !matches(value)
        }
    }
}
