extension StatusReport {
    /// How a node stands with the MQTT broker beside it.
    package struct Broker: Codable, Sendable, Hashable {
        /// Whether it has one.
        package var configured = false
        /// Whether the node hears it.
        package var connected = false
        /// Since when it is so; null without a broker.
        package var since: String?
        /// Why it is not connected; null while it is, and before the first attempt has ended.
        package var complaint: String?
        /// The same by its code: unreachable, refused, silent, misconfigured, or notTaken for what the node could not take.
        package var cause: String?
        /// Messages that the node has read and not taken in yet.
        ///
        /// While it is not connected, they wait at the broker, which does not tell how many.
        package var waiting = 0

        package init() {}

        package init(isConnected: Bool, since: String, complaint: String?, cause: String?, waiting: Int) {
            self.configured = true
            self.connected = isConnected
            self.since = since
            self.complaint = isConnected ? nil : complaint
            self.cause = isConnected ? nil : cause
            self.waiting = waiting
        }
    }
}
