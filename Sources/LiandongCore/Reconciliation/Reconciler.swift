/// One side of a reconciliation of two replicas' lanes: finds what either lacks, at a cost that follows the difference.
///
/// Holds no socket, clock or storage. Both sides speak in turn. First stretches of lanes are narrowed down by
/// fingerprints, then each side tells which seqs it holds of the lanes that differ: lanes are numbered without gaps, so
/// that names every missing delta without one id. A lane of which both hold the same seqs but not the same deltas (a
/// fork, bytes dropped at one side) is narrowed down along its digest tree. What a pass leaves out, by chance or at a
/// limit, the next one finds.
///
/// Both sides must be given the lanes of the same audiences: those that each is entitled to, by one authority state.
package struct Reconciler: Sendable {
    /// What the caller does next, in this order.
    package struct Step: Sendable {
        /// To be sent.
        package var message: ReconciliationMessage?
        /// To be read from the storage and handed to ``nodesRead(_:)``; no message comes in meanwhile.
        package var reads: [NodeRead] = []
        /// The pass is over: ``differences`` are complete.
        package var isFinished = false
    }

    /// A node of a lane's digest tree whose children are asked for: ``LaneDigest/children(of:lane:in:_:)``.
    package struct NodeRead: Sendable, Hashable {
        package let lane: Int64
        package let node: LaneNodeName
    }

    /// What the two sides differ in of one lane.
    package struct Difference: Sendable, Hashable {
        package let lane: LaneSummary
        /// Held here, and there not or otherwise.
        package let offered: SeqSet
        /// Held there and not here.
        package let lacking: SeqSet
        /// Held at both sides, and not the same.
        package let differing: SeqSet
    }

    /// A stretch with so few lanes is told lane by lane.
    static let tagLimit = 24
    /// Bytes after which a turn ends; what is left waits for the next.
    static let turnByteLimit = 192 * 1024
    /// Turns of one side after which a pass is over: an honest one of a million lanes needs a fifth.
    static let turnLimit = 2_048
    /// Stretches and nodes that wait to be told; what is beyond is left to the next pass.
    static let queueLimit = 65_536
    /// Nodes read for one turn.
    static let readLimit = 256

    private enum State {
        /// The initiator's, before its first word; the responder's, before it has heard it.
        case waiting
        /// The other side's turn.
        case listening(saidNothing: Bool)
        /// Nodes are being read before this side's turn.
        case reading([ReconciliationMessage.Node], own: [NodeInLane], heardNothing: Bool, saidNothing: Bool)
        case finished
    }

    private struct NodeInLane: Hashable {
        let lane: Int
        let name: LaneNodeName
    }

    private let isInitiator: Bool
    private let cryptography: Cryptography
    private var state = State.waiting
    private var given: [LaneSummary]
    private var lanes: SaltedLanes?
    private var turns = 0
    /// What this side's turn holds so far.
    private var turn = ReconciliationMessage()

    private var stretches: [LanePrefix] = []
    private var untold: [Int] = []
    private var descents: [NodeInLane] = []
    private var wanted: [UInt32] = []
    private var found: [Int: SeqSet] = [:]
    /// The lanes whose tags were told in the turn before, in their order.
    private var tagged: [Int] = []

    /// Lanes that differ, and whether their positions are told or about to be.
    private var isTold: [Int: Bool] = [:]
    private var theirs: [Int: ReconciliationMessage.Position] = [:]
    private var differing: [Int: SeqSet] = [:]

    /// Lanes that the other side told of and that are unknown here.
    package private(set) var unknownLanes = 0
    /// Something was left to the next pass, at a limit.
    package private(set) var isPartial = false

    /// - Parameter lanes: in any order.
    package init(initiator: Bool, lanes: [LaneSummary], _ cryptography: Cryptography) {
        self.isInitiator = initiator
        self.given = lanes
        self.cryptography = cryptography
    }

    /// The same with lanes that are in the order of the pass already, so that nothing is hashed here.
    package init(initiator: Bool, ordered lanes: SaltedLanes, _ cryptography: Cryptography) {
        self.isInitiator = initiator
        self.given = []
        self.lanes = lanes
        self.cryptography = cryptography
    }

    // MARK: Turns

    /// The initiator's first turn.
    ///
    /// - Parameter salt: sixteen bytes that nobody else could know before.
    package mutating func begin(salt: [UInt8]) -> ReconciliationMessage {
        precondition(isInitiator, "only the initiator begins")
        let lanes = order(salt)
        state = .listening(saidNothing: false)
        var message = ReconciliationMessage()
        message.opening = .init(salt: salt, root: Bytes16(high: lanes.root.0, low: lanes.root.1))
        return message
    }

    private mutating func order(_ salt: [UInt8]) -> SaltedLanes {
        if let lanes {
            precondition(lanes.salt == salt, "the lanes are in the order of another pass")
            return lanes
        }
        let lanes = SaltedLanes(given, salt: salt, cryptography)
        self.lanes = lanes
        given = []
        return lanes
    }

    /// The other side had its turn.
    package mutating func received(_ message: ReconciliationMessage) throws(ReconciliationError) -> Step {
        turns += 1
        guard turns <= Reconciler.turnLimit else {
            throw ReconciliationError(.tooLarge, "a reconciliation of more than \(Reconciler.turnLimit) turns")
        }
        switch state {
        case .waiting:
            guard !isInitiator, let opening = message.opening else {
                throw ReconciliationError(.outOfTurn, "a reconciliation that was not opened")
            }
            let root = order(opening.salt).root
            if Bytes16(high: root.0, low: root.1) != opening.root { stretches.append(.root) }
            return reply(heardNothing: false, saidNothing: false)
        case .listening(let saidNothing):
            guard message.opening == nil else {
                throw ReconciliationError(.outOfTurn, "a reconciliation opened a second time")
            }
            return try take(message, saidNothing: saidNothing)
        case .reading: throw ReconciliationError(.outOfTurn, "two turns of one side without an answer")
        case .finished: throw ReconciliationError(.outOfTurn, "a turn after the last")
        }
    }

    /// The answers to a step's reads, in their order; nodes that are not there have no children.
    package mutating func nodesRead(_ children: [[LaneNodeChild]]) -> Step {
        guard case .reading(let heard, let own, let heardNothing, let saidNothing) = state, let lanes,
            children.count == heard.count + own.count
        else { preconditionFailure("answers to reads that were not asked for") }
        for (node, ours) in zip(heard, children) { compare(node, with: ours, in: lanes) }
        for (node, children) in zip(own, children.dropFirst(heard.count)) {
            let told = children.prefix(LaneDigest.fanout * 4)
            if told.count < children.count { isPartial = true }
            turn.nodes.append(
                .init(
                    lane: lanes.name(node.lane),
                    name: node.name,
                    children: told.map { .init(position: $0.position, tag: lanes.tag(of: $0.digest, cryptography)) }
                )
            )
        }
        return readOrReply(heard: [], heardNothing: heardNothing, saidNothing: saidNothing, in: lanes)
    }

    /// Reads what the other side's nodes are compared with, and the nodes to be told; with nothing to read, replies.
    private mutating func readOrReply(
        heard: [ReconciliationMessage.Node],
        heardNothing: Bool,
        saidNothing: Bool,
        in lanes: SaltedLanes
    ) -> Step {
        // An empty turn says that nothing is left: as long as nodes wait to be told, a turn holds some.
        let own = Array(descents.prefix(max(0, Reconciler.readLimit - turn.nodes.count)))
        descents.removeFirst(own.count)
        guard !heard.isEmpty || !own.isEmpty else { return reply(heardNothing: heardNothing, saidNothing: saidNothing) }
        state = .reading(heard, own: own, heardNothing: heardNothing, saidNothing: saidNothing)
        var step = Step()
        for node in heard {
            guard let index = lanes.index(named: node.lane) else { continue }
            step.reads.append(NodeRead(lane: lanes.lanes[index].number, node: node.name))
        }
        step.reads += own.map { NodeRead(lane: lanes.lanes[$0.lane].number, node: $0.name) }
        return step
    }

    private mutating func take(
        _ message: ReconciliationMessage,
        saidNothing: Bool
    ) throws(ReconciliationError) -> Step {
        guard let lanes else { throw ReconciliationError(.outOfTurn, "a turn before the opening") }
        for index in message.wanted {
            guard tagged.indices.contains(Int(index)) else {
                throw ReconciliationError(.undecodable, "lane \(index) of \(tagged.count) that were named")
            }
            tell(tagged[Int(index)])
        }
        tagged = []
        for split in message.splits { compare(split, in: lanes) }
        var offset: UInt32 = 0
        // Honest lists are of stretches apart from one another: all of them together go through the lanes once.
        guard message.tags.reduce(0, { $0 + lanes.indices(of: $1.prefix).count }) <= lanes.lanes.count else {
            throw ReconciliationError(.undecodable, "tags of stretches that overlap")
        }
        guard message.nodes.count <= Reconciler.readLimit else {
            throw ReconciliationError(
                .tooLarge,
                "\(message.nodes.count) nodes in a turn, at most \(Reconciler.readLimit) are allowed"
            )
        }
        for list in message.tags { compare(list, &offset, in: lanes) }
        for position in message.positions { take(position, in: lanes) }
        for entry in message.differing {
            guard let index = lanes.index(named: entry.lane) else { continue }
            differing[index] = (differing[index] ?? .empty).union(entry.seqs)
        }
        return readOrReply(
            heard: message.nodes.filter { lanes.index(named: $0.lane) != nil },
            heardNothing: message.isEmpty,
            saidNothing: saidNothing,
            in: lanes
        )
    }

    /// This side's turn: what the other needs, as much as fits.
    ///
    /// - Parameters:
    ///   - heardNothing: the other side had nothing to say.
    ///   - saidNothing: nor had this side, the turn before.
    private mutating func reply(heardNothing: Bool, saidNothing: Bool) -> Step {
        guard let lanes else { preconditionFailure("a turn before the opening") }
        var message = turn
        turn = ReconciliationMessage()
        var byteCount = message.nodes.reduce(0) { $0 + 24 + 7 * $1.children.count }
        message.wanted = wanted
        wanted = []
        byteCount += message.wanted.count * 2
        for (lane, seqs) in found.sorted(by: { $0.key < $1.key }) {
            let told = seqs.told(as: lanes.name(lane))
            if told.upTo != nil { isPartial = true }
            message.differing.append(.init(lane: told.lane, seqs: told.held))
        }
        found = [:]
        var next = 0
        while next < stretches.count, byteCount < Reconciler.turnByteLimit {
            let prefix = stretches[next]
            next += 1
            let range = lanes.indices(of: prefix)
            if range.count <= Reconciler.tagLimit || prefix.depth == LanePrefix.depthLimit {
                message.tags.append(.init(prefix: prefix, tags: range.map(lanes.tag)))
                tagged += range
                byteCount += 8 + 4 * range.count
            } else {
                message.splits.append(
                    .init(prefix: prefix, fingerprints: (0..<16).map { lanes.fingerprint(of: prefix.child($0)) })
                )
                byteCount += 72
            }
        }
        stretches.removeFirst(next)
        next = 0
        while next < untold.count, byteCount < Reconciler.turnByteLimit {
            let lane = untold[next]
            next += 1
            let held = lanes.lanes[lane].held
            let told = held.told(as: lanes.name(lane))
            if told.upTo != nil { isPartial = true }
            message.positions.append(told)
            byteCount += 12 + 6 * min(held.ranges.count, SeqSet.rangeLimit)
        }
        untold.removeFirst(next)
        let isLast = message.isEmpty
        var step = Step()
        if !(heardNothing && saidNothing && isLast) { step.message = message }
        step.isFinished = heardNothing && isLast
        state = step.isFinished ? .finished : .listening(saidNothing: isLast)
        return step
    }

    // MARK: Narrowing down

    private mutating func compare(_ split: ReconciliationMessage.Split, in lanes: SaltedLanes) {
        guard split.prefix.depth < LanePrefix.depthLimit else { return }
        for (digit, fingerprint) in split.fingerprints.prefix(16).enumerated() {
            let child = split.prefix.child(digit)
            guard lanes.fingerprint(of: child) != fingerprint else { continue }
            guard stretches.count < Reconciler.queueLimit else {
                isPartial = true
                return
            }
            stretches.append(child)
        }
    }

    private mutating func compare(_ list: ReconciliationMessage.Tags, _ offset: inout UInt32, in lanes: SaltedLanes) {
        var unmatched: [UInt32: [UInt32]] = [:]
        for (place, tag) in list.tags.enumerated() {
            unmatched[tag, default: []].append(offset + UInt32(truncatingIfNeeded: place))
        }
        offset += UInt32(truncatingIfNeeded: list.tags.count)
        var ours: [Int] = []
        for lane in lanes.indices(of: list.prefix) {
            if unmatched[lanes.tag(lane)]?.popLast() == nil { ours.append(lane) }
        }
        let theirs = unmatched.values.flatMap { $0 }.sorted()
        wanted += theirs
        // Where the other side has nothing that is not here too, it has nothing of these lanes: no need to tell it.
        for lane in ours {
            if theirs.isEmpty { isTold[lane] = isTold[lane] ?? false } else { tell(lane) }
        }
    }

    /// Notes that a lane differs, and tells its positions once.
    private mutating func tell(_ lane: Int) {
        guard isTold[lane] != true else { return }
        isTold[lane] = true
        untold.append(lane)
    }

    private mutating func take(_ position: ReconciliationMessage.Position, in lanes: SaltedLanes) {
        guard let lane = lanes.index(named: position.lane) else {
            unknownLanes += 1
            return
        }
        guard theirs.updateValue(position, forKey: lane) == nil else { return }
        if position.upTo != nil { isPartial = true }
        isTold[lane] = isTold[lane] ?? false
        guard isInitiator, position.upTo == nil, position.held == lanes.lanes[lane].held else { return }
        descend(NodeInLane(lane: lane, name: lanes.lanes[lane].top))
    }

    private mutating func descend(_ node: NodeInLane) {
        guard descents.count < Reconciler.queueLimit else {
            isPartial = true
            return
        }
        descents.append(node)
    }

    private mutating func compare(
        _ node: ReconciliationMessage.Node,
        with ours: [LaneNodeChild],
        in lanes: SaltedLanes
    ) {
        guard let lane = lanes.index(named: node.lane) else { return }
        let here = Set(ours.map { Tagged(position: $0.position, tag: lanes.tag(of: $0.digest, cryptography)) })
        let there = Set(node.children.map { Tagged(position: $0.position, tag: $0.tag) })
        let positions = Set(here.symmetricDifference(there).map(\.position)).sorted()
        if node.name.level > 0 {
            for index in positions where node.name.children.contains(index) {
                descend(NodeInLane(lane: lane, name: LaneNodeName(level: node.name.level - 1, index: index)))
            }
        } else {
            let seqs = SeqSet(ascending: positions.filter(node.name.children.contains).map { $0...$0 })
            guard !seqs.isEmpty else { return }
            differing[lane] = (differing[lane] ?? .empty).union(seqs)
            found[lane] = (found[lane] ?? .empty).union(seqs)
        }
    }

    private struct Tagged: Hashable {
        let position: UInt64
        let tag: UInt64
    }

    // MARK: What was found

    /// What differs of the lanes that are known here, in ascending order of their keys.
    package var differences: [Difference] {
        guard let lanes else { return [] }
        var result: [Difference] = []
        for lane in Set(isTold.keys).union(differing.keys) {
            let summary = lanes.lanes[lane]
            let told = theirs[lane]
            let lackingThere = summary.held.subtracting(told?.held ?? .empty)
            let differing = differing[lane] ?? .empty
            result.append(
                Difference(
                    lane: summary,
                    offered: (told?.upTo).map { lackingThere.limited(to: $0) } ?? lackingThere,
                    lacking: told?.held.subtracting(summary.held) ?? .empty,
                    differing: differing
                )
            )
        }
        return result.sorted { $0.lane.key < $1.lane.key }
    }
}

/// A child of a node: its index, or at level 0 its seq, and its digest.
package struct LaneNodeChild: Sendable, Hashable {
    package let position: UInt64
    package let digest: Hash

    package init(position: UInt64, digest: Hash) {
        self.position = position
        self.digest = digest
    }
}
