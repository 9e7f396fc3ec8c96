import LiandongCore
import LiandongReports
import Testing

@testable import LiandongWeb

/// Where nodes stand and lines run, from a status report alone.
@Suite("The drawing of a cluster")
struct ClusterDrawingTests {
    private typealias Place = ClusterDrawing.Place

    private let town = [
        Place(code: "1", name: "区", parent: nil), Place(code: "11", name: "东街", parent: "1"),
        Place(code: "12", name: "西街", parent: "1"), Place(code: "111", name: "东一", parent: "11"),
        Place(code: "112", name: "东二", parent: "11"), Place(code: "121", name: "西一", parent: "12"),
    ]

    private func drawing(_ nodes: [(String, at: String)], _ links: [StatusReport.Link] = []) -> ClusterDrawing {
        ClusterDrawing(SampleStatus.report(nodes.map { SampleStatus.row($0, at: $1) }, links), places: town)
    }

    /// No two boxes overlap, and all is within the drawing.
    private func expectTidy(_ drawing: ClusterDrawing, sourceLocation: SourceLocation = #_sourceLocation) {
        for (index, box) in drawing.boxes.enumerated() {
            #expect(box.x >= 0 && box.y >= 0, sourceLocation: sourceLocation)
            #expect(box.right <= drawing.width, sourceLocation: sourceLocation)
            #expect(box.y + ClusterDrawing.boxHeight <= drawing.height, sourceLocation: sourceLocation)
            for line in drawing.lines { #expect(line.label.x <= drawing.width - (line.label.isEnd ? 0 : 80)) }
            for other in drawing.boxes[..<index] where other.x == box.x {
                let gap = abs(other.y - box.y)
                #expect(gap >= ClusterDrawing.pitch, "\(other) \(box)", sourceLocation: sourceLocation)
            }
        }
    }

    @Test("Nothing known is a small empty drawing, and one node alone a box without lines")
    func small() {
        let nothing = drawing([])
        #expect(nothing.boxes.isEmpty && nothing.lines.isEmpty && nothing.width > 0 && nothing.height > 0)
        let one = drawing([("a", at: "1")])
        #expect(one.boxes.map(\.node) == ["a"] && one.lines.isEmpty && one.trunks.isEmpty)
        expectTidy(one)
    }

    @Test("Each place stands behind the one above it, a tier a column, beside its first")
    func tree() throws {
        let found = drawing([("z", at: "121"), ("b", at: "112"), ("a", at: "111"), ("d", at: "1"), ("s", at: "11")])
        #expect(found.boxes.map(\.place) == ["1", "11", "111", "112", "12", "121"])
        #expect(found.boxes.map(\.node) == ["d", "s", "a", "b", nil, "z"], "a street without a node is there")
        #expect(found.boxes.map(\.column) == [0, 1, 2, 2, 1, 2])
        let y = found.boxes.map(\.y)
        #expect(y[0] == y[1] && y[1] == y[2] && y[2] < y[3] && y[3] < y[4] && y[4] == y[5])
        // Nobody tells of links: the tree is drawn all the same.
        #expect(found.lines.count == 5 && found.lines.allSatisfy { $0.link == nil })
        #expect(found.trunks.count == 3)
        expectTidy(found)
    }

    @Test("40 communities under one street stand one below the other, and a line leads to each")
    func many() {
        let communities = (0..<40).map { Place(code: "11\($0 + 100)", name: "社区\($0)", parent: "11") }
        let rows =
            [SampleStatus.row("d", at: "1"), SampleStatus.row("s", at: "11")]
            + communities.map { SampleStatus.row("n\($0.code)", at: $0.code) }
        let links = communities.map { SampleStatus.link("s", "n\($0.code)") } + [SampleStatus.link("d", "s")]
        let found = ClusterDrawing(SampleStatus.report(rows, links), places: town + communities)
        #expect(found.boxes.count == 42 && found.lines.count == 41)
        #expect(Set(found.lines.compactMap(\.link)) == Set(links))
        #expect(Set(found.lines.map(\.path)).count == 41)
        expectTidy(found)
    }

    @Test("Two nodes of a place above: a line from each, and none that nobody tells of")
    func twins() {
        let nodes = [("d", at: "1"), ("e", at: "1"), ("s", at: "11")]
        let both = drawing(nodes, [SampleStatus.link("d", "s"), SampleStatus.link("e", "s", .down)])
        #expect(both.lines.map(\.link?.upper) == ["d", "e"] && Set(both.lines.map(\.path)).count == 2)
        #expect(both.trunks.count == 2)
        let second = drawing(nodes, [SampleStatus.link("e", "s")])
        #expect(second.lines.map(\.link?.upper) == ["e"] && second.trunks.count == 1)
        expectTidy(both)
    }

    @Test("Links beside the tree are drawn: of one place, lateral, and past a tier")
    func beside() {
        let nodes = [("d", at: "1"), ("e", at: "1"), ("s", at: "11"), ("a", at: "111"), ("b", at: "112")]
        let links = [
            SampleStatus.link("d", "e", kind: .sibling), SampleStatus.link("a", "b", .paused, kind: .lateral),
            SampleStatus.link("d", "a", kind: .fallback),
        ]
        let found = drawing(nodes, links)
        #expect(Set(found.lines.compactMap(\.link)) == Set(links))
        // The street hangs on the district by the tree alone, and so do the communities on it.
        #expect(found.lines.count { $0.link == nil } == 3)
    }

    @Test(
        "A node of a place that the chain does not know stands by itself, behind all others; so does a link to nobody"
    )
    func unknownPlace() {
        let found = drawing(
            [("x", at: ""), ("d", at: "1"), ("y", at: "0")],
            [SampleStatus.link("d", "gone"), SampleStatus.link("d", "x", kind: .lateral)]
        )
        #expect(found.boxes.map(\.node) == ["d", "x", "y"])
        #expect(found.lines.compactMap(\.link).map(\.lower) == ["x"])
        expectTidy(found)
    }

    @Test("Places that are above one another are not followed round and round")
    func circle() {
        let places = [Place(code: "1", name: "", parent: "2"), Place(code: "2", name: "", parent: "1")]
        let rows = [SampleStatus.row("a", at: "1"), SampleStatus.row("b", at: "2")]
        let found = ClusterDrawing(SampleStatus.report(rows), places: places)
        #expect(Set(found.boxes.map(\.node)) == ["a", "b"])
    }

    @Test("Words are cut where there is no more room, and say so", arguments: [("包公社区", 56), ("baogong", 40), ("", 0)])
    func fitted(text: String, width: Int) {
        #expect(FittedText.fitted(text, width: 400, size: 14) == text)
        let cut = FittedText.fitted(text + "很长的一个名字再长一些", width: 60, size: 14)
        #expect(cut.hasSuffix("…") && FittedText.width(cut, size: 14) <= 60)
        #expect(FittedText.width(text, size: 14) <= width * 2)
        #expect(FittedText.fitted("名", width: 0, size: 14) == "…")
    }
}
