/// The topics of devices.
///
/// A device's user name is its code, so that a broker can tell whose a topic is.
package enum DeviceTopics {
    private static let root = "liandong/v1"
    private static let devices = "\(root)/devices/"
    private static let readings = "/readings"
    private static let answers = "\(root)/ack/"

    /// What a node subscribes to: the readings of all devices.
    package static let filter = "\(devices)+\(readings)"
    /// What a node answers under.
    package static let answerFilter = "\(answers)+"

    /// Where a device publishes what it read.
    package static func readings(of code: String) -> String { devices + code + readings }

    /// Where the node tells a device what became of it, after the commit.
    package static func answer(to code: String) -> String { answers + code }

    /// The code of the device that a topic of readings is of.
    ///
    /// - Returns: nil for any other topic.
    package static func device(of topic: String) -> String? {
        guard topic.hasPrefix(devices), topic.hasSuffix(readings),
            topic.utf8.count > devices.utf8.count + readings.utf8.count
        else { return nil }
        let code = topic.dropFirst(devices.count).dropLast(readings.count)
        return code.contains("/") ? nil : String(code)
    }
}
