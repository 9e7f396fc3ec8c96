import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Answers the command line on the node's Unix socket.
struct AdminService: ServiceLifecycle.Service {
    let node: Node

    func run() async throws {
        let path = try node.folder.safeAdminSocket().path
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        await cancelWhenGracefulShutdown {
            do {
                try await withThrowingDiscardingTaskGroup { group in
                    try await server.executeThenClose { clients in
                        for try await client in clients {
                            group.addTask { await serve(client) }
                        }
                    }
                }
            } catch is CancellationError {
                // That is how it is ended.
            } catch {
                node.logger.error("admin socket failed", metadata: ["error": "\(error)"])
            }
        }
    }

    /// One client: a line in, a line out, until it goes.
    private func serve(_ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        guard await isOwner(client.channel) else {
            try? await client.channel.close()
            return
        }
        do {
            try await client.executeThenClose { inbound, outbound in
                var waiting = ByteBuffer()
                for try await var part in inbound {
                    waiting.writeBuffer(&part)
                    guard waiting.readableBytes <= AdminLimits.requestByteLimit else { return }
                    while let end = waiting.readableBytesView.firstIndex(of: 0x0A) {
                        let line = waiting.readBytes(length: end - waiting.readerIndex) ?? []
                        waiting.moveReaderIndex(forwardBy: 1)
                        var answer = ByteBuffer(bytes: await answer(Data(line)))
                        answer.writeInteger(UInt8(0x0A))
                        try await outbound.write(answer)
                    }
                }
            }
        } catch {
            node.logger.debug("admin client gone", metadata: ["error": "\(error)"])
        }
    }

    private func answer(_ line: Data) async -> Data {
        let answer: AdminAnswer
        do {
            let request = try JSONDecoder().decode(AdminRequest.self, from: line)
            answer = AdminAnswer(report: try await AdminDesk(node: node).report(request))
        } catch let error as DecodingError {
            answer = AdminAnswer(error: NodeError(.usage, "the request cannot be read: \(error)"))
        } catch {
            answer = AdminAnswer(error: NodeError(error))
        }
        return (try? JSONEncoder().encode(answer)) ?? Data()
    }

    /// Only the node's own user and root may speak here, whatever the file's mode has become.
    private func isOwner(_ channel: any Channel) async -> Bool {
        #if os(Linux)
        guard let provider = channel as? any SocketOptionProvider else { return false }
        let credentials: EventLoopFuture<SocketPeer> = provider.unsafeGetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        )
        guard let peer = try? await credentials.get() else { return false }
        return peer.uid == 0 || peer.uid == geteuid()
        #else
        return true
        #endif
    }
}

/// What Linux tells of the process at a Unix socket's other end: `struct ucred` of unix(7).
private struct SocketPeer: Sendable {
    let pid: Int32
    let uid: UInt32
    let gid: UInt32
}
