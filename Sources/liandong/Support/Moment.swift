import Foundation
import LiandongNode

/// A time as options take it.
enum Moment {
    /// - Returns: milliseconds since 1970.
    /// - Throws: a usage error that names the option.
    static func milliseconds(_ text: String, _ option: String) throws -> Int64 {
        guard let date = try? Date(text, strategy: .iso8601),
            let milliseconds = Int64(exactly: (date.timeIntervalSince1970 * 1_000).rounded()),
            // Years of four digits: nothing is added to it that goes beyond what can be counted.
            abs(milliseconds) < 1 << 50
        else {
            throw NodeError(.usage, "\(option): \(text) is no time; give one such as 2026-11-22T08:00:00+08:00")
        }
        return milliseconds
    }
}
