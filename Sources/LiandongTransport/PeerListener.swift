import NIOCore
import Synchronization

/// A port on which connections of peers are taken.
package final class PeerListener: Sendable {
    /// Where it listens, with the port the system picked.
    package let address: HostPort
    /// Connections whose TLS is up, until ``close()``; one task takes them, or ``run(_:)`` does.
    ///
    /// Holds at most as many as are let in, ``TransportLimits/inboundConnections``.
    package let connections: AsyncStream<PeerConnection>

    private let channel: any Channel
    private let arrivals: PeerArrivals
    private let executor: LoopExecutor

    init(channel: any Channel, asked: HostPort, arrivals: PeerArrivals, executor: LoopExecutor) {
        let local = channel.localAddress
        self.address = HostPort(host: local?.ipAddress ?? asked.host, port: local?.port ?? asked.port)
        self.channel = channel
        self.arrivals = arrivals
        self.executor = executor
        self.connections = arrivals.connections
    }

    deinit { channel.close(promise: nil) }

    /// Inbound connections now, handshakes included.
    package var connectionCount: Int { arrivals.openCount }

    /// Gives each connection a session of its own, until ``close()`` and the last session's end, or until the task is
    /// cancelled, which ends the sessions too.
    ///
    /// - Parameter session: owns a connection from its start; when it returns the connection is closed.
    package func run(_ session: @escaping @Sendable (PeerConnection) async -> Void) async {
        await withDiscardingTaskGroup { group in
            for await connection in connections {
                group.addTask(executorPreference: executor) {
                    await session(connection)
                    await connection.close()
                }
            }
            if Task.isCancelled { group.cancelAll() }
        }
    }

    /// Stops listening and ends ``connections``; those taken go on.
    package func close() async {
        try? await channel.close().get()  // an error here means that it is closed already
        arrivals.finish()
    }
}

/// The inbound connections of one listener, from the socket to whoever takes them.
final class PeerArrivals: Sendable {
    let connections: AsyncStream<PeerConnection>

    private struct State {
        var admission: Admission
        var channels: [Admission.Number: any Channel] = [:]
    }

    private let limits: TransportLimits
    private let state: Mutex<State>
    private let continuation: AsyncStream<PeerConnection>.Continuation

    init(limits: TransportLimits) {
        self.limits = limits
        self.state = Mutex(State(admission: Admission(limits: limits)))
        (self.connections, self.continuation) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingNewest(limits.inboundConnections)
        )
    }

    var openCount: Int { state.withLock { $0.admission.openCount } }

    /// Lets a connection in, or throws it out.
    func admit(_ channel: any Channel) throws(TransportError) -> Admission.Number {
        let address = channel.remoteAddress?.ipAddress ?? ""
        let (number, evicted) = try state.withLock { state throws(TransportError) in
            switch state.admission.arrived(from: address, at: .now) {
            case .refused(let error):
                throw error
            case .admitted(let number, let evicting):
                state.channels[number] = channel
                return (number, evicting.flatMap { state.channels[$0] })
            }
        }
        evicted?.triggerUserOutboundEvent(
            PeerHandler.Command.abort(.tooManyConnections("handshakes at once", limit: limits.inboundHandshakes)),
            promise: nil
        )
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { state in
                state.channels[number] = nil
                state.admission.closed(number, at: .now)
            }
        }
        return number
    }

    func handshakeFinished(_ number: Admission.Number, _ connection: PeerConnection) {
        state.withLock { $0.admission.handshakeFinished(number) }
        continuation.yield(connection)
    }

    func finish() { continuation.finish() }
}
