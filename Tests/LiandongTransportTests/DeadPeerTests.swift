import Foundation
import Glibc
import LiandongCore
import NIOCore
import Testing

@testable import LiandongTransport

@Suite("Dead peers")
struct DeadPeerTests {
    @Test("Both ends have TCP find a dead peer within 15 s")
    func socketOptions() async throws {
        let pair = try await ConnectedPair()
        for connection in [pair.dialling, pair.accepting] {
            for (name, value) in [(TCP_USER_TIMEOUT, 10_000), (TCP_KEEPIDLE, 4), (TCP_KEEPINTVL, 3), (TCP_KEEPCNT, 3)] {
                let option = ChannelOptions.Types.SocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: name))
                #expect(try await connection.channel.getOption(option).get() == value)
            }
            #expect(try await connection.channel.getOption(.socketOption(.so_keepalive)).get() == 1)
            #expect(try await connection.channel.getOption(.tcpOption(.tcp_nodelay)).get() == 1)
        }
        await pair.close()
    }

    @Test("Bytes of a frame are counted before it is whole") func partOfAFrame() async throws {
        let pair = try await ConnectedPair()
        pair.accepting.raiseFrameLimit()
        for (sent, total) in [([0, 1, 0, 0], 4), ([1, 2, 3], 7), ([4], 8)] as [([UInt8], UInt64)] {
            try await pair.dialling.channel.writeAndFlush(ByteBuffer(bytes: sent)).get()
            #expect(await eventually { pair.accepting.bytesReceived == total })
        }
        async let frame = pair.accepting.take(1)
        try await pair.dialling.channel.writeAndFlush(ByteBuffer(repeating: 9, count: 65_536 - 4)).get()
        #expect(try await frame == [[1, 2, 3, 4] + [UInt8](repeating: 9, count: 65_536 - 4)])
        await pair.close()
    }

    /// A shell command that makes packets vanish, as a cut cable does; only for a network namespace of the test's own.
    private static let cut = ProcessInfo.processInfo.environment["LIANDONG_CUT"]

    /// Run as root in a namespace of its own.
    ///
    /// ```
    /// export LIANDONG_CUT="nft add table inet cut && nft add chain inet cut in '{ type filter hook input priority 0; policy drop; }'"
    /// unshare -n sh -c 'ip link set lo up && swift test --filter DeadPeerTests'
    /// ```
    @Test("A cut link is noticed within 15 s, by an end that sends and by one that does not", .enabled(if: cut != nil))
    func cutLink() async throws {
        let pair = try await ConnectedPair()
        try await pair.dialling.send([[1]])
        #expect(try await pair.accepting.take(1) == [[1]])
        let shell = try Process.run(URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", DeadPeerTests.cut ?? "false"])
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        let clock = ContinuousClock()
        let start = clock.now
        try await pair.dialling.send([[2]])
        async let sending = pair.dialling.takeToEnd()
        async let idle = pair.accepting.takeToEnd()
        let ends = await (sending, idle)
        #expect(ends.0.error?.code == .connectionLost)
        #expect(ends.1.error?.code == .connectionLost)
        #expect(clock.now - start < .seconds(15))
        await pair.close()
    }
}
