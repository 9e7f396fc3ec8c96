import LiandongDomain
import Testing

@Suite("What refusals say")
struct RefusalTests {
    /// The numbers of the values that a text has places for.
    private func places(_ text: String) -> Set<Int> {
        Set(text.matches(of: /\{(\d+)\}/).compactMap { Int($0.1) })
    }

    private func isHan(_ text: String) -> Bool {
        text.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
    }

    @Test("Every key has one message, and no message is without a key")
    func keys() {
        let keys = Refusal.Message.table.map(\.key)
        #expect(Set(keys) == Set(Refusal.Key.allCases))
        #expect(keys.count == Refusal.Key.allCases.count)
    }

    @Test("Every message says in Chinese and in English what is wrong and what to do", arguments: Refusal.Key.allCases)
    func languages(key: Refusal.Key) {
        let message = key.message
        for words in [message.reason, message.wayOut] {
            #expect(isHan(words.zh), "\(key): \(words.zh)")
            #expect(!words.en.isEmpty && !isHan(words.en), "\(key): \(words.en)")
            #expect(!words.zh.hasSuffix("。") && !words.en.hasSuffix("."), "\(key): whoever shows it ends the sentence")
        }
    }

    @Test(
        "Every message has places for the same values in both languages, numbered from 0",
        arguments: Refusal.Key.allCases
    )
    func values(key: Refusal.Key) {
        let message = key.message
        let all = places(message.reason.en).union(places(message.wayOut.en))
        #expect(all == Set(0..<all.count), "\(key): \(all.sorted())")
        #expect(places(message.reason.zh).union(places(message.wayOut.zh)).isSubset(of: all), "\(key)")
        let values = all.map { _ in "V" }
        let refusal = Refusal(key, values)
        for words in [refusal.reasonWords, refusal.wayOutWords] {
            #expect(places(words.zh).isEmpty && places(words.en).isEmpty, "\(key): \(words)")
        }
    }

    @Test("Values stand as they are, and have words of their own in each language")
    func filled() {
        let refusal = Refusal(.textTooLong, Localized("标题", "the title"), 201, "{0}{9}")
        #expect(refusal.reasonWords.zh == "标题有201个字，最多{0}{9}个")
        #expect(refusal.reason == "the title has 201 characters, at most {0}{9} are allowed")
        #expect("\(refusal)" == "the title has 201 characters, at most {0}{9} are allowed; shorten it")
        #expect(refusal.code == .invalid)
    }
}
