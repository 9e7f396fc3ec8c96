package import LiandongCore
import NIOCore
import Synchronization

/// A connection whose peer has proved to hold the key of its NodeID.
///
/// One task takes frames, with ``nextFrames()``; any may send. Frames go out in the order of the calls. A connection
/// let go of without ``close()`` closes.
package final class PeerConnection: Sendable {
    package let peer: NodeID
    /// Whether this end made the connection.
    package let dialled: Bool

    let channel: any Channel
    private let inbox: FrameInbox
    private let window: SendWindow
    private let limits: TransportLimits
    private let received = Atomic<UInt64>(0)
    private let sent = Atomic<UInt64>(0)
    private let closedHere = Atomic<Bool>(false)

    init(
        peer: NodeID,
        dialled: Bool,
        channel: any Channel,
        inbox: FrameInbox,
        window: SendWindow,
        limits: TransportLimits
    ) {
        self.peer = peer
        self.dialled = dialled
        self.channel = channel
        self.inbox = inbox
        self.window = window
        self.limits = limits
    }

    deinit { channel.close(promise: nil) }

    // MARK: Receiving

    /// The frames that arrived since the last call, at least one; waits for the first.
    ///
    /// While they are not taken the socket is not read, beyond ``TransportLimits/receiveQueue`` bytes.
    ///
    /// - Returns: nil once the connection has ended in order, by either end, or the task was cancelled.
    /// - Throws: ``TransportError`` when it ended otherwise; the frames before the fault came first.
    package func nextFrames() async throws(TransportError) -> [[UInt8]]? {
        try await inbox.take { channel.triggerUserOutboundEvent(PeerHandler.Command.readOn, promise: nil) }
    }

    /// Says that the handshake of the session above is over: frames may be as long as ``TransportLimits/frame``.
    ///
    /// Until then they may be as long as ``TransportLimits/handshakeFrame``; a longer one behind a first one waits.
    package func raiseFrameLimit() {
        channel.triggerUserOutboundEvent(PeerHandler.Command.raiseFrameLimit, promise: nil)
    }

    func received(_ byteCount: Int) { received.add(UInt64(byteCount), ordering: .relaxed) }

    // MARK: Sending

    /// Sends frames as one write, waiting while more than ``TransportLimits/sendQueue`` bytes are under way.
    ///
    /// - Throws: ``TransportError``: `closed` when the connection has ended or the task was cancelled, else what ended
    ///   it; `frameTooLarge`, `emptyFrame`.
    package func send(_ frames: [[UInt8]]) async throws(TransportError) {
        let buffer = try FrameDecoder.encode(frames, limit: limits.frame)
        guard buffer.readableBytes > 0 else { return }
        try await window.waitAndEnter(buffer.readableBytes)
        write(buffer)
    }

    /// Sends frames as one write and does not wait: for an owner that bounds by other means what is under way, as
    /// the credits of a session do.
    ///
    /// - Throws: as ``send(_:)``, and `queueFull` above ``TransportLimits/postQueue`` bytes, when the connection is
    ///   best closed.
    package func post(_ frames: [[UInt8]]) throws(TransportError) {
        let buffer = try FrameDecoder.encode(frames, limit: limits.frame)
        guard buffer.readableBytes > 0 else { return }
        try window.enter(buffer.readableBytes, bound: limits.postQueue)
        write(buffer)
    }

    private func write(_ buffer: ByteBuffer) {
        let byteCount = buffer.readableBytes
        sent.add(UInt64(byteCount), ordering: .relaxed)
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { [window] _ in window.leave(byteCount) }
        channel.writeAndFlush(buffer, promise: written)
    }

    /// Bytes of frames sent, their lengths included, whether or not they have left yet.
    package var bytesSent: UInt64 { sent.load(ordering: .relaxed) }
    /// Bytes of frames received, their lengths included, whole or not: a long frame takes its time on a thin link.
    ///
    /// TCP's own probes find a machine or a link that is gone, within 15 s; a process that hangs while its kernel
    /// answers is found by this count alone. So each end sends something at least every 5 s, and the engine closes a
    /// session of which no byte arrives for 15 s.
    package var bytesReceived: UInt64 { received.load(ordering: .relaxed) }
    /// Bytes of frames that have not left yet.
    package var bytesWaiting: Int { window.inFlight }
    /// The other end's address, to be shown.
    package var remoteAddress: String { channel.remoteAddress?.shown ?? "unknown" }

    // MARK: Closing

    /// Sends what was queued, says goodbye, and closes; returns when the socket is gone, after at most
    /// ``TransportLimits/closeTimeout``.
    package func close() async {
        closedHere.store(true, ordering: .relaxed)
        window.end(.closed)
        try? await channel.close().get()  // an error here means that it is closed already
    }

    /// Closes at once, dropping what waits to be sent: for a peer that is thought dead.
    package func abort() {
        closedHere.store(true, ordering: .relaxed)
        window.end(.closed)
        channel.triggerUserOutboundEvent(PeerHandler.Command.abort(.closed), promise: nil)
    }

    var wasClosedHere: Bool { closedHere.load(ordering: .relaxed) }
}

extension SocketAddress {
    /// `host:port`, without NIO's decoration.
    var shown: String {
        guard let ipAddress, let port else { return description }
        return HostPort(host: ipAddress, port: port).description
    }
}
