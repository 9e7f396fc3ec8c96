import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongDomain
import NIOCore
import Synchronization
import Testing

@testable import LiandongWeb

/// Photos in forms, on pages and in the API, over a desk that keeps what it is given.
@Suite("Photos at the faces")
struct PhotoPageTests {
    let cases = MemoryCases()
    let access = MemoryAccess()
    let secret = MemoryAccess.secret(1)
    let number = "4412020010010126112200001"
    let digest = String(repeating: "0b", count: 32)
    let record: RecordID

    init() throws {
        record = try #require(RecordID([UInt8](repeating: 7, count: 16)))
        let order = try Sample.order(number, record, digest)
        let hash = try #require(Hash(hexadecimal: digest))
        let bytes = Sample.jpeg()
        cases.state.withLock { [record] state in
            state.order = order
            state.requested = record
            state.photo = PhotoFile(digest: hash, type: .jpeg, byteCount: bytes.count, partCount: 2) { index in
                index == 0 ? Array(bytes.prefix(10)) : Array(bytes.dropFirst(10))
            }
        }
    }

    var face: HTTPFace.Server { .forTests(MemoryDesk(), cases: cases, access: access) }

    var added: [(photo: Photo, order: RecordID, performer: Performer)] { cases.state.withLock(\.added) }

    func signIn(_ roles: Set<StaffRole> = [.gridWorker]) {
        let staff = StaffMember(account: "anna", name: "安娜", roles: roles, scope: PlaceID(raw: 7), way: .session)
        access.state.withLock { $0.sessions[secret] = staff }
    }

    private func receiptIsReady() {
        let receipt = HandIn.Receipt(
            record: "\(record)",
            number: number,
            queryCode: "12345678",
            holder: "1",
            offeredTo: nil
        )
        cases.state.withLock { $0.receipt = receipt }
    }

    /// Sends a form with files, as a browser does.
    func send(
        _ path: String,
        _ fields: [(String, String)],
        photos: [[UInt8]] = [],
        as part: String = "photo",
        headers: HTTPFields = [:],
        _ client: some TestClientProtocol
    ) async throws -> TestResponse {
        var body = ByteBuffer()
        for (name, value) in fields {
            body.writeString("--bound\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n")
        }
        for photo in photos {
            body.writeString("--bound\r\nContent-Disposition: form-data; name=\"\(part)\"; filename=\"IMG.jpg\"\r\n")
            body.writeString("Content-Type: image/jpeg\r\n\r\n")
            body.writeBytes(photo)
            body.writeString("\r\n")
        }
        body.writeString("--bound--\r\n")
        var headers = headers
        headers[.contentType] = "multipart/form-data; boundary=bound"
        headers[.contentLength] = "\(body.readableBytes)"
        return try await client.execute(uri: path, method: .post, headers: headers, body: body)
    }

