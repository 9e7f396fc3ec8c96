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
        ///
        /// Of a link that was never up while that node runs: since the other end was last heard of, by that end's clock.
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
        let since: Instant
        /// This one's newer, but for a pause: the end that did not make it knows of a silence alone.
        func outweighs(_ other: Word) -> Bool {
            link.isPaused != other.link.isPaused ? link.isPaused : at > other.at
        }
    }

    /// What a node says of its own links, when it said so.
    struct Telling {
        let author: NodeID
        let place: PlaceID
        let at: Instant
        /// Since when it runs.
        let startedAt: Instant
        let links: [BeatState.Link]
    }

    static func all(among nodes: [Enrolment], _ engine: SyncEngine, at now: Instant) -> [StatusReport.Link] {
        let told = nodes.map { node in
            let beat = engine.beatState(of: node.node)
            return node.node == engine.node
                ? Telling(
                    author: node.node,
                    place: node.place,
                    at: now,
                    startedAt: engine.startedAt,
                    links: engine.links
                )
                : Telling(
                    author: node.node,
                    place: node.place,
                    at: beat?.time ?? now,
                    startedAt: beat?.startedAt ?? now,
                    links: beat?.links ?? []
                )
        }
        return all(told, engine.authority, at: now)
    }

    /// Links to who is not among those that may tell are left out.
    ///
    /// - Complexity: O(links told).
    static func all(_ told: [Telling], _ authority: AuthorityState, at now: Instant) -> [StatusReport.Link] {
        let places = Dictionary(told.map { ($0.author, $0.place) }) { first, _ in first }
        let heardAt = Dictionary(told.map { ($0.author, $0.at) }) { first, _ in first }
        var words: [Pair: Word] = [:]
        for telling in told {
            for link in telling.links {
                guard let place = places[link.peer], telling.author != link.peer else { continue }
                let isUpper = authority.isAbove((telling.place, telling.author), (place, link.peer))
                let pair = Pair(
                    upper: isUpper ? telling.author : link.peer,
                    lower: isUpper ? link.peer : telling.author
                )
                let isDownFromStart = !link.isUp && !link.isPaused && link.since <= telling.startedAt
                let since = isDownFromStart ? min(link.since, heardAt[link.peer] ?? link.since) : link.since
                let word = Word(link: link, author: telling.author, at: telling.at, since: since)
                if words[pair].map(word.outweighs) ?? true { words[pair] = word }
            }
        }
        return words.sorted { ($0.key.upper, $0.key.lower) < ($1.key.upper, $1.key.lower) }.map { pair, word in
            StatusReport.Link(
                upper: "\(pair.upper)",
                lower: "\(pair.lower)",
                kind: kind(places[pair.upper], places[pair.lower], authority),
                state: state(word.link, age: now.milliseconds(since: word.at)),
                since: word.since.iso8601,
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
