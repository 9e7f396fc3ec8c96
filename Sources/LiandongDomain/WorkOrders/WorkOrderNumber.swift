import LiandongCore

/// 12-digit code of acceptance + 2-digit node + yymmdd + 5-digit sequence: 25 digits, always text, a label and no key.
package struct WorkOrderNumber: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package var description: String { text }

    /// - Returns: nil unless there are exactly 25 digits.
    package init?(_ text: String) {
        guard text.utf8.count == 25, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.text = text
    }

    /// The first 20 digits, which all numbers of one node and day have in common.
    ///
    /// - Parameters:
    ///   - placeCode: 12 digits of the place of acceptance.
    ///   - ordinal: 1 to 99.
    /// - Returns: nil when a part is out of its range.
    package static func prefix(placeCode: String, ordinal: Int, date: CivilDate) -> String? {
        guard placeCode.utf8.count == 12, (1...99).contains(ordinal) else { return nil }
        let (year, month, day) = date.parts
        return placeCode + padded(ordinal, 2) + padded(year % 100, 2) + padded(month, 2) + padded(day, 2)
    }

    /// - Parameters:
    ///   - prefix: 20 digits, of ``prefix(placeCode:ordinal:date:)``.
    ///   - sequence: 0 to 99,999 of that day.
    /// - Returns: nil when a part is out of its range.
    package init?(prefix: String, sequence: Int) {
        guard (0...99_999).contains(sequence) else { return nil }
        self.init(prefix + Self.padded(sequence, 5))
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
