import LiandongCore
import LiandongMQTT
import LiandongSigning
import LiandongStore

/// The secrets by which devices come: over HTTP as they are, at the broker as what it checks passwords by.
extension IngestDesk {
    /// A new token for a device: 32 random bytes, of which this node keeps a hash.
    ///
    /// - Parameter replacing: whether those given before are worth nothing any more.
    func makeToken(for device: RecordID, replacing: Bool) async throws -> String {
        let token = "ldd_" + secureRandomBytes(32).base64URL
        let hash = IngestDesk.hash(token)
        try await store.keepDeviceToken(
            hash: hash.bytes,
            brokerSecret: BrokerSecret.digest(of: token, salt: secureRandomBytes(BrokerSecret.saltBytes)),
            of: device,
            replacing: replacing
        )
        forgetTokens()
        return token
    }

    static func hash(_ token: String) -> Hash {
        Cryptography.sodium.hash(Array("liandong/device-token/1".utf8) + Array(token.utf8))
    }

    /// The device that a token speaks for; nil for one that this node does not know.
    func device(token: String) async throws -> RecordID? {
        let hash = IngestDesk.hash(token)
        let (known, generation) = remembered(hash)
        if let known { return known }
        guard let device = try await store.read({ try $0.device(tokenHash: hash.bytes) }) else { return nil }
        remember(hash, of: device, since: generation)
        return device
    }
}
