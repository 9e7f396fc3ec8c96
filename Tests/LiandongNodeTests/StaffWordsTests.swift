import Synchronization
import Testing

@testable import LiandongNode

@Suite("Accounts and passwords")
struct StaffWordsTests {
    @Test("An account's name is the same however it is typed")
    func normalised() {
        #expect(AccountName.normalised(" Anna.Li ") == "anna.li")
        #expect(AccountName.normalised("e\u{301}va") == "éva")
        #expect(AccountName.normalised("e\u{301}va").unicodeScalars.count == 3)
    }

    @Test(
        "Names that can be an account's, and names that cannot",
        arguments: [
            ("anna", true), ("王建国", true), ("a.b_c-d@e1", true), ("a", false), ("", false), ("a b", false),
            ("a\nb", false), ("<b>", false), (String(repeating: "a", count: 65), false),
            (String(repeating: "a", count: 64), true),
        ]
    )
    func names(name: String, isGood: Bool) {
        #expect((AccountName.fault(name) == nil) == isGood)
    }

    @Test(
        "Passwords are long, not endless, and not the account's name over again",
        arguments: [
            ("correct horse", true), ("四个没人想到的词语一起用", true), ("12345678901", false), ("abcdefghijkl", true),
            ("aaaaaaaaaaaaaaa", false), ("my name is Anna!", false), ("tab\tin the middle", false),
            (String(repeating: "abcde", count: 51) + "f", true), (String(repeating: "abcde", count: 52), false),
        ]
    )
    func passwords(password: String, isGood: Bool) {
        if isGood {
            #expect(throws: Never.self) { try PasswordRule.check(PasswordRule.normalised(password), of: "anna") }
        } else {
            #expect(throws: (any Error).self) { try PasswordRule.check(PasswordRule.normalised(password), of: "anna") }
        }
    }

    @Test("No address takes all places, nor do all together take more than there are; places come back")
    func places() async throws {
        let queue = PasswordQueue()
        /// Takes places until none is left, then lets go of all.
        func depth(_ addresses: ArraySlice<String>) async throws -> Int {
            guard let address = addresses.first else { return 0 }
            var inner = 0
            do {
                try await queue.withPlace(for: address) { inner = 1 + (try await depth(addresses.dropFirst())) }
            } catch {
                #expect(inner == 0)
            }
            return inner
        }
        let one = Array(repeating: "a", count: 30)[...]
        #expect(try await depth(one) == PasswordQueue.placesOfAddress)
        let many = (0..<30).map { "\($0)" }[...]
        #expect(try await depth(many) == PasswordQueue.places)
        #expect(try await depth(many) == PasswordQueue.places)
        #expect(try await depth(one) == PasswordQueue.placesOfAddress)
    }
}
