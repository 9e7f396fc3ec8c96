import LiandongCore

// Who may hold which op's bytes: the nodes of the audience that it was written in, and those of audiences that it was
// rightly carried into. The model rests on what authors made durable and on the tree, never on what a receiver thinks.
extension SimulationRun {
    /// A text for one more value, to stand in one op.
    ///
    /// - Parameter audience: where the op is to be written; nil where its command decides that.
    mutating func mark(for audience: Int? = nil) -> [UInt8] {
        marks.append(SimulatedMark(audience: audience))
        return SimulatedMark.bytes(marks.count - 1)
    }

    /// The same as text.
    mutating func tag(for audience: Int? = nil) -> String { String(decoding: mark(for: audience), as: UTF8.self) }

    /// Takes note of what became durable at its author: where it was written, given to and carried.
    mutating func noteWritten(_ delta: Delta, by index: Int) throws {
        guard let audience = nodes[index].replica.storage.audience(delta.lane.audience) else {
            throw failure("node \(index) wrote for an audience that it does not know")
        }
        let number = self.audience(audience)
        for case .held(_, let bytes) in delta.ops {
            guard let op = try? Op(decoding: bytes) else { continue }
            switch op.change {
            case .carry: noteCarry(op, into: number)
            case .given: try noteGiven(op, in: number, delta.header, by: index)
            case .left: noteLeft(op, of: delta.id, in: number, by: index)
            case .write, .remove, .erase, .unknown:
                for mark in SimulatedMark.numbers(in: bytes) where marks.indices.contains(mark) {
                    guard marks[mark].audience ?? number == number || nodes[index].liar != nil else {
                        throw failure("node \(index) wrote in audience \(number) what is for another")
                    }
                    marks[mark].audience = marks[mark].audience ?? number
                }
            }
        }
    }

    /// A record is for one more audience: its giver must be of both, and nobody else may come in than was asked for.
    private mutating func noteGiven(_ op: Op, in number: Int, _ header: DeltaHeader, by index: Int) throws {
        guard let given = try? Given(decoding: op.value) else { return }
        counters.note(.givens)
        let further = audience(given.audience)
        let giver = nodes[index]
        if giver.liar == nil {
            guard [number, further].allSatisfy({ isEntitled(giver.id, to: $0, atHeight: header.epoch.district) })
            else { throw failure("node \(index) gives record \(op.record) from or to where it is not of") }
            let known = (works.audiences(of: op.record) + [number]).flatMap { audiences[$0].members.map(\.place) }
            let asked = Set(known).union(works.offered[op.record] ?? [])
            let members = audiences[further].members
            let isWhole = members.count == 1 && members[0].isBelow && asked.count > Audience.memberLimit
            guard isWhole || members.allSatisfy({ asked.contains($0.place) }) else {
                throw failure("node \(index) gives record \(op.record) to more than was asked for")
            }
        }
        works.givens[op.record, default: []].insert(further)
    }

    /// The op that a carry brings may be seen where it is carried to; what else stands in the carry may not.
    private mutating func noteCarry(_ carry: Op, into number: Int) {
        counters.note(.carries)
        guard let excerpt = try? Excerpt(decoding: carry.value), let op = try? Op(decoding: excerpt.op),
            op.record == carry.record, works.givens[op.record]?.contains(number) == true
        else { return }
        for mark in SimulatedMark.numbers(in: excerpt.op) where marks.indices.contains(mark) {
            marks[mark].further.insert(number)
        }
    }

    private func isEntitled(_ node: NodeID, to audience: Int, atHeight height: UInt64) -> Bool {
        town.isEntitled(node, to: audiences[audience], atHeight: height)
    }

    /// Whether a mark may be seen where a predicate of an audience says.
    private func isFor(_ mark: SimulatedMark, _ isMeant: (SimulatedAudience) -> Bool) -> Bool {
        mark.audience.map { isMeant(audiences[$0]) } ?? false || mark.further.contains { isMeant(audiences[$0]) }
    }

    // MARK: Checks

    /// No byte of an op goes to a node that is not entitled, by the chain that its sender has.
    mutating func checkOnTheWire(_ frame: [UInt8], from sender: Int, to receiver: Int) throws {
        let height = nodes[sender].engine?.authority.height ?? 0
        for number in SimulatedMark.numbers(in: frame) {
            counters.note(.markersOnTheWire)
            guard marks.indices.contains(number), let audience = marks[number].audience else {
                throw failure("node \(sender) sends a value, which its author had not made durable")
            }
            guard isFor(marks[number], { town.isEntitled(nodes[receiver].id, to: $0, atHeight: height) }) else {
                throw failure("node \(sender) sends node \(receiver) what is for audience \(audience)")
            }
        }
    }

    /// No byte of an op is held by a node that was never entitled, and no carry shows anything of another record.
    func checkEntitled(_ stored: StoredDelta, at index: Int) throws {
        let node = nodes[index]
        guard let lane = audienceNumbers[stored.delta.lane.audience] else {
            // Its own, of a command whose commit is under way.
            guard stored.source != nil else { return }
            throw failure("node \(index) holds a delta for an audience that nobody wrote for")
        }
        guard town.wasEverEntitled(node.id, to: audiences[lane]) else {
            throw failure("node \(index) holds a delta that is for audience \(lane)")
        }
        for case .held(_, let bytes) in stored.delta.ops {
            for number in SimulatedMark.numbers(in: bytes) {
                if stored.source == nil, marks.indices.contains(number), marks[number].audience == nil { continue }
                guard marks.indices.contains(number),
                    isFor(marks[number], { town.wasEverEntitled(node.id, to: $0) })
                else {
                    let audience = marks.indices.contains(number) ? marks[number].audience : nil
                    throw failure("node \(index) holds an op that is for audience \(audience ?? -1)")
                }
            }
        }
    }
}
