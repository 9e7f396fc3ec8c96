package import LiandongCore
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Makes and takes connections between nodes: TCP with TLS 1.3, each end known by its node key and nothing else.
package final class PeerTransport: Sendable {
    package let node: NodeID
    package let limits: TransportLimits

    private let credentials: PeerCredentials
    /// All connections live on one loop: a node has a handful of peers, and their owner can live there too.
    private let eventLoop: any EventLoop

    /// - Parameters:
    ///   - seed: the 32 bytes the node key grows from.
    ///   - limits: bounds on what peers may take of this node.
    /// - Throws: what the TLS library says of the key.
    package init(seed: [UInt8], limits: TransportLimits = TransportLimits()) throws {
        self.limits = limits
        self.eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.executor = LoopExecutor(eventLoop)
        self.credentials = try PeerCredentials(seed: seed, limits: limits)
        self.node = credentials.node
    }

    /// Runs what owns the connections where their frames arrive and leave.
    package let executor: LoopExecutor

    // MARK: Dialling

    /// Connects to a node.
    ///
    /// - Parameter expected: the only key that is accepted there.
    /// - Throws: ``TransportError``: `unreachable`, `wrongKey` with both fingerprints, `handshakeTimedOut` …
    package func dial(_ address: HostPort, expecting expected: NodeID) async throws(TransportError) -> PeerConnection {
        let (credentials, limits) = (credentials, limits)
        let handshakes = Handshakes()
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(.init(limits.connectTimeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    handshakes[channel] = try channel.addPeerHandlers(
                        dialled: true,
                        expecting: expected,
                        credentials,
                        limits
                    )
                }
            }
        do {
            let channel = try await bootstrap.connect(host: address.host, port: address.port).get()
            channel.noticeDeadPeers()
            guard let handshake = handshakes[channel] else { throw TransportError.closed }
            return try await handshake.get()
        } catch let error as TransportError {
            throw error
        } catch {
            throw .unreachable(address.description, connectFailure(error))
        }
    }

    // MARK: Listening

    /// Takes connections of nodes, known or not, as long as they prove to hold the key they show.
    ///
    /// - Parameter address: port 0 takes one the system picks.
    /// - Throws: ``TransportError`` `cannotListen`.
    package func listen(on address: HostPort) async throws(TransportError) -> PeerListener {
        let arrivals = PeerArrivals(limits: limits)
        let (credentials, limits) = (credentials, limits)
        let bootstrap = ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = try arrivals.admit(channel)
                    let ready = try channel.addPeerHandlers(dialled: false, expecting: nil, credentials, limits)
                    ready.whenSuccess { arrivals.handshakeFinished(number, $0) }
                    channel.noticeDeadPeers()
                }
            }
        do {
            let channel = try await bootstrap.bind(host: address.host, port: address.port).get()
            return PeerListener(channel: channel, asked: address, arrivals: arrivals, executor: executor)
        } catch {
            throw .cannotListen(address, connectFailure(error))
        }
    }
}

/// The handshakes of one dialling: a host name may stand for several addresses, tried side by side.
private final class Handshakes: Sendable {
    private let futures = Mutex<[ObjectIdentifier: EventLoopFuture<PeerConnection>]>([:])

    subscript(channel: any Channel) -> EventLoopFuture<PeerConnection>? {
        get { futures.withLock { $0[ObjectIdentifier(channel)] } }
        set { futures.withLock { $0[ObjectIdentifier(channel)] = newValue } }
    }
}

extension Channel {
    /// Lays the pipeline of a peer: door, TLS, frames.
    ///
    /// - Returns: the connection once TLS is up.
    fileprivate func addPeerHandlers(
        dialled: Bool,
        expecting expected: NodeID?,
        _ credentials: PeerCredentials,
        _ limits: TransportLimits
    ) throws -> EventLoopFuture<PeerConnection> {
        let keyCheck = KeyCheck(expected: expected)
        let door = DoorHandler()
        let tls: NIOSSLHandler
        if dialled {
            tls = try NIOSSLClientHandler(
                context: credentials.client,
                serverHostname: nil,
                customVerificationCallback: keyCheck.verify
            )
        } else {
            tls = NIOSSLServerHandler(context: credentials.server, customVerificationCallback: keyCheck.verify)
        }
        let peer = PeerHandler(dialled: dialled, keyCheck: keyCheck, door: door, limits: limits)
        let ready = peer.promiseConnection(on: eventLoop)
        try pipeline.syncOperations.addHandlers([door, tls, peer])
        return ready
    }

    /// Has TCP give up on a peer that is gone: 10 s after data it does not acknowledge, or 13 s after it was last heard.
    ///
    /// A peer that is there but reads nothing for 10 s counts as gone too; credits keep a session from filling it so.
    fileprivate func noticeDeadPeers() {
        #if os(Linux)
        let options: [(name: CInt, value: Int)] = [
            (TCP_USER_TIMEOUT, 10_000), (TCP_KEEPIDLE, 4), (TCP_KEEPINTVL, 3), (TCP_KEEPCNT, 3),
        ]
        for (name, value) in options {
            let option = ChannelOptions.Types.SocketOption(
                level: .tcp,
                name: NIOBSDSocket.Option(rawValue: name)
            )
            // A socket that closed meanwhile refuses, and needs it no more.
            _ = setOption(option, value: value)
        }
        #endif
    }
}

/// What a failed connect says, in few words.
private func connectFailure(_ error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
        let causes = error.connectionErrors.map { connectFailure($0.error) }
        if let cause = causes.first { return cause }
        return (error.dnsAError ?? error.dnsAAAAError).map { "\($0)" } ?? "\(error)"
    case ChannelError.connectTimeout(let limit):
        return "no answer within \(limit.nanoseconds / 1_000_000) ms"
    case let error as IOError:
        return error.description
    default:
        return "\(error)"
    }
}
