import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongDomain
import LiandongWeb
import NIOCore
import Synchronization
import Testing

@Suite("Values in clear")
struct UnmaskingTests {
    private let access = MemoryAccess()
    private let cases = MemoryCases()
    private let secret = MemoryAccess.secret(9)

    private var face: HTTPFace.Server { .forTests(MemoryDesk(), cases: cases, access: access) }

    /// The same asked of the API and of the page.
    private func ask(_ client: some TestClientProtocol) async throws -> [TestResponse] {
        let cookie = "session=\(secret.text)"
        let api = try await client.execute(
            uri: "/api/v1/orders/1/requester",
            method: .post,
            headers: try Asked.json(["Cookie": cookie, "X-CSRF-Token": secret.formToken]),
            body: ByteBuffer(string: #"{"purpose":"call back"}"#)
        )
        let page = try await client.execute(
            uri: "/staff/orders/1/requester",
            method: .post,
            headers: try Asked.fields(["Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"]),
            body: ByteBuffer(string: "csrf=\(secret.formToken)&purpose=call+back")
        )
        return [api, page]
    }

    @Test("Nothing is shown before it is written down who saw it and what for")
    func noted() async throws {
        access.state.withLock { $0.sessions[secret] = MemoryAccess.anna }
        cases.state.withLock { $0.contact = Contact(name: "王秀英", phone: "13800000000") }
        try await face.test(.router) { client in
            for answer in try await ask(client) {
                #expect(answer.status == .ok)
                #expect(String(buffer: answer.body).contains("13800000000"))
                #expect(answer.headers[.cacheControl] == "no-store")
            }
            #expect(access.state.withLock(\.noted) == Array(repeating: "anna: requester for call back", count: 2))
            access.state.withLock { $0.refusal = AccessError.busy("the disk is full") }
            for answer in try await ask(client) {
                #expect(answer.status == .serviceUnavailable)
                let text = String(buffer: answer.body)
                #expect(!text.contains("13800000000") && !text.contains("王秀英"))
            }
        }
    }
}
