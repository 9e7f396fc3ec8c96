import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongWeb
import NIOCore
import Synchronization
import Testing

@Suite("Server-sent events")
struct EventTests {
    private let cases = MemoryCases()
    private let access = MemoryAccess()
    private let path = "/api/v1/events"
    private let secret = MemoryAccess.secret(1)

    private var face: HTTPFace.Server { .forTests(MemoryDesk(), cases: cases, access: access) }
    private var cookie: HTTPFields { [.cookie: "session=\(secret.text)"] }

    private func signIn() { access.state.withLock { $0.sessions[secret] = MemoryAccess.anna } }

    private func listen(_ headers: HTTPFields) async throws -> TestResponse {
        try await face.test(.router) { try await $0.execute(uri: path, method: .get, headers: headers) }
    }

    @Test("Tells kind and id of what changed, that more did, and that nothing does; it writes something each time")
    func stream() async throws {
        signIn()
        cases.state.withLock {
            $0.news = [
                .changed([Change(.order, "4412"), Change(.alarm, "a\"b")]), .changed([]), .quiet, .resync,
            ]
        }
        let answer = try await listen(cookie)
        #expect(answer.status == .ok)
        #expect(answer.headers[.contentType] == "text/event-stream" && answer.headers[.cacheControl] == "no-store")
        #expect(
            String(buffer: answer.body) == """
                retry: 3000

                event: changed
                data: {"kind":"order","id":"4412"}

                event: changed
                data: {"kind":"alarm","id":"a\\"b"}

                :

                : nothing changed

                event: resync
                data: {}


                """
        )
        #expect(cases.state.withLock(\.listened) == [Set(Change.Kind.allCases).subtracting([.resident])])
    }

    @Test("Nobody else listens; a token hears what it may read, and one that may read nothing of it is refused")
    func rights() async throws {
        #expect(try await listen([:]).status == .unauthorized)
        func token(_ scopes: Set<TokenScope>) async throws -> HTTPResponse.Status {
            let staff = StaffMember(
                account: "p",
                name: "p",
                roles: [.clerk],
                scope: PlaceID(raw: 7),
                way: .token(id: "t", scopes: scopes)
            )
            access.state.withLock { $0.tokens[secret] = staff }
            return try await listen([.authorization: "Bearer \(secret.token)"]).status
        }
        #expect(try await token([TokenScope(.status, .read)]) == .forbidden)
        #expect(try await token([TokenScope(.orders, .write), TokenScope(.alarms, .read)]) == .ok)
        #expect(cases.state.withLock(\.listened) == [[.order, .alarm]])
    }

    @Test("What a session that ended would hear is not sent, and listening keeps no session alive")
    func ended() async throws {
        signIn()
        cases.state.withLock { $0.listener = EndingListener(access, secret) }
        let answer = try await listen(cookie)
        #expect(String(buffer: answer.body) == "retry: 3000\n\nevent: resync\ndata: {}\n\n")
        #expect(access.state.withLock(\.uses).allSatisfy { !$0 })
    }

    @Test("A page that asks by itself is no use of the session; one that somebody asks for is")
    func uses() async throws {
        signIn()
        try await face.test(.router) { client in
            var refreshing = cookie
            refreshing[try #require(HTTPField.Name("Live-Refresh"))] = "1"
            for (headers, isUse) in [(refreshing, false), (cookie, true)] as [(HTTPFields, Bool)] {
                access.state.withLock { $0.uses = [] }
                let page = try await client.execute(uri: "/staff", method: .get, headers: headers)
                #expect(page.status == .ok)
                #expect(access.state.withLock(\.uses) == [isUse])
            }
        }
    }

    @Test("Of registrations they alone hear who may read them", arguments: StaffRole.allCases)
    func roles(role: StaffRole) async throws {
        let anna = MemoryAccess.anna
        let staff = StaffMember(
            account: anna.account,
            name: anna.name,
            roles: [role],
            scope: anna.scope,
            way: anna.way
        )
        access.state.withLock { $0.sessions[secret] = staff }
        cases.state.withLock { $0.news = [.resync] }
        #expect(try await listen(cookie).status == .ok)
        let kinds = try #require(cases.state.withLock(\.listened)?.last)
        #expect(kinds.contains(.resident) == (role == .register) && kinds.contains(.order))
    }

    @Test("When too many listen, one more is told so and when to try again")
    func full() async throws {
        signIn()
        cases.state.withLock { $0.listened = nil }
        let answer = try await listen(cookie)
        #expect(answer.status == .serviceUnavailable && answer.headers[.retryAfter] == "30")
        #expect(String(buffer: answer.body).contains("too many listen"))
    }
}

/// Ends the session behind it as it tells of the second change.
private final class EndingListener: ChangeListener {
    private let access: MemoryAccess
    private let secret: SessionSecret
    private let rest = MemoryListener([.resync, .resync, .resync])

    init(_ access: MemoryAccess, _ secret: SessionSecret) {
        self.access = access
        self.secret = secret
    }

    func next(within limit: Duration) async throws -> ChangeNews? {
        let news = try await rest.next(within: limit)
        let looks = access.state.withLock(\.uses).count
        // The first look was the request's own, the next the first change's.
        if looks >= 2 { access.state.withLock { $0.sessions[secret] = nil } }
        return news
    }
}
