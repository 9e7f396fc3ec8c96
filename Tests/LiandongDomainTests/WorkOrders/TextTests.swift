import Foundation
import Testing

@testable import LiandongDomain

@Suite("Text as it enters")
struct TextTests {
    @Test("What passes for normal at a glance is normal, alone and before or behind every other such character")
    func quickCheck() {
        let scalars = (0..<0x11_0000).compactMap { Unicode.Scalar($0) }.filter { Text.isSurelyNormal(String($0)) }
        #expect(scalars.count > 20_000)
        // Neighbours that could combine lie in these blocks; the ideographs are all alike.
        let few = scalars.filter { !(0x3500...0x9F00).contains($0.value) }
        for scalar in scalars {
            let alone = String(scalar)
            #expect(alone.unicodeScalars.elementsEqual(alone.precomposedStringWithCanonicalMapping.unicodeScalars))
        }
        let all = String(String.UnicodeScalarView(few + few.reversed()))
        #expect(all.unicodeScalars.elementsEqual(all.precomposedStringWithCanonicalMapping.unicodeScalars))
    }

    @Test("Text is brought to NFC and trimmed", arguments: [("e\u{301}", "é"), (" 路灯不亮\u{3000}\n", "路灯不亮"), ("", "")])
    func normalised(entered: String, kept: String) throws {
        let text = try Text.checked(entered, Localized("正文", "the text"), limit: 10)
        #expect(text.unicodeScalars.elementsEqual(kept.unicodeScalars))
    }

    @Test("Control characters and too much are refused; line breaks inside are not")
    func refused() throws {
        #expect(throws: Refusal.self) { try Text.checked("a\u{7}b", Localized("正文", "the text"), limit: 10) }
        #expect(throws: Refusal.self) { try Text.checked("a\u{7F}b", Localized("正文", "the text"), limit: 10) }
        #expect(throws: Refusal.self) { try Text.checked("12345678901", Localized("正文", "the text"), limit: 10) }
        #expect(try Text.checked("a\nb\tc", Localized("正文", "the text"), limit: 10) == "a\nb\tc")
        #expect(throws: Refusal.self) { try Text.required(" \n", Localized("正文", "the text"), limit: 10) }
    }
}
