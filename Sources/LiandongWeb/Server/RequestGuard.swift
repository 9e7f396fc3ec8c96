import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection whose request takes too long to arrive, or does not stop arriving.
///
/// A body beyond the limit is answered with 413 and then read on and dropped, so that the answer is not lost in a reset;
/// here is where that ends.
final class RequestGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private let limits: HTTPLimits
    private var deadline: Scheduled<Void>?
    private var bodyByteCount = 0

    init(limits: HTTPLimits) { self.limits = limits }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            bodyByteCount = 0
            let length = head.headerFields[.contentLength].flatMap { Int($0) }
            startDeadline(context, after: limits.readTimeout(ofByteCount: length))
        case .body(let bytes):
            bodyByteCount += bytes.readableBytes
            guard bodyByteCount <= max(limits.bodyBytes * 4, limits.uploadBytes * 2) else {
                context.close(promise: nil)
                return
            }
        case .end:
            stopDeadline()
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopDeadline()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stopDeadline()
    }

    private func startDeadline(_ context: ChannelHandlerContext, after timeout: TimeAmount) {
        stopDeadline()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            context.close(promise: nil)
        }
    }

    private func stopDeadline() {
        deadline?.cancel()
        deadline = nil
    }
}

@available(*, unavailable)
extension RequestGuard: Sendable {}
