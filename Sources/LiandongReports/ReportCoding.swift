package import Foundation
package import LiandongCore

/// How reports stand in JSON: snake_case keys in a stable order.
package enum ReportCoding {
    package static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    package static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}

extension Instant {
    /// ISO 8601 in UTC, to the millisecond.
    package var iso8601: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
            .formatted(
                .iso8601.year().month().day().dateSeparator(.dash).time(includingFractionalSeconds: true).timeSeparator(
                    .colon
                ).timeZone(separator: .omitted)
            )
    }
}
