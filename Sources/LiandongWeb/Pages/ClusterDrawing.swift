import LiandongReports

/// Where the nodes of a cluster stand in a drawing of its tree, and which way the links between them run.
///
/// A column a tier, the highest at the left; a row a node. What is under a place stands beside it and below. Values alone:
/// words and colours come with the page.
struct ClusterDrawing: Sendable, Hashable {
    /// A place of the chain.
    struct Place: Sendable, Hashable {
        let code: String
        let name: String
        /// The code of the place above it.
        let parent: String?
    }

    /// A node, or a place that has none and stands between some that do.
    struct Box: Sendable, Hashable {
        let x: Int
        let y: Int
        let column: Int
        let place: String
        /// The node's id; nil where the place has none.
        let node: String?

        var middle: Int { y + ClusterDrawing.boxHeight / 2 }
        var right: Int { x + ClusterDrawing.boxWidth }
    }

    struct Line: Sendable, Hashable {
        /// Of an SVG `path`.
        let path: String
        /// Nil: nobody tells of a link, the tree alone has it so.
        let link: StatusReport.Link?
        /// Where words about it go.
        let label: Point
    }

    struct Point: Sendable, Hashable {
        let x: Int
        let y: Int
        /// Whether words end here, or begin.
        var isEnd = false
    }

    static let boxWidth = 216
    static let boxHeight = 40
    /// From one node to the next below it.
    static let pitch = 50
    /// Between two columns.
    static let gutter = 118
    private static let margin = 4
    /// Above a place whose neighbour before it has places under it.
    private static let rest = 14
    /// For words behind a link that runs beside the last column.
    private static let side = 100

    private(set) var boxes: [Box] = []
    /// What leads from a node to those under it, whatever the state of the links.
    private(set) var trunks: [String] = []
    private(set) var lines: [Line] = []
    private(set) var width = 0
    private(set) var height = 0

    /// - Complexity: O(nodes + links + places).
    init(_ status: StatusReport, places: [Place]) {
        let tree = Tree(status.nodes, places)
        var y = ClusterDrawing.margin
        for root in tree.roots { lay(root, 0, &y, tree) }
        connect(status.links, tree)
        let wordEnds = lines.map { $0.label.isEnd ? 0 : $0.label.x + ClusterDrawing.side }
        width = max(boxes.map(\.right).max() ?? ClusterDrawing.boxWidth, wordEnds.max() ?? 0) + ClusterDrawing.margin
        height =
            max(y - ClusterDrawing.pitch + ClusterDrawing.boxHeight, ClusterDrawing.boxHeight)
            + ClusterDrawing.margin
    }

    // MARK: Boxes

    /// A place with its nodes, and all under it.
    private mutating func lay(_ place: String, _ column: Int, _ y: inout Int, _ tree: Tree) {
        let x = ClusterDrawing.margin + column * (ClusterDrawing.boxWidth + ClusterDrawing.gutter)
        let nodes = tree.nodes[place] ?? []
        var own = y
        for node in nodes.isEmpty ? [nil] : nodes.map(Optional.some) {
            boxes.append(Box(x: x, y: own, column: column, place: place, node: node))
            own += ClusterDrawing.pitch
        }
        let children = tree.children[place] ?? []
        for (index, child) in children.enumerated() {
            let before = y
            lay(child, column + 1, &y, tree)
            let isLast = index == children.count - 1
            if !isLast, y - before > ClusterDrawing.pitch { y += ClusterDrawing.rest }
        }
        y = max(y, own)
    }

    // MARK: Lines

