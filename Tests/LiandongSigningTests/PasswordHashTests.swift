import LiandongSigning
import Testing

struct PasswordHashTests {
    @Test("A password fits the string that was made of it, and no other does", arguments: ["p", "密码 四个词", ""])
    func fits(password: String) throws {
        let text = try PasswordHash.make(password)
        #expect(PasswordHash.verify(password, text))
        #expect(!PasswordHash.verify(password + "x", text))
        #expect(try PasswordHash.make(password) != text, "each has a salt of its own")
    }

    @Test("The string of nobody costs what a new one costs, and fits nothing")
    func nobody() throws {
        func cost(_ text: String) -> [Substring] { text.split(separator: "$").prefix(3).map { $0 } }
        let text = try PasswordHash.make("p")
        #expect(cost(text) == cost(PasswordHash.ofNobody) && cost(text) == ["argon2id", "v=19", "m=65536,t=2,p=1"])
        #expect(text.utf8.count == PasswordHash.ofNobody.utf8.count)
        #expect(!PasswordHash.verify("p", PasswordHash.ofNobody))
    }

    @Test(
        "What is no such string fits nothing",
        arguments: ["", "$argon2id$", "p", String(repeating: "x", count: 1_000), "$argon2id$v=19$m=65536,t=2,p=1$$"]
    )
    func malformed(text: String) {
        #expect(!PasswordHash.verify("p", text))
    }
}
