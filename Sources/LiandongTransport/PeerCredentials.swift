import Crypto
import Foundation
import LiandongCore
import NIOCore
import NIOSSL
import SwiftASN1
import X509

/// What a node shows to its peers: a certificate of its own key, signed by that key.
///
/// The certificate carries nothing but the key: name, dates and issuer are fixed and nobody reads them. TLS proves
/// that the peer holds the key, and the key is the node's name.
struct PeerCredentials: Sendable {
    let node: NodeID
    let client: NIOSSLContext
    let server: NIOSSLContext

    /// - Parameter seed: 32 bytes, the node key's seed.
    init(seed: [UInt8], limits: TransportLimits) throws {
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        guard let node = NodeID(Array(key.publicKey.rawRepresentation)) else { throw TransportError.noKey }
        self.node = node
        let privateKey = Certificate.PrivateKey(key)
        let name = try DistinguishedName { CommonName(node.description) }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(1),
            publicKey: privateKey.publicKey,
            notValidBefore: Date(timeIntervalSince1970: 0),
            notValidAfter: Date(timeIntervalSince1970: 253_402_300_799),  // RFC 5280, 4.1.2.5: no expiry
            issuer: name,
            subject: name,
            signatureAlgorithm: .ed25519,
            extensions: Certificate.Extensions(),
            issuerPrivateKey: privateKey
        )
        var serializer = DER.Serializer()
        try certificate.serialize(into: &serializer)
        let chain = try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
        let secret = try NIOSSLPrivateKey(bytes: Array(privateKey.serializeAsPEM().pemString.utf8), format: .pem)

        var server = TLSConfiguration.makeServerConfigurationWithMTLS(
            certificateChain: [.certificate(chain)],
            privateKey: .privateKey(secret),
            trustRoots: .certificates([])
        )
        server.restrict(limits)
        var client = TLSConfiguration.makeClientConfiguration()
        client.certificateVerification = .noHostnameVerification
        client.trustRoots = .certificates([])
        client.certificateChain = [.certificate(chain)]
        client.privateKey = .privateKey(secret)
        client.restrict(limits)
        self.client = try NIOSSLContext(configuration: client)
        self.server = try NIOSSLContext(configuration: server)
    }
}

extension TLSConfiguration {
    fileprivate mutating func restrict(_ limits: TransportLimits) {
        minimumTLSVersion = .tlsv13
        verifySignatureAlgorithms = [.ed25519]
        signingSignatureAlgorithms = [.ed25519]
        shutdownTimeout = .init(limits.closeTimeout)
    }
}

extension NodeID {
    /// The key of a certificate; nil unless it is Ed25519.
    init?(_ certificate: NIOSSLCertificate) {
        // RFC 8410, section 4: SubjectPublicKeyInfo of an Ed25519 key is this prefix and the 32 bytes.
        let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        guard let info = try? certificate.extractPublicKey().toSPKIBytes(), info.starts(with: prefix) else {
            return nil
        }
        self.init(info.dropFirst(prefix.count))
    }
}
