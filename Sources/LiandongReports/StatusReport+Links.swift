import LiandongCore

extension StatusReport {
    /// A connection between two nodes, by the newest word of either end.
    package struct Link: Codable, Sendable, Hashable {
        /// The NodeID of the end that is higher in the tree; of two that are not, the lesser.
        package let upper: String
        package let lower: String
        package let kind: Kind
        package let state: State
        /// Since when it is so, by the clock of the node that tells it.
        package let since: String
        /// The NodeID of the end whose word this is.
        package let toldBy: String

        /// What two nodes are to one another in the tree of places.
        package enum Kind: String, Codable, Sendable, CaseIterable {
            /// One serves the place right above the other's.
            case tree
            /// Both serve one place.
            case sibling
            /// Neither is above the other: a way that an operator made, or one to hand something over.
            case lateral
            /// One is further up: taken while nothing between can be reached.
            case fallback
        }

        package enum State: String, Codable, Sendable, CaseIterable {
            case up, down
            /// Taken out of service at one end.
            case paused
            /// The word of neither end is new.
            case unknown
        }
    }
}

extension StatusReport.Link {
    private struct Pair: Hashable {
        let upper: NodeID
        let lower: NodeID
    }

    private struct Word {
        let link: BeatState.Link
        let author: NodeID
        let at: Instant
        /// This one's newer, but for a pause: the end that did not make it knows of a silence alone.
        func outweighs(_ other: Word) -> Bool {
            link.isPaused != other.link.isPaused ? link.isPaused : at > other.at
        }
    }

    /// - Complexity: O(links told).
    static func all(among nodes: [Enrolment], _ engine: SyncEngine, at now: Instant) -> [StatusReport.Link] {
        let places = Dictionary(nodes.map { ($0.node, $0.place) }) { first, _ in first }
        var words: [Pair: Word] = [:]
        for author in places.keys {
            let beat = engine.beatState(of: author)
            let isSelf = author == engine.node
            for link in isSelf ? engine.links : beat?.links ?? [] {
                guard let ours = places[author], let theirs = places[link.peer], author != link.peer else { continue }
                let isUpper = engine.authority.isAbove((ours, author), (theirs, link.peer))
                let pair = Pair(upper: isUpper ? author : link.peer, lower: isUpper ? link.peer : author)
                let word = Word(link: link, author: author, at: isSelf ? now : beat?.time ?? now)
                if words[pair].map(word.outweighs) ?? true { words[pair] = word }
            }
        }
        return words.sorted { ($0.key.upper, $0.key.lower) < ($1.key.upper, $1.key.lower) }.map { pair, word in
            StatusReport.Link(
                upper: "\(pair.upper)",
                lower: "\(pair.lower)",
                kind: kind(places[pair.upper], places[pair.lower], engine.authority),
                state: state(word.link, age: now.milliseconds(since: word.at)),
                since: word.link.since.iso8601,
                toldBy: "\(word.author)"
            )
        }
    }

    private static func state(_ link: BeatState.Link, age: Int64) -> State {
        if link.isPaused { return .paused }
        if age > StatusReport.silenceLimit { return .unknown }
        return link.isUp ? .up : .down
    }

    private static func kind(_ upper: PlaceID?, _ lower: PlaceID?, _ authority: AuthorityState) -> Kind {
        guard let upper, let lower else { return .lateral }
        if upper == lower { return .sibling }
        if authority.places[lower]?.parent == upper { return .tree }
        return authority.isWithin(lower, upper) ? .fallback : .lateral
    }
}

extension AuthorityState {
    /// Whether the first stands above the second in the tree, or before it.
    fileprivate func isAbove(_ a: (place: PlaceID, node: NodeID), _ b: (place: PlaceID, node: NodeID)) -> Bool {
        if a.place != b.place, isWithin(b.place, a.place) { return true }
        if a.place != b.place, isWithin(a.place, b.place) { return false }
        return a.node < b.node
    }
}
