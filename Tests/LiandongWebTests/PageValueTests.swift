import Mustache
import Testing

@testable import LiandongWeb

@Suite("Values of pages")
struct PageValueTests {
    private enum Tone: String { case calm, urgent }

    private struct Row {
        let name: String
        let note: String?
        let tags: [String]
        let isLate: Bool
    }

    private struct Page {
        let w: [String: String]
        let title: Substring
        let count: Int
        let share: Double
        let tone: Tone
        let first: Row?
        let none: Row?
        let rows: [Row]
        let empty: [Row]
        let pair: (left: String, right: Int)
        let maybe: Bool?
        let note: String?
        let nested: Row??
    }

    private let page = Page(
        w: ["hello": "你好"],
        title: "a <b>"[...],
        count: 3,
        share: 0.5,
        tone: .urgent,
        first: Row(name: "one", note: nil, tags: [], isLate: true),
        none: nil,
        rows: [
            Row(name: "x&y", note: "n", tags: ["p", "q"], isLate: false),
            Row(name: "z", note: nil, tags: [], isLate: true),
        ],
        empty: [],
        pair: ("l", 7),
        maybe: false,
        note: "of the page",
        nested: .some(.some(Row(name: "deep", note: nil, tags: [], isLate: false)))
    )

    @Test(
        "Templates are given the same as of the values themselves",
        arguments: [
            "{{title}} {{{title}}} {{count}} {{share}} {{tone}} {{w.hello}} {{missing}} {{first.name}}{{first.missing}}",
            "{{#first}}{{name}}, {{count}}, {{note}}{{^isLate}}no{{/isLate}}{{#isLate}}yes{{/isLate}}{{/first}}",
            "{{#none}}one{{/none}}{{^none}}nobody{{/none}}{{#empty}}one{{/empty}}{{^empty}}nothing{{/empty}}",
            "{{#rows}}{{name}}:{{#note}}({{.}}){{/note}}{{^note}}-{{/note}}{{#tags}}{{.}}{{^last()}},{{/last()}}{{/tags}};{{/rows}}",
            "{{#rows}}{{#first()}}[{{/first()}}{{w.hello}}{{#last()}}]{{/last()}}{{/rows}}{{#count}}{{.}}{{/count}}",
            "{{pair.left}}{{pair.right}}{{#maybe}}yes{{/maybe}}{{^maybe}}no{{/maybe}}{{#tone}}{{.}}{{/tone}}",
            "{{#rows}}{{#rows}}{{name}}{{/rows}}{{/rows}}{{rows.count}}{{#empty()}}{{/empty()}}",
        ]
    )
    func same(text: String) throws {
        let template = try MustacheTemplate(string: text)
        let plain = template.render(page)
        #expect(template.render(PageValue.of(page) as Any) == plain)
        #expect(!plain.isEmpty)
    }

    @Test("An optional within an optional is what it holds; a value that is shown whole is its description")
    func others() throws {
        let template = try MustacheTemplate(string: "{{nested.name}}{{#nested}}!{{/nested}}")
        #expect(template.render(PageValue.of(page) as Any) == "deep!")
        let whole = try MustacheTemplate(string: "{{{pair}}}")
        #expect(whole.render(PageValue.of(page) as Any) == String(describing: page.pair))
        #expect(PageValue.of(Int?.none as Any) == nil)
    }
}
