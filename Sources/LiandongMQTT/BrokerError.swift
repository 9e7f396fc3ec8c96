/// Why a connection to a broker did not come about, or ended.
package struct BrokerError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Nobody answers there, or the line broke.
        case unreachable
        /// The broker does not let this client in, or not to its topic.
        case refused
        /// It did not answer in time.
        case silent
        /// The broker's program or a file of it is missing or wrong.
        case misconfigured
        /// What it brought could not be taken in; it keeps it.
        case notTaken
    }

    package let code: Code
    /// The thing, the value, the way out.
    package let reason: String

    package var description: String { reason }

    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
