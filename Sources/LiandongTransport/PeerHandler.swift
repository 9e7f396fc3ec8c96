import LiandongCore
import NIOCore
import NIOSSL
import NIOTLS

/// First in the pipeline, before TLS: closes the socket without TLS's goodbye, which a stalling peer would stall too.
final class DoorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func slam() { context?.close(promise: nil) }
}

/// The key a peer shows during the handshake, and what is made of it.
final class KeyCheck {
    private let expected: NodeID?
    private(set) var peer: NodeID?
    private(set) var refusal: TransportError?

    /// - Parameter expected: nil to take any node.
    init(expected: NodeID?) { self.expected = expected }

    func verify(_ certificates: [NIOSSLCertificate], _ answer: EventLoopPromise<NIOSSLVerificationResult>) {
        guard let presented = certificates.first.flatMap({ NodeID($0) }) else {
            refusal = .noKey
            return answer.succeed(.failed)
        }
        if let expected, presented != expected {
            refusal = .wrongKey(expected: expected, presented: presented)
            return answer.succeed(.failed)
        }
        peer = presented
        answer.succeed(.certificateVerified)
    }
}

/// Last in the pipeline: from TLS records to frames in the inbox, with the handshake's limits.
final class PeerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the connection's owner asks of the event loop.
    enum Command: Sendable {
        case raiseFrameLimit
        case readOn
        /// End at once, with this error.
        case abort(TransportError)
    }

    let inbox: FrameInbox
    let window: SendWindow

    private let dialled: Bool
    private let keyCheck: KeyCheck
    private let door: DoorHandler
    private let limits: TransportLimits
    private var decoder: FrameDecoder
    private var arrived: [[UInt8]] = []
    private var ready: EventLoopPromise<PeerConnection>?
    private weak var connection: PeerConnection?
    private var deadline: Scheduled<Void>?
    private var error: TransportError?
    private var isReadingStopped = false
    private var isReadWanted = false

    init(dialled: Bool, keyCheck: KeyCheck, door: DoorHandler, limits: TransportLimits) {
        self.dialled = dialled
        self.keyCheck = keyCheck
        self.door = door
        self.limits = limits
        self.decoder = FrameDecoder(handshakeLimit: limits.handshakeFrame, limit: limits.frame)
        self.inbox = FrameInbox(limit: limits.receiveQueue)
        self.window = SendWindow(limit: limits.sendQueue)
    }

    /// Makes the promise of a connection, kept when TLS is up and failed when it will not be; asked for once.
    func promiseConnection(on eventLoop: any EventLoop) -> EventLoopFuture<PeerConnection> {
        let promise = eventLoop.makePromise(of: PeerConnection.self)
        ready = promise
        return promise.futureResult
    }

    // MARK: Handshake

    func channelActive(context: ChannelHandlerContext) {
        startDeadline(context)
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.handshakeCompleted) = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        stopDeadline()
        guard let peer = keyCheck.peer else { return end(.noKey, context) }
        let connection = PeerConnection(
            peer: peer,
            dialled: dialled,
            channel: context.channel,
            inbox: inbox,
            window: window,
            limits: limits
        )
        self.connection = connection
        ready?.succeed(connection)
        ready = nil
    }

    private func startDeadline(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let limit = limits.handshakeTimeout
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .init(limit)) {
            self.end(.handshakeTimedOut(after: limit), context)
        }
    }

    private func stopDeadline() {
        deadline?.cancel()
        deadline = nil
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard error == nil else { return }
        let bytes = unwrapInboundIn(data)
        connection?.received(bytes.readableBytes)
        decoder.append(bytes)
        decode(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        deliver()
        context.fireChannelReadComplete()
    }

    /// Asked for after every read; passed on unless there is enough to do.
    func read(context: ChannelHandlerContext) {
        if isReadingStopped || decoder.isHolding {
            isReadWanted = true
        } else {
            context.read()
        }
    }

    private func decode(_ context: ChannelHandlerContext) {
        do {
            while let frame = try decoder.next() { arrived.append(frame) }
            if decoder.isHolding, deadline == nil { startDeadline(context) }
        } catch {
            end(error, context)
        }
    }

    private func deliver() {
        guard !arrived.isEmpty else { return }
        isReadingStopped = !inbox.deliver(arrived)
        arrived = []
    }

    private func readOn(_ context: ChannelHandlerContext) {
        guard isReadWanted, !isReadingStopped, !decoder.isHolding else { return }
        isReadWanted = false
        context.read()
    }

    // MARK: The owner's wishes

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard let command = event as? Command else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        promise?.succeed()
        switch command {
        case .raiseFrameLimit:
            stopDeadline()
            decoder.raiseLimit()
            decode(context)
            deliver()
            readOn(context)
        case .readOn:
            isReadingStopped = false
            readOn(context)
        case .abort(let error):
            end(error, context)
        }
    }

    // MARK: The end

    /// Ends the connection for a fault; what arrived before it is still delivered.
    private func end(_ reason: TransportError, _ context: ChannelHandlerContext) {
        note(reason)
        stopDeadline()
        deliver()
        door.slam()
    }

    /// The first fault is the cause, the rest are its echoes.
    private func note(_ reason: TransportError) {
        if error == nil { error = reason }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let reason = keyCheck.refusal ?? TransportError(error)
        // A refusal is told to the peer by TLS's own alert, so that one closes in order.
        note(reason)
        deliver()
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopDeadline()
        deliver()
        window.end(error ?? .closed)
        inbox.end(connection?.wasClosedHere == true ? nil : error)
        failReady()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // Reached without `channelInactive` when the channel never became active.
        window.end(error ?? .closed)
        inbox.end(error)
        failReady()
    }

    private func failReady() {
        ready?.fail(error ?? keyCheck.refusal ?? .handshakeFailed("the peer closed the connection"))
        ready = nil
    }
}

extension TransportError {
    /// What a channel's error means here.
    init(_ error: any Error) {
        switch error {
        case let error as TransportError:
            self = error
        case NIOSSLError.handshakeFailed(let cause):
            self = .handshakeFailed("\(cause)")
        case NIOSSLError.uncleanShutdown:
            self = .connectionLost("the peer went without TLS's goodbye")
        default:
            self = .connectionLost("\(error)")
        }
    }
}
