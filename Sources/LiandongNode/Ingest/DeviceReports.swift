// What the command line prints of devices.

package import LiandongReports

/// What a node knows of a device's messages and rules: `liandong.device-explain/1`.
package struct DeviceExplainReport: Codable, Sendable {
    package var schema = "liandong.device-explain/1"
    package let asOf: String
    package let code: String
    package let kind: String
    package let rulesVersion: Int
    package let silentAfterSeconds: Int
    package let rules: [Rule]
    package let messages: UInt64
    package let readings: UInt64
    package let duplicates: UInt64
    package let missing: UInt64
    package let resets: UInt64
    package let late: UInt64
    package let ahead: UInt64
    package let withheld: UInt64
    /// Readings that a rule passed over, as a later one had come before them.
    package let passedOver: UInt64
    package let latestSequence: UInt64?
    package let lastHeard: String?
    package let series: [String]

    package struct Rule: Codable, Sendable {
        package let type: String
        package let severity: String
        package let says: String
        /// "quiet", "waiting since …" or "raised".
        package let state: String
    }
}

/// The rules in force for a kind of device at a place: `liandong.device-rules/1`.
package struct DeviceRulesReport: Codable, Sendable {
    package var schema = "liandong.device-rules/1"
    package let asOf: String
    package let kind: String
    package let place: PlaceReport
    /// 0: the build's own.
    package let version: Int
    /// As `device rules set` takes them.
    package let file: String
}

/// A series: `liandong.series/1`.
package struct SeriesReport: Codable, Sendable {
    package var schema = "liandong.series/1"
    package let asOf: String
    package let device: String
    package let series: String
    package let resolution: String
    package let readings: [Reading]
    package let stretches: [Stretch]

    package struct Reading: Codable, Sendable {
        package let at: String
        package let receivedAt: String
        package let quality: String
        package let value: String
    }

    package struct Stretch: Codable, Sendable {
        package let start: String
        package let count: UInt64
        package let mean: Double
        package let least: Double
        package let greatest: Double
        package let deviation: Double
        package let last: Double
    }
}

/// What could not be decoded: `liandong.quarantine/1`.
package struct QuarantineReport: Codable, Sendable {
    package var schema = "liandong.quarantine/1"
    package let asOf: String
    package let held: Int
    package let dropped: Int
    package let messages: [Message]

    package struct Message: Codable, Sendable {
        package let number: Int64
        package let device: String
        package let source: String
        package let format: String
        package let reason: String
        package let receivedAt: String
        package let bytes: Int
        package let beginning: String
    }
}

/// What became of a replay: `liandong.replay/1`.
package struct ReplayReport: Codable, Sendable {
    package var schema = "liandong.replay/1"
    package let asOf: String
    package let replayed: Int
    package let readings: Int
    /// Still wrong: the number and why.
    package let kept: [String]
}
