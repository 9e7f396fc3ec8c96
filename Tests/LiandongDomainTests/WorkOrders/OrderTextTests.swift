import Foundation
import LiandongDomain
import Testing

@Suite("What orders are searched by")
struct OrderTextTests {
    @Test(
        "A text is searched without blanks and in lower case, by every word of what was typed",
        arguments: [("路灯 不亮", ["路灯", "不亮"]), ("  ", []), ("LED\t灯", ["led", "灯"]), ("a\u{3000}B", ["a", "b"])]
    )
    func words(_ typed: String, _ words: [String]) { #expect(OrderText.words(of: typed) == words) }

    private func mapped(_ text: String) -> String {
        String(text.precomposedStringWithCompatibilityMapping.lowercased().filter { !$0.isWhitespace })
    }

    @Test("Each character that is mapped by itself is mapped as Unicode has it")
    func plain() {
        let scalars = (0...0xFFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init).map { String($0) }
        let taken = scalars.filter { OrderText.plain($0) != nil }
        #expect(taken.filter { OrderText.plain($0) != mapped($0) } == [])
        #expect(taken.count > 21_000)
    }

    @Test(
        "Whatever else stands in a text, all of it is mapped as Unicode has it",
        arguments: ["ＬＥＤ灯，３号楼", "e\u{301}tage 2", "㎡ ½ ﬁ", "第\u{FE00}一", "İSTANBUL", "路\r\n灯", ""]
    )
    func any(_ text: String) { #expect(OrderText.normalised(text) == mapped(text)) }
}
