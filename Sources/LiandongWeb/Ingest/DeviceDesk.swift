/// What the ingest routes ask of a node: bytes in, a receipt out, and no HTTP.
package protocol DeviceDesk: Sendable {
    /// Looks at a token before anything is read of what comes with it.
    ///
    /// - Throws: ``DeviceDeskError/unauthorized``, as ``take(_:)`` would; what the store throws.
    func check(token: String) async throws

    /// Takes in what a device sent; returns once it is on this node's disk, with all that it leads to.
    ///
    /// - Throws: ``DeviceDeskError`` for an expected refusal; anything else is a fault of this node.
    func take(_ delivery: DeviceDelivery) async throws -> DeviceReceipt
}

/// What a device handed in at once.
package struct DeviceDelivery: Sendable, Hashable {
    /// As it stands behind `Bearer`.
    package let token: String
    package let bytes: [UInt8]
    /// `application/json` or `application/senml+json`.
    package let format: String
    /// The same key with the same bytes is taken once.
    package let idempotency: IdempotencyKey?

    package init(token: String, bytes: [UInt8], format: String, idempotency: IdempotencyKey? = nil) {
        self.token = token
        self.bytes = bytes
        self.format = format
        self.idempotency = idempotency
    }
}

/// What became of it, all of it durable.
package struct DeviceReceipt: Codable, Sendable, Hashable {
    /// Readings that are kept.
    package var accepted: Int
    /// Messages that had come before: they have had their effect.
    package var duplicates: Int
    /// Of the accepted ones, those that came more than 15 minutes after their time and raise no siren.
    package var late: Int
    /// Of the accepted ones, those with a time of the future: they are kept by the time of receipt.
    package var ahead: Int
    /// Messages kept in quarantine: nobody can say of them whether they came before, or some of their readings are of a
    /// time before readings are kept.
    package var quarantined: Int
    /// The ids of the alarms that it raised.
    package var alarms: [String]

    package init(
        accepted: Int,
        duplicates: Int = 0,
        late: Int = 0,
        ahead: Int = 0,
        quarantined: Int = 0,
        alarms: [String] = []
    ) {
        self.accepted = accepted
        self.duplicates = duplicates
        self.late = late
        self.ahead = ahead
        self.quarantined = quarantined
        self.alarms = alarms
    }
}

/// Why a node does not take in what a device sent.
package enum DeviceDeskError: Error, Sendable, Hashable {
    /// No such token here, or one of a device that is blocked: they look the same.
    case unauthorized
    /// No reading can be made of it; it lies in quarantine.
    case undecodable(String)
    /// Beyond a bound; nothing of it is kept.
    case tooMuch(String)
    /// The idempotency key came with other bytes.
    case conflict(String)
    /// Too much to do at the moment.
    case busy(String)
    /// The node takes nothing in: a full disk.
    case readOnly(String)
}