    private mutating func connect(_ links: [StatusReport.Link], _ tree: Tree) {
        let byNode = Dictionary(boxes.compactMap { box in box.node.map { ($0, box) } }) { first, _ in first }
        let byPlace = Dictionary(grouping: boxes, by: \.place)
        var upward: [String: [StatusReport.Link]] = [:]
        for link in links {
            guard let upper = byNode[link.upper], let lower = byNode[link.lower] else { continue }
            if tree.parents[lower.place] == upper.place {
                upward[link.lower, default: []].append(link)
            } else {
                lines.append(ClusterDrawing.free(link, upper, lower))
            }
        }
        // Where each node's trunk ends.
        var reach: [Box: (top: Int, bottom: Int)] = [:]
        for box in boxes {
            let above = tree.parents[box.place].flatMap { byPlace[$0] } ?? []
            let told = box.node.flatMap { upward[$0] } ?? []
            for (index, upper) in above.enumerated() {
                let link = told.first { $0.upper == upper.node }
                // A place that nobody tells of hangs on the first of those above.
                guard link != nil || (told.isEmpty && index == 0) else { continue }
                let y = box.middle + ClusterDrawing.shift(index, of: above.count)
                let bus = ClusterDrawing.bus(of: upper, index)
                lines.append(
                    Line(path: "M\(bus) \(y)H\(box.x)", link: link, label: Point(x: box.x - 8, y: y - 5, isEnd: true))
                )
                let old = reach[upper] ?? (upper.middle, upper.middle)
                reach[upper] = (min(old.top, y), max(old.bottom, y))
            }
        }
        for (place, uppers) in byPlace.sorted(by: { $0.key < $1.key }) where tree.children[place] != nil {
            for (index, upper) in uppers.enumerated() {
                guard let reach = reach[upper] else { continue }
                let bus = ClusterDrawing.bus(of: upper, index)
                trunks.append("M\(upper.right) \(upper.middle)H\(bus)M\(bus) \(reach.top)V\(reach.bottom)")
            }
        }
    }

    private static func bus(of upper: Box, _ index: Int) -> Int { upper.right + 14 + 9 * min(index, 3) }

    /// So that what comes from several nodes of one place is told apart.
    private static func shift(_ index: Int, of count: Int) -> Int {
        guard count > 1 else { return 0 }
        return (2 * min(index, 3) - min(count - 1, 3)) * 9 / 2
    }

    /// A link that the tree has no place for: beside its column, or across.
    private static func free(_ link: StatusReport.Link, _ upper: Box, _ lower: Box) -> Line {
        let (a, b) = upper.column <= lower.column ? (upper, lower) : (lower, upper)
        guard a.column == b.column else {
            let middle = (a.right + b.x) / 2
            return Line(
                path:
                    "M\(a.right) \(a.middle + 8)C\(middle) \(a.middle + 8) \(middle) \(b.middle + 8) \(b.x) \(b.middle + 8)",
                link: link,
                label: Point(x: b.x - 8, y: b.middle + 20, isEnd: true)
            )
        }
        let (top, bottom) = a.y <= b.y ? (a, b) : (b, a)
        let (from, to) = (top.middle + 8, bottom.middle - 8)
        // The further apart, the further out, so that they do not run into one another.
        let out = top.right + 22 + min(6, (bottom.y - top.y) / pitch) * 8
        return Line(
            path: "M\(top.right) \(from)C\(out) \(from) \(out) \(to) \(top.right) \(to)",
            link: link,
            label: Point(x: top.right + (out - top.right) * 3 / 4 + 6, y: (from + to) / 2 + 4)
        )
    }
}

extension ClusterDrawing {
    /// The places that have nodes, with those above them.
    private struct Tree {
        /// Ids of each place's nodes, by their names.
        var nodes: [String: [String]] = [:]
        var parents: [String: String] = [:]
        var children: [String: [String]] = [:]
        /// By code; what no place of the chain is known of comes last.
        var roots: [String] = []

        init(_ rows: [StatusReport.Row], _ places: [Place]) {
            let known = Dictionary(places.map { ($0.code, $0) }) { first, _ in first }
            for row in rows.sorted(by: { ($0.node, $0.id) < ($1.node, $1.id) }) {
                nodes[row.placeCode, default: []].append(row.id)
            }
            var codes: [String] = []
            var seen: Set<String> = []
            for code in nodes.keys.sorted() {
                var line = code
                while seen.insert(line).inserted {
                    codes.append(line)
                    guard let parent = known[line]?.parent, known[parent] != nil, !isAbove(line, parent) else { break }
                    parents[line] = parent
                    line = parent
                }
            }
            codes.sort()
            for code in codes {
                if let parent = parents[code] { children[parent, default: []].append(code) }
            }
            let tops = codes.filter { parents[$0] == nil }
            roots = tops.filter { known[$0] != nil } + tops.filter { known[$0] == nil }
        }

        /// Whether the one is the other or above it, as far as is known.
        private func isAbove(_ upper: String, _ lower: String) -> Bool {
            var place: String? = lower
            while let code = place {
                if code == upper { return true }
                place = parents[code]
            }
            return false
        }
    }
}
