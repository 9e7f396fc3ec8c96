import Foundation
import LiandongCore
import NIOCore

/// Where a request comes from, as failures are counted by it.
struct ClientAddress: Sendable {
    /// IP addresses of proxies whose word on whom they speak for is taken.
    let trustedProxies: Set<String>

    /// The peer's address; behind a trusted proxy, the last address it names that is no trusted proxy's itself.
    ///
    /// - Parameter forwardedFor: `X-Forwarded-For`, one value a field.
    func text(of peer: SocketAddress?, forwardedFor: [String]) -> String {
        guard let peer, let own = peer.ipAddress else { return "unknown" }
        guard trustedProxies.contains(own) else { return ClientAddress.network(of: peer) }
        let named = forwardedFor.joined(separator: ",").split(separator: ",").map { String($0.filter { $0 != " " }) }
        for text in named.reversed() where !trustedProxies.contains(text) {
            guard let address = try? SocketAddress(ipAddress: text, port: 0) else { break }
            return ClientAddress.network(of: address)
        }
        return ClientAddress.network(of: peer)
    }

    /// An IPv4 address, or the 64 bits of an IPv6 address that one household has for itself.
    private static func network(of address: SocketAddress) -> String {
        guard let text = address.ipAddress else { return "unknown" }
        guard case .v6 = address else { return text }
        var bytes = [UInt8](repeating: 0, count: 16)
        // What follows a percent sign is the interface.
        guard unsafe inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &bytes) == 1 else { return text }
        let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
        if bytes.starts(with: mapped) { return bytes.dropFirst(12).map { "\($0)" }.joined(separator: ".") }
        return hexadecimal(bytes.prefix(8)) + "::/64"
    }
}
