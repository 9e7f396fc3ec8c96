import NIOCore

/// Cuts a stream of bytes into frames: four bytes of length, most significant first, and so many bytes.
///
/// A length is judged before a byte is set aside for it.
struct FrameDecoder {
    private let handshakeLimit: Int
    private let limit: Int
    private var isRaised = false
    private var hasDelivered = false
    private var buffer = ByteBuffer()

    /// Whether a frame longer than the handshake allows waits for ``raiseLimit()``.
    ///
    /// The peer may have finished the handshake, and send on, before its last frame was looked at here. So once a
    /// first frame was delivered, a longer one is not refused but left where it is.
    private(set) var isHolding = false

    init(handshakeLimit: Int, limit: Int) {
        self.handshakeLimit = handshakeLimit
        self.limit = limit
    }

    mutating func raiseLimit() {
        isRaised = true
        isHolding = false
    }

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            if buffer.readerIndex > limit { buffer.discardReadBytes() }
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next whole frame; nil when more bytes or a higher limit are needed.
    mutating func next() throws(TransportError) -> [UInt8]? {
        guard !isHolding, let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
        guard length > 0 else { throw .emptyFrame }
        guard length <= limit else { throw .frameTooLarge(Int(length), limit: limit) }
        if !isRaised, length > handshakeLimit {
            guard hasDelivered else { throw .frameTooLarge(Int(length), limit: handshakeLimit) }
            isHolding = true
            return nil
        }
        guard buffer.readableBytes >= 4 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 4)
        hasDelivered = true
        return buffer.readBytes(length: Int(length))
    }

    /// The frames as they go on the wire.
    static func encode(_ frames: [[UInt8]], limit: Int) throws(TransportError) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(frames.reduce(0) { $0 + 4 + $1.count })
        for frame in frames {
            guard !frame.isEmpty else { throw .emptyFrame }
            guard frame.count <= limit, let length = UInt32(exactly: frame.count) else {
                throw .frameTooLarge(frame.count, limit: limit)
            }
            buffer.writeInteger(length)
            buffer.writeBytes(frame)
        }
        return buffer
    }
}
