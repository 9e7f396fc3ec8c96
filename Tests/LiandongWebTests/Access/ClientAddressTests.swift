import NIOCore
import Testing

@testable import LiandongWeb

@Suite("Where a request comes from")
struct ClientAddressTests {
    private func text(_ peer: String?, _ forwardedFor: [String] = [], trusting: Set<String> = []) throws -> String {
        let address = try peer.map { try SocketAddress(ipAddress: $0, port: 4_000) }
        return ClientAddress(trustedProxies: trusting).text(of: address, forwardedFor: forwardedFor)
    }

    @Test("An IPv4 address counts whole, of an IPv6 address what one household has")
    func networks() throws {
        #expect(try text("192.0.2.7") == "192.0.2.7")
        #expect(try text("2001:db8:1:2:3:4:5:6") == "20010db800010002::/64")
        #expect(try text("2001:db8:1:2::1") == text("2001:db8:1:2:ffff::"))
        #expect(try text("2001:db8:1:3::1") != text("2001:db8:1:2::1"))
        #expect(try text("::ffff:192.0.2.7") == "192.0.2.7")
        #expect(try text(nil) == "unknown")
    }

    @Test("What is said of others counts only from a proxy that is trusted, and only its own word")
    func proxies() throws {
        let trusted: Set<String> = ["10.0.0.1", "10.0.0.2"]
        #expect(try text("192.0.2.7", ["198.51.100.1"], trusting: trusted) == "192.0.2.7")
        #expect(try text("10.0.0.1", ["198.51.100.1"], trusting: []) == "10.0.0.1")
        #expect(try text("10.0.0.1", ["198.51.100.1"], trusting: trusted) == "198.51.100.1")
        #expect(try text("10.0.0.1", ["203.0.113.9, 198.51.100.1"], trusting: trusted) == "198.51.100.1")
        #expect(try text("10.0.0.1", ["203.0.113.9", "198.51.100.1,10.0.0.2"], trusting: trusted) == "198.51.100.1")
        #expect(try text("10.0.0.1", ["198.51.100.1, nonsense"], trusting: trusted) == "10.0.0.1")
        #expect(try text("10.0.0.1", [], trusting: trusted) == "10.0.0.1")
        #expect(try text("::ffff:10.0.0.1", ["198.51.100.1"], trusting: trusted) == "198.51.100.1")
        #expect(try text("10.0.0.1", ["198.51.100.1, ::ffff:10.0.0.2"], trusting: trusted) == "198.51.100.1")
        #expect(try text("10.0.0.1", ["198.51.100.1"], trusting: ["::ffff:10.0.0.1"]) == "198.51.100.1")
        #expect(try text("10.0.0.1", ["2001:db8::9"], trusting: trusted) == "20010db800000000::/64")
    }
}
