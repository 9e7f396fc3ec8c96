package import LiandongCore

/// What a device measured or told at a time.
package struct Reading: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
        case number(Double)
        case flag(Bool)
        case text(String)

        /// As people read it.
        package var description: String {
            switch self {
            case .number(let number):
                number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
            case .flag(let flag): flag ? "true" : "false"
            case .text(let text): text
            }
        }

        /// What rollups count it as; nil for text.
        package var number: Double? {
            switch self {
            case .number(let number): number
            case .flag(let flag): flag ? 1 : 0
            case .text: nil
            }
        }
    }

    package let series: String
    /// By its quality: the device's own time, or when it was received.
    package let at: Instant
    package let quality: TimeQuality
    package let value: Value

    package init(series: String, at: Instant, quality: TimeQuality, value: Value) {
        self.series = series
        self.at = at
        self.quality = quality
        self.value = value
    }
}

/// The readings that one device handed in at once: what the journal keeps until they lie in their days' files.
package struct ReadingBatch: Sendable, Hashable {
    package let device: RecordID
    package let receivedAt: Instant
    package let readings: [Reading]

    package init(device: RecordID, receivedAt: Instant, readings: [Reading]) {
        self.device = device
        self.receivedAt = receivedAt
        self.readings = readings
    }

    /// This node's own form: device, time, the names of the series once, then the readings by their numbers.
    package var packed: [UInt8] {
        var names: [String] = []
        var numbers: [String: Int] = [:]
        for reading in readings where numbers[reading.series] == nil {
            numbers[reading.series] = names.count
            names.append(reading.series)
        }
        var writer = ByteWriter()
        writer.put(device.bytes)
        writer.put(UInt64(bitPattern: receivedAt.milliseconds))
        writer.put(UInt64(names.count))
        for name in names { writer.put(text: name) }
        writer.put(UInt64(readings.count))
        for reading in readings {
            writer.put(UInt64(numbers[reading.series] ?? 0))
            writer.put(UInt64(bitPattern: reading.at.milliseconds))
            writer.put(UInt64(reading.quality.rawValue))
            switch reading.value {
            case .number(let number):
                writer.put(1)
                writer.put(fixed: number.bitPattern)
            case .flag(let flag): writer.put(flag ? 3 : 2)
            case .text(let text):
                writer.put(4)
                writer.put(text: text)
            }
        }
        return writer.bytes
    }

    /// - Returns: nil for bytes that ``packed`` does not give.
    package init?(packed bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let device = reader.take(16).flatMap({ RecordID($0) }), let receivedAt = reader.word(),
            let nameCount = reader.word(), nameCount <= UInt64(bytes.count)
        else { return nil }
        var names: [String] = []
        for _ in 0..<nameCount {
            guard let name = reader.text() else { return nil }
            names.append(name)
        }
        guard let count = reader.word(), count <= UInt64(bytes.count) else { return nil }
        var readings: [Reading] = []
        readings.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard
                let number = reader.word(), number < UInt64(names.count), let at = reader.word(),
                let quality = reader.word().flatMap({ UInt8(exactly: $0) }).flatMap(TimeQuality.init(rawValue:)),
                let value = reader.value()
            else { return nil }
            readings.append(
                Reading(
                    series: names[Int(number)],
                    at: Instant(milliseconds: Int64(bitPattern: at)),
                    quality: quality,
                    value: value
                )
            )
        }
        guard reader.isAtEnd else { return nil }
        self.init(
            device: device,
            receivedAt: Instant(milliseconds: Int64(bitPattern: receivedAt)),
            readings: readings
        )
    }
}

extension ByteReader {
    fileprivate mutating func value() -> Reading.Value? {
        switch word() {
        case 1: fixed().map { .number(Double(bitPattern: $0)) }
        case 2: .flag(false)
        case 3: .flag(true)
        case 4: text().map { .text($0) }
        default: nil
        }
    }
}

/// Bytes of this node's own rows, written one value behind the other: words as little-endian groups of 7 bits.
package struct ByteWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func put(_ word: UInt64) {
        var rest = word
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    package mutating func put(fixed word: UInt64) { bytes += word.bigEndianBytes }

    package mutating func put(_ raw: [UInt8]) { bytes += raw }

    package mutating func put(text: String) { put(counted: Array(text.utf8)) }

    package mutating func put(counted raw: [UInt8]) {
        put(UInt64(raw.count))
        bytes += raw
    }
}

/// Reads what ``ByteWriter`` wrote; nil where the bytes end or are none of its own.
package struct ByteReader: Sendable {
    private let bytes: [UInt8]
    private var offset = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var isAtEnd: Bool { offset == bytes.count }

    package mutating func word() -> UInt64? {
        var word: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard offset < bytes.count else { return nil }
            let byte = bytes[offset]
            offset += 1
            word |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return word }
        }
        return nil
    }

    package mutating func fixed() -> UInt64? { take(8).flatMap { UInt64(bigEndianBytes: $0) } }

    package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.count - offset else { return nil }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    package mutating func counted() -> ArraySlice<UInt8>? {
        word().flatMap { Int(exactly: $0) }.flatMap { take($0) }
    }

    package mutating func text() -> String? { counted().map { String(decoding: $0, as: UTF8.self) } }
}
