import Foundation
import LiandongCore
import LiandongSigning
import Testing

@testable import LiandongNode

@Suite("Join tokens")
struct JoinTokenTests {
    private func token() throws -> JoinToken {
        let root = SigningKey.generate()
        return JoinToken(
            cluster: ClusterID(root: root.publicKey, .sodium),
            parent: NodeKeys.generate().nodeID,
            addresses: ["10.0.0.1:7001", "[2001:db8::1]:7001"],
            secret: SigningKey.generate().seed,
            expires: Instant(milliseconds: 1_800_000_000_000),
            name: "城东街道",
            placeCode: "441202001000",
            root: root.publicKey
        )
    }

    @Test("What is printed reads back, blanks around it left out")
    func roundTrip() throws {
        let token = try token()
        #expect(token.text.hasPrefix("ldj1."))
        #expect(try JoinToken("  \(token.text)\n") == token)
    }

    @Test("Its text is the one of docs/protocol/golden/signed.txt, and that reads back")
    func golden() throws {
        let root = try SigningKey(seed: [UInt8](repeating: 200, count: 32)).publicKey
        let token = JoinToken(
            cluster: ClusterID(root: root, .sodium),
            parent: try #require(NodeID(try SigningKey(seed: [UInt8](repeating: 1, count: 32)).publicKey)),
            addresses: ["192.0.2.1:7311"],
            secret: [UInt8](repeating: 3, count: 32),
            expires: Instant(milliseconds: 1_700_086_400_123),
            name: "East Gate 1",
            placeCode: "441202001001",
            root: root
        )
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/protocol/golden/signed.txt")
        let line = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
            .first { $0.hasPrefix("join token, as text = ") }
        #expect(line == "join token, as text = \(hexadecimal(Array(token.text.utf8)))")
        #expect(try JoinToken(token.text) == token)
    }

    @Test("A token that was cut short or mistyped is refused, never trapped on")
    func damaged() throws {
        let text = try token().text
        for count in 0..<text.count {
            #expect(throws: NodeError.self) { try JoinToken(String(text.prefix(count))) }
        }
        #expect(throws: NodeError.self) { try JoinToken("ldj2." + text.dropFirst(5)) }
        #expect(throws: NodeError.self) { try JoinToken("ldj1.!!!!") }
    }

    @Test("A token whose cluster is not its root key's is refused by that name")
    func foreignRoot() throws {
        let (a, b) = (try token(), try token())
        let forged = JoinToken(
            cluster: a.cluster,
            parent: a.parent,
            addresses: a.addresses,
            secret: a.secret,
            expires: a.expires,
            name: a.name,
            placeCode: a.placeCode,
            root: b.root
        )
        #expect { try JoinToken(forged.text) } throws: { ($0 as? NodeError)?.code == .refused }
    }
}
