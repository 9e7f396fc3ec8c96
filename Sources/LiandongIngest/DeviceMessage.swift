package import LiandongCore
package import LiandongDomain
import LiandongJSON

/// What a device said at once, decoded and not judged.
package struct DeviceMessage: Sendable, Hashable {
    /// What tells a message from one sent before and from one sent again.
    package struct Sequence: Sendable, Hashable {
        /// Of one run of the device; empty where its times tell runs apart.
        package let boot: String
        package let number: UInt64

        package init(boot: String, number: UInt64) {
            self.boot = boot
            self.number = number
        }
    }

    package struct Item: Sendable, Hashable {
        package let series: String
        /// The device's own; nil: it gave none.
        package let at: Instant?
        package let value: Reading.Value

        package init(series: String, at: Instant?, value: Reading.Value) {
            self.series = series
            self.at = at
            self.value = value
        }
    }

    package let sequence: Sequence?
    package let items: [Item]

    package init(sequence: Sequence? = nil, items: [Item]) {
        self.sequence = sequence
        self.items = items
    }
}

/// The forms that messages come in.
package enum MessageFormat: String, Sendable, CaseIterable {
    /// This project's own: docs/devices.md.
    case json = "application/json"
    /// RFC 8428.
    case senml = "application/senml+json"

    /// What bytes without a word on their form are: SenML is a list whose first record has a name or a base field.
    package static func guess(_ bytes: [UInt8]) -> MessageFormat {
        guard bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "["),
            let value = try? JSONValue(parsing: bytes), case .array(let items) = value, let first = items.first
        else {
            return .json
        }
        let marks = ["bn", "bt", "bver", "n", "v", "vb", "vs", "vd"]
        return marks.contains { first[$0] != nil } ? .senml : .json
    }
}

/// Why bytes are no message.
package struct DecodingRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Not JSON, or not of the form, or a value that is too great or too long.
        case malformed
        /// Of the form, and more at once than is taken.
        case tooMuch
    }

    package let code: Code
    /// The thing, the value, the bound.
    package let reason: String

    package var description: String { reason }

    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// Bounds of one call.
package enum MessageLimits {
    package static let messages = 1_000
    package static let readings = 10_000
    package static let textBytes = 256
    package static let seriesBytes = 64
}

extension DeviceMessage {
    /// Reads the messages of one call or one publication.
    ///
    /// - Parameter now: what SenML's relative times are relative to.
    /// - Throws: ``DecodingRefusal``; all is refused where one of them is wrong.
    package static func decode(
        _ bytes: [UInt8],
        as format: MessageFormat,
        now: Instant
    ) throws(DecodingRefusal) -> [DeviceMessage] {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            throw DecodingRefusal(.malformed, error.description)
        }
        let messages =
            switch format {
            case .json: try JSONMessages.read(value)
            case .senml: [try SenML.read(value, now: now)]
            }
        let count = messages.reduce(0) { $0 + $1.items.count }
        guard messages.count <= MessageLimits.messages, count <= MessageLimits.readings else {
            throw DecodingRefusal(
                .tooMuch,
                "\(messages.count) messages with \(count) readings are too many, at most \(MessageLimits.messages) with "
                    + "\(MessageLimits.readings) are allowed at once"
            )
        }
        return messages
    }

    /// - Throws: ``DecodingRefusal`` unless it is the name of a series.
    static func series(_ name: String) throws(DecodingRefusal) -> String {
        guard DeviceName.isPlain(name), name.utf8.count <= MessageLimits.seriesBytes else {
            throw DecodingRefusal(
                .malformed,
                "the name of a series is not 1 to \(MessageLimits.seriesBytes) Latin letters, digits, dots, - and _"
            )
        }
        return name
    }

    /// - Throws: ``DecodingRefusal`` for what no instrument measures and sums could not hold.
    static func number(_ number: Double) throws(DecodingRefusal) -> Reading.Value {
        guard abs(number) <= 1e100 else { throw DecodingRefusal(.malformed, "a value is greater than 1e100") }
        return .number(number)
    }

    static func text(_ text: String) throws(DecodingRefusal) -> Reading.Value {
        guard text.utf8.count <= MessageLimits.textBytes else {
            throw DecodingRefusal(
                .malformed,
                "a text of \(text.utf8.count) bytes is too long, at most \(MessageLimits.textBytes) are allowed"
            )
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw DecodingRefusal(.malformed, "a text holds control characters")
        }
        return .text(text)
    }
}