    private func token(_ html: String) -> String? {
        html.firstMatch(of: /name="photos" value="([^"]+)"/).map { String($0.1) }
    }

    /// The page without its frame, which tells its own address.
    private func main(_ answer: TestResponse) -> String? {
        String(buffer: answer.body).components(separatedBy: "<main id=\"main\">").last?
            .components(separatedBy: "</main>").first
    }

    private let request = [("service_code", "0301"), ("description", "路灯<不>亮"), ("address_string", "东一路")]

    // MARK: Handing in

    @Test("Photos chosen in the form stay over the preview and a change, and are handed in without what cameras wrote")
    func handIn() async throws {
        receiptIsReady()
        try await face.test(.router) { client in
            let preview = try await send(
                "/request",
                request + [("step", "preview")],
                photos: [Sample.jpeg(Sample.comment), [], Sample.jpeg([], filling: 3_000_000)],
                client
            )
            #expect(preview.status == .ok)
            let html = String(buffer: preview.body)
            #expect(html.contains("2张，2.9 MB") && added.isEmpty)
            let token = try #require(self.token(html))

            let edit = try await send("/request", request + [("step", "edit"), ("photos", token)], client)
            #expect(String(buffer: edit.body).contains("2张，2.9 MB"))
            #expect(self.token(String(buffer: edit.body)) == token)
            // One more, and the same once more.
            let more = try await send(
                "/request",
                request + [("step", "preview"), ("photos", token)],
                photos: [Sample.jpeg([], filling: 10), Sample.jpeg()],
                client
            )
            let all = try #require(self.token(String(buffer: more.body)))
            #expect(String(buffer: more.body).contains("3张"))
            let without = try await send(
                "/request",
                request + [("step", "preview"), ("photos", all), ("drop_photos", "1")],
                client
            )
            #expect(without.status == .ok && self.token(String(buffer: without.body)) == nil)

            // The preview's own form has no file in it.
            let sent = try await client.execute(
                uri: "/request",
                method: .post,
                headers: [.contentType: "application/x-www-form-urlencoded"],
                body: ByteBuffer(
                    string: "service_code=0301&description=x&address_string=y&step=send&key=1&photos=\(all)"
                )
            )
            #expect(sent.status == .created)
            #expect(added.count == 3 && added.allSatisfy { $0.order == record && $0.performer == .resident })
            #expect(added[0].photo.bytes == Sample.jpeg())
            let receipt = String(buffer: sent.body)
            let link = try #require(receipt.firstMatch(of: /<img src="([^"]+)"/).map { String($0.1) })
            let shown = try await client.execute(uri: link.replacing("&amp;", with: "&"), method: .get)
            #expect(shown.status == .ok && Array(shown.body.readableBytesView) == Sample.jpeg())
        }
    }

    @Test("What is no photo, too many, or no longer kept is said above the form, and nothing typed or chosen is lost")
    func refusedChoices() async throws {
        receiptIsReady()
        try await face.test(.router) { client in
            let svg = Array("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".utf8)
            let photos = (1...6).map { Sample.jpeg([], filling: $0) }
            let preview = ("step", "preview")
            let tries: [([(String, String)], [[UInt8]], String, String?)] = [
                ([preview], [photos[0], svg], "不是 JPEG", "1张"), ([preview], photos, "照片超过5张", "5张"),
                ([preview], [Sample.jpeg([], filling: 11 << 20)], "最多10485760字节", nil),
                ([preview, ("photos", "gone")], [], "请重新选择", nil),
                ([("step", "send"), ("photos", "gone")], [photos[1]], "请重新选择", "1张"),
            ]
            for (fields, photos, words, kept) in tries {
                let answer = try await send("/request", request + fields, photos: photos, client)
                #expect(answer.status == .badRequest, "\(words)")
                let html = String(buffer: answer.body)
                #expect(html.contains(words) && html.contains("路灯&lt;不&gt;亮") && html.contains("<form"), "\(words)")
                #expect((token(html) != nil) == (kept != nil))
                if let kept { #expect(html.contains(kept)) }
            }
            #expect(added.isEmpty && cases.state.withLock(\.performers).isEmpty)
        }
    }

    @Test("A request is handed in whatever becomes of its photos: the receipt says so")
    func receiptInAnyCase() async throws {
        receiptIsReady()
        cases.state.withLock { $0.addRefusal = Refusal(.photosBegun) }
        try await face.test(.router) { client in
            let sent = try await send("/request", request + [("step", "send")], photos: [Sample.jpeg()], client)
            let html = String(buffer: sent.body)
            #expect(sent.status == .created && html.contains("12345678") && html.contains("工单不能再添加照片"))
        }
    }

    // MARK: Following

    @Test("Who shows the code sees the photos and adds some; everyone else sees none, and links are good for one photo")
    func requester() async throws {
        try await face.test(.router) { client in
            let page = try await send("/orders/\(number)", [("query_code", "12345678")], client)
            let html = String(buffer: page.body)
            let link = try #require(html.firstMatch(of: /<img src="([^"]+)"/).map { String($0.1) })
                .replacing("&amp;", with: "&")
            let other = String(repeating: "0c", count: 32)
            let wrong = [
                "/orders/\(number)/photos/\(digest)", link.replacing(digest, with: other),
                link.replacing("until=", with: "until=9"), link.replacing(number, with: "1"),
                String(link.dropLast()) + (link.hasSuffix("0") ? "1" : "0"), link.replacing("proof=", with: "proof=zz"),
            ]
            let missing = try await client.execute(uri: "/orders/\(number)/photos/nonsense", method: .get)
            #expect(missing.status == .notFound)
            for address in wrong {
                let answer = try await client.execute(uri: address, method: .get)
                #expect(answer.status == .notFound, "\(address)")
                #expect(main(answer) == main(missing), "in the same words")
            }
            let shown = try await client.execute(uri: link, method: .get)
            #expect(shown.status == .ok)
            expectLocked(shown)

            let form = [("query_code", "12345678"), ("act", "photo")]
            let more = try await send("/orders/\(number)", form, photos: [Sample.jpeg(Sample.comment)], client)
            #expect(more.status == .ok && added.map(\.performer) == [.resident])
            #expect(added[0].photo.bytes == Sample.jpeg())
            let none = try await send("/orders/\(number)", form, client)
            #expect(none.status == .badRequest)
            let stranger = try await send(
                "/orders/\(number)",
                [("query_code", "00000000"), ("act", "photo")],
                photos: [Sample.jpeg()],
                client
            )
            #expect(stranger.status == .notFound && added.count == 1)
        }
    }

    /// Nobody keeps it, runs it or shows it elsewhere.
    func expectLocked(_ answer: TestResponse) {
        #expect(answer.headers[.contentType] == "image/jpeg")
        #expect(answer.headers[.contentDisposition] == "attachment; filename=\"photo-0b0b0b0b.jpg\"")
        #expect(answer.headers[.xContentTypeOptions] == "nosniff")
        #expect(answer.headers[.contentSecurityPolicy] == "default-src 'none'; sandbox")
        #expect(answer.headers[.cacheControl] == "private, no-store")
        #expect(answer.headers[.crossOriginResourcePolicy] == "same-origin")
    }

    // MARK: Staff

    @Test("A grid worker adds photos on the order's page; the form's word comes first, or nothing is taken")
    func staff() async throws {
        signIn()
        let cookie: HTTPFields = [.cookie: "session=\(secret.text)"]
        let path = "/staff/orders/\(number)/photos"
        try await face.test(.router) { client in
            let large = Sample.jpeg([], filling: 2_000_000)
            let sent = try await send(path, [("csrf", secret.formToken)], photos: [large], headers: cookie, client)
            #expect(sent.status == .seeOther && sent.headers[.location] == "/staff/orders/\(number)?photos=1")
            #expect(added.map(\.performer.name) == ["anna"] && added.map(\.performer.role) == ["grid_worker"])
            let forged = try await send(
                path,
                [("x", "1"), ("csrf", secret.formToken)],
                photos: [large],
                headers: cookie,
                client
            )
            #expect(forged.status == .forbidden)
            let none = try await send(path, [("csrf", secret.formToken)], headers: cookie, client)
            #expect(none.status == .badRequest)
            let page = try await client.execute(uri: "/staff/orders/\(number)", method: .get, headers: cookie)
            #expect(String(buffer: page.body).contains("<img src=\"/api/v1/orders/\(number)/attachments/\(digest)\""))
            #expect(added.count == 1)
        }
        signIn([.operator])
        try await face.test(.router) { client in
            let sent = try await send(
                path,
                [("csrf", secret.formToken)],
                photos: [Sample.jpeg()],
                headers: cookie,
                client
            )
            #expect(sent.status == .forbidden)
        }
        let signedOut = HTTPFace.Server.forTests(MemoryDesk(), cases: cases)
        try await signedOut.test(.router) { client in
            let sent = try await send(path, [], photos: [Sample.jpeg()], client)
            #expect(
                sent.status == .seeOther && sent.headers[.location] == "/staff/sign-in?next=/staff/orders/\(number)"
            )
        }
    }
}
