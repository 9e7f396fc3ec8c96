/// Bounds of what is on its way, by the broker's configuration and by the client alike.
package enum BrokerLimits {
    /// Of one publication: as much as `POST /ingest/v1/readings` takes.
    package static let payloadBytes = 1 << 20
    /// Beside the payload: the topic, and in MQTT 5 properties.
    static let packetBytes = payloadBytes + 4_096
    /// What the node takes in with one commit, and what the broker hands it before it has acknowledged any.
    static let batch = 512
    static let batchBytes = 8 << 20
    /// What the broker keeps of a client that is away: it writes all of it down again and again.
    static let queued = 10_000
    static let queuedBytes = 32 << 20
    /// As many as may come; fewer where this process may not open so many files.
    static let connections = 10_000
    /// What the broker has open beside its connections.
    static let otherFiles = 64
}
