import NIOCore
import Testing

@testable import LiandongWeb

/// Forms with files, as browsers send them and as others might.
@Suite("Forms with files")
struct MultipartFormTests {
    private static let good =
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nword\r\n"
        + "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n一\r\n二\r\n"
        + "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a;\\b=%22.jpg\"\r\n"
        + "Content-Type: image/jpeg\r\n\r\n\r\n--c\r\n-\r\n--\r\n"
        + "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"\"\r\n\r\n\r\n--b--\r\n"

    private func read(_ text: String) throws -> MultipartForm {
        try MultipartForm(ByteBuffer(string: text), boundary: "b")
    }

    private func part(_ head: String, _ content: String = "x") -> String { "--b\r\n\(head)\r\n\r\n\(content)\r\n" }

    @Test("Fields and files are told apart; where no file was chosen there is none") func good() throws {
        let form = try read(MultipartFormTests.good)
        #expect(form.fields.map(\.name) == ["csrf", "text"])
        #expect(form.fields.map(\.value) == ["word", "一\n二"])
        #expect(form.files.map(\.name) == ["photo"])
        #expect(form.files.map { String(buffer: $0.content) } == ["\r\n--c\r\n-\r\n--"])
        #expect(try read("--b--").fields.isEmpty)
    }

    @Test(
        "What no browser writes is refused",
        arguments: [
            ("", "begin"), ("x", "begin"), ("\r\n--b--", "begin"), ("--b", "boundary"), ("--bx\r\n", "boundary"),
            ("--b--x", "behind"), ("--b--\r\n\r\n", "behind"), ("--b\r\n", "lines"),
            ("--b\r\n\r\n\r\nx\r\n--b--", "form-data"),
            ("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", "within"),
            ("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--", "within"),
            ("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--", "form-data"),
            ("--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--b--", "form-data"),
            ("--b\r\nContent-Disposition form-data\r\n\r\nx\r\n--b--", "without a name"),
            ("--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--", "name"),
            ("--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--b--", "name"),
            ("--b\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\nx\r\n--b--", "name"),
            ("--b\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\n--b--", "name"),
            ("--b\r\nContent-Disposition: form-data; name=\"a\" filename=\"b\"\r\n\r\nx\r\n--b--", "name"),
            ("--b\r\nContent-Disposition: form-data;\r\n\r\nx\r\n--b--", "name"),
        ]
    )
    func hostile(_ body: String, _ words: String) throws {
        let problem = try #require(throws: Problem.self) { try read(body) }
        #expect(problem.status == 400 && problem.detail.contains(words), "\(problem.detail)")
    }

    @Test("Every count and length has its bound") func bounds() throws {
        let head = "Content-Disposition: form-data; name=\"a\""
        let many = String(repeating: part(head), count: MultipartForm.Limit.parts)
        #expect(try read(many + "--b--").fields.count == MultipartForm.Limit.parts)
        let beyond: [(String, String)] = [
            (many + part(head) + "--b--", "parts"),
            (part(head + "\r\nX: " + String(repeating: "y", count: MultipartForm.Limit.headBytes)) + "--b--", "lines"),
            (part(head, String(repeating: "x", count: MultipartForm.Limit.textBytes + 1)) + "--b--", "bytes"),
            (part(head + "\r\n" + head) + "--b--", "twice"),
        ]
        for (body, words) in beyond {
            let problem = try #require(throws: Problem.self) { try read(body) }
            #expect(problem.detail.contains(words), "\(problem.detail)")
        }
        var bytes = ByteBuffer(string: "--b\r\n\(head)\r\n\r\n")
        bytes.writeBytes([0xFF, 0xFE])
        bytes.writeString("\r\n--b--")
        #expect(throws: Problem.self) { try MultipartForm(bytes, boundary: "b") }
    }

    @Test("A form that is cut off anywhere is refused; one changed at random traps nothing") func broken() {
        let good = Array(MultipartFormTests.good.utf8)
        for count in 0..<(good.count - 2) {
            #expect(throws: Problem.self, "\(count)") {
                try MultipartForm(ByteBuffer(bytes: good.prefix(count)), boundary: "b")
            }
        }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            var bytes = good
            bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                [0, 10, 13, 34, 45, 58, 59, 61, 98, 255]
                .randomElement(using: &random) ?? 0
            guard let form = try? MultipartForm(ByteBuffer(bytes: bytes), boundary: "b") else { continue }
            #expect(form.fields.count + form.files.count <= 4)
        }
    }
}
