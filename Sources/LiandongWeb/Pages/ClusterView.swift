import LiandongDomain
import LiandongReports

/// A cluster's drawing with its words, as the template writes it.
struct ClusterView: Sendable {
    let width: Int
    let height: Int
    let trunks: [String]
    let lines: [Line]
    let boxes: [Box]

    struct Line: Sendable {
        let path: String
        /// The state's tone and what kind of link it is, as classes.
        let kind: String
        let label: String?
        let x: Int
        let y: Int
        let anchor: String
        let whole: String
    }

    struct Box: Sendable {
        let x: Int
        let y: Int
        let width: Int
        let height: Int
        let tone: String
        let name: String
        /// Nothing where all is well.
        let state: String
        let brief: String
        let whole: String
        /// Where words begin and end, and the two lines they stand on.
        let left: Int
        let right: Int
        let first: Int
        let second: Int
    }

    private static let (nameSize, smallSize) = (14, 12)
    private static let (before, after) = (14, 9)

    init(_ drawing: ClusterDrawing, _ words: ClusterWords, places: [ClusterDrawing.Place]) {
        let names = Dictionary(places.map { ($0.code, $0.name) }) { first, _ in first }
        width = drawing.width
        height = drawing.height
        trunks = drawing.trunks
        lines = drawing.lines.map { ClusterView.line($0, words) }
        boxes = drawing.boxes.map { box in
            ClusterView.box(box, box.node.flatMap { words.nodes[$0] }, place: names[box.place] ?? box.place, words)
        }
    }

    private static func line(_ line: ClusterDrawing.Line, _ words: ClusterWords) -> Line {
        let told = line.link.map { words.words(of: $0) }
        return Line(
            path: line.path,
            kind: "\(told?.tone ?? "none") \(line.link?.kind.rawValue ?? "tree")",
            label: told?.label,
            x: line.label.x,
            y: line.label.y,
            anchor: line.label.isEnd ? "end" : "start",
            whole: told?.whole ?? words.untold
        )
    }

    private static func box(
        _ box: ClusterDrawing.Box,
        _ node: ClusterWords.Node?,
        place: String,
        _ words: ClusterWords
    ) -> Box {
        let state = node.map { $0.isWell ? "" : $0.state } ?? ""
        let room = ClusterDrawing.boxWidth - before - after
        let taken = state.isEmpty ? 0 : FittedText.width(state, size: smallSize) + 8
        let name = node?.place ?? place
        return Box(
            x: box.x,
            y: box.y,
            width: ClusterDrawing.boxWidth,
            height: ClusterDrawing.boxHeight,
            tone: (node?.tone ?? "none") + (node?.isHere == true ? " here" : ""),
            name: FittedText.fitted(name, width: room - taken, size: nameSize),
            state: state,
            brief: FittedText.fitted(node?.brief ?? words.nodeless, width: room, size: smallSize),
            whole: node?.whole ?? "\(name): \(words.nodeless)",
            left: box.x + before,
            right: box.right - after,
            first: box.y + 17,
            second: box.y + 33
        )
    }
}

extension ClusterWords {
    /// Of a place between others.
    var nodeless: String { text(Localized("没有节点", "no node")) }
    /// Of a line that stands for the tree alone.
    var untold: String { text(Localized("没有关于这条连接的消息", "nothing is told of this link")) }
}
