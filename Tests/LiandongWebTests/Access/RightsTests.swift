import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongWeb
import Testing

@Suite("What a visitor may")
struct RightsTests {
    private func staff(_ roles: Set<StaffRole>, way: StaffMember.Way = .session) -> Visitor {
        .staff(StaffMember(account: "anna", name: "安娜", roles: roles, scope: PlaceID(raw: 2), way: way))
    }

    /// A district 1 with the streets 2 and 3, and a community 4 in street 2.
    private func town() throws -> AuthorityState {
        let (root, signer) = (SigningKey.generate().signer, SigningKey.generate().signer)
        var authority = AuthorityState()
        func place(_ id: UInt64, _ tier: Tier, _ parent: UInt64?) -> Place {
            Place(
                id: PlaceID(raw: id),
                tier: tier,
                parent: parent.map(PlaceID.init(raw:)),
                code: "\(id)",
                name: "\(id)"
            )
        }
        let first = AuthorityEntryContent.Body.genesis(
            root: root.publicKey,
            signer: try #require(NodeID(signer.publicKey)),
            district: place(1, .district, nil)
        )
        let rest = [place(2, .street, 1), place(3, .street, 1), place(4, .community, 2)]
        for body in [first] + rest.map({ .place($0) }) {
            let entry = try SignedAuthorityEntry(
                cluster: ClusterID(root: root.publicKey, .sodium),
                height: authority.height + 1,
                previous: authority.head,
                time: Instant(milliseconds: 0),
                body: body,
                signer: authority.height == 0 ? root : signer
            )
            try authority.apply(entry, .sodium)
        }
        return authority
    }

    @Test("A scope is a place and all under it, and nobody but staff has one")
    func scope() throws {
        let authority = try town()
        func seen(by visitor: Visitor) -> [UInt64] {
            (1...5).filter { visitor.sees(PlaceID(raw: $0), authority) }
        }
        #expect(seen(by: staff([.clerk])) == [2, 4])
        #expect(seen(by: .anyone) == [])
        #expect(Problem.missing("order").status == 404)
    }

    @Test("Nobody, the wrong role and a token without the scope are refused each in their own way")
    func requiring() throws {
        let read = TokenScope(.orders, .read)
        #expect(throws: Problem.signInFirst) { try Visitor.anyone.requireStaff(token: read) }
        #expect(try staff([.clerk]).requireStaff(token: nil).account == "anna")
        #expect(try staff([.clerk]).requireStaff([.clerk, .mediator], token: nil).account == "anna")
        let role = #expect(throws: Problem.self) { try staff([.gridWorker]).requireStaff([.clerk], token: nil) }
        #expect(role?.status == 403 && role?.type == "urn:liandong:access:role")
        #expect(throws: Problem.self) { try staff([]).requireStaff([.clerk], token: nil) }
        func token(_ scopes: TokenScope...) -> Visitor { staff([.clerk], way: .token(id: "t", scopes: Set(scopes))) }
        #expect(throws: Problem.self) { try token(read).requireStaff(token: nil) }
        #expect(throws: Problem.self) { try token(TokenScope(.residents, .write)).requireStaff(token: read) }
        #expect(throws: Problem.self) { try token(read).requireStaff(token: TokenScope(.orders, .write)) }
        #expect(try token(read).requireStaff(token: read).account == "anna")
        #expect(try token(TokenScope(.orders, .write)).requireStaff(token: read).account == "anna")
    }

    @Test("Scopes are words, and others are none", arguments: TokenScope.all)
    func scopes(scope: TokenScope) {
        #expect(TokenScope("\(scope)") == scope)
        #expect(TokenScope("\(scope) ") == nil && TokenScope("\(scope.area)") == nil && TokenScope(":read") == nil)
    }

    @Test("What the domain refuses is a problem by its code", arguments: Refusal.Code.allCases)
    func refusals(code: Refusal.Code) throws {
        let key = try #require(Refusal.Key.allCases.first { $0.message.code == code })
        let refusal = Refusal(key, ["a", "b", "c", "d"])
        let problem = Problem(refusal)
        #expect(problem.type.hasPrefix("urn:liandong:refusal:"))
        #expect((400...503).contains(problem.status) && problem.status != 500)
        #expect(problem.detail == refusal.reason && problem.wayOut == refusal.wayOut)
        #expect(problem.response.headers[.contentType] == "application/problem+json")
    }

    @Test("A secret is 43 characters and back, and shows itself nowhere")
    func secrets() throws {
        let secret = MemoryAccess.secret(200)
        #expect(secret.text.count == 43 && SessionSecret(text: secret.text) == secret)
        #expect(SessionSecret(token: secret.token) == secret)
        #expect(SessionSecret(token: secret.text) == nil && SessionSecret(text: secret.text + "=") == nil)
        #expect(SessionSecret(text: String(repeating: "!", count: 43)) == nil && SessionSecret([1]) == nil)
        #expect(!"\(secret)".contains(secret.text) && secret.formToken != secret.text)
        #expect(secret.digest.count == 32)
        #expect(secret.admits(formToken: secret.formToken))
        #expect(!MemoryAccess.secret(201).admits(formToken: secret.formToken))
    }
}
