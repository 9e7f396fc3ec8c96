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
