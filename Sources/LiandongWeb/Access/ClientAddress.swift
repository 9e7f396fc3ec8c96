import Foundation
import LiandongCore
import NIOCore

/// Where a request comes from, as failures are counted by it.
struct ClientAddress: Sendable {
    /// IP addresses of proxies whose word on whom they speak for is taken.
    private let trustedProxies: Set<String>

    init(trustedProxies: Set<String>) { self.trustedProxies = Set(trustedProxies.map(ClientAddress.plain)) }

    /// The peer's address; behind a trusted proxy, the last address it names that is no trusted proxy's itself.
    ///
    /// - Parameter forwardedFor: `X-Forwarded-For`, one value a field.
    func text(of peer: SocketAddress?, forwardedFor: [String]) -> String {
        guard let peer, let own = peer.ipAddress else { return "unknown" }
        guard trustedProxies.contains(ClientAddress.plain(own)) else { return ClientAddress.network(of: peer) }
        let named = forwardedFor.joined(separator: ",").split(separator: ",").map { String($0.filter { $0 != " " }) }
        for text in named.reversed() where !trustedProxies.contains(ClientAddress.plain(text)) {
            guard let address = try? SocketAddress(ipAddress: text, port: 0) else { break }
            return ClientAddress.network(of: address)
        }
        return ClientAddress.network(of: peer)
    }

    /// An IPv4 address, or the 64 bits of an IPv6 address that one household has for itself.
    private static func network(of address: SocketAddress) -> String {
        guard let text = address.ipAddress else { return "unknown" }
        guard let bytes = sixteenBytes(text), mapped(bytes) == nil else { return plain(text) }
        return hexadecimal(bytes.prefix(8)) + "::/64"
    }

    /// An address as it is compared: one of IPv4 that came through a socket of IPv6 as itself.
    private static func plain(_ text: String) -> String { sixteenBytes(text).flatMap(mapped) ?? text }

    private static func sixteenBytes(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        // What follows a percent sign is the interface.
        return unsafe inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &bytes) == 1 ? bytes : nil
    }

    private static func mapped(_ bytes: [UInt8]) -> String? {
        let prefix: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
        guard bytes.starts(with: prefix) else { return nil }
        return bytes.dropFirst(prefix.count).map { "\($0)" }.joined(separator: ".")
    }
}
