/// The bounds within which peers may use this node.
package struct TransportLimits: Sendable, Hashable {
    /// The longest frame before ``PeerConnection/raiseFrameLimit()``.
    package var handshakeFrame = 4 * 1024
    /// The longest frame after it.
    package var frame = 1024 * 1024
    /// TCP has to be up by then.
    package var connectTimeout: Duration = .seconds(5)
    /// TLS has to be up by then, and a frame longer than `handshakeFrame` may wait so long for the limit to be raised.
    package var handshakeTimeout: Duration = .seconds(10)
    /// TLS's goodbye may take so long.
    package var closeTimeout: Duration = .seconds(2)
    /// Inbound connections at any time.
    package var inboundConnections = 512
    /// Inbound connections whose TLS is not up; when one more comes, the oldest gives way.
    package var inboundHandshakes = 32
    /// Handshakes that may fail from one address, loopback excepted, in ``failureWindow``.
    package var failedHandshakes = 30
    package var failureWindow: Duration = .seconds(10)
    /// Frames received and not yet taken: above so many bytes the socket is no longer read.
    package var receiveQueue = 512 * 1024
    /// Frames sent and not yet in the kernel: above so many bytes ``PeerConnection/send(_:)`` waits.
    package var sendQueue = 512 * 1024
    /// Above so many bytes ``PeerConnection/post(_:)`` refuses.
    package var postQueue = 16 * 1024 * 1024

    package init() {}
}
