package import LiandongCore

/// Why a connection could not be made, or ended otherwise than in order.
package struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case badAddress, unreachable, wrongKey, noKey, handshakeFailed, handshakeTimedOut
        case frameTooLarge, emptyFrame, connectionLost, closed, queueFull, tooManyConnections, cannotListen
    }

    package let code: Code
    package let reason: String
    /// The key that was wanted, where the peer showed another.
    package var expected: NodeID?
    /// The key that the peer showed.
    package var presented: NodeID?

    package var description: String { reason }

    static func badAddress(_ text: String, _ why: String) -> TransportError {
        TransportError(code: .badAddress, reason: "address \"\(text)\": \(why)")
    }

    static func unreachable(_ address: String, _ why: String) -> TransportError {
        TransportError(code: .unreachable, reason: "cannot connect to \(address): \(why)")
    }

    static func wrongKey(expected: NodeID, presented: NodeID) -> TransportError {
        TransportError(
            code: .wrongKey,
            reason: "the peer's key has fingerprint \(presented), expected \(expected): another node answers there, "
                + "or someone stands between",
            expected: expected,
            presented: presented
        )
    }

    static let noKey = TransportError(
        code: .noKey,
        reason: "the peer showed no Ed25519 certificate, so it is no node"
    )

    static func handshakeFailed(_ why: String) -> TransportError {
        TransportError(code: .handshakeFailed, reason: "the TLS handshake failed: \(why)")
    }

    static func handshakeTimedOut(after limit: Duration) -> TransportError {
        TransportError(code: .handshakeTimedOut, reason: "the handshake took longer than \(limit), the limit")
    }

    static func frameTooLarge(_ byteCount: Int, limit: Int) -> TransportError {
        TransportError(code: .frameTooLarge, reason: "a frame of \(byteCount) bytes, at most \(limit) are allowed")
    }

    static let emptyFrame = TransportError(code: .emptyFrame, reason: "a frame of no bytes")

    static func connectionLost(_ why: String) -> TransportError {
        TransportError(code: .connectionLost, reason: "the connection was lost: \(why)")
    }

    static let closed = TransportError(code: .closed, reason: "the connection is closed")

    static func queueFull(_ byteCount: Int, limit: Int) -> TransportError {
        TransportError(
            code: .queueFull,
            reason: "the peer does not read: \(byteCount) bytes wait to be sent, at most \(limit) may"
        )
    }

    static func tooManyConnections(_ what: String, limit: Int) -> TransportError {
        TransportError(code: .tooManyConnections, reason: "too many \(what), at most \(limit) are allowed")
    }

    static func cannotListen(_ address: HostPort, _ why: String) -> TransportError {
        TransportError(
            code: .cannotListen,
            reason: "cannot listen on \(address): \(why); name a free address of this machine with --listen"
        )
    }
}
