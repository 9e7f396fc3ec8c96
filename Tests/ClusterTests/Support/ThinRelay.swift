import NIOCore
import NIOPosix

/// A link between two nodes that carries so many bytes a second each way, and each a while later.
///
/// It stands between a node and those who dial it. What it has not carried yet it does not read, so that what is sent
/// too fast lies in the buffers of the sender's own system, as before any slow line.
final class ThinRelay: Sendable {
    let address: String
    private let listener: any Channel

    private init(_ listener: any Channel) {
        self.listener = listener
        self.address = "127.0.0.1:\(listener.localAddress?.port ?? 0)"
    }

    /// A port of loopback that nobody listened on a moment ago.
    static func freePort() async throws -> Int {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await listener.close().get()
        return port
    }

    /// - Parameters:
    ///   - ownPort: where it listens on loopback.
    ///   - port: where the node behind it does.
    static func start(at ownPort: Int, to port: Int, bytesPerSecond: Int, delay: TimeAmount) async throws -> ThinRelay {
        let group = MultiThreadedEventLoopGroup.singleton.next()
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1_024))
            .childChannelInitializer { near in
                ClientBootstrap(group: near.eventLoop)
                    .channelOption(.autoRead, value: false)
                    .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1_024))
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { far in
                        try near.pipeline.syncOperations.addHandler(OneWay(to: far, bytesPerSecond, delay))
                        try far.pipeline.syncOperations.addHandler(OneWay(to: near, bytesPerSecond, delay))
                    }
            }
            .bind(host: "127.0.0.1", port: ownPort).get()
        return ThinRelay(listener)
    }

    func stop() async { try? await listener.close().get() }

    /// One direction of one connection.
    private final class OneWay: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let target: any Channel
        private let bytesPerSecond: Int
        private let delay: TimeAmount
        /// When the line is free again.
        private var freeAt: NIODeadline = .now()

        init(to target: any Channel, _ bytesPerSecond: Int, _ delay: TimeAmount) {
            self.target = target
            self.bytesPerSecond = bytesPerSecond
            self.delay = delay
        }

        func handlerAdded(context: ChannelHandlerContext) {
            if context.channel.isActive { context.read() }
        }

        func channelActive(context: ChannelHandlerContext) {
            context.fireChannelActive()
            context.read()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            let time = TimeAmount.nanoseconds(Int64(bytes.readableBytes) * 1_000_000_000 / Int64(bytesPerSecond))
            freeAt = max(freeAt, .now()) + time
            let target = target
            let channel = context.channel
            context.eventLoop.scheduleTask(deadline: freeAt + delay) { target.writeAndFlush(bytes, promise: nil) }
            context.eventLoop.scheduleTask(deadline: freeAt) { channel.read() }
        }

        func channelInactive(context: ChannelHandlerContext) {
            // What is on the line still arrives.
            let target = target
            context.eventLoop.scheduleTask(deadline: max(freeAt, .now()) + delay) { target.close(promise: nil) }
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
