/// One change of one cell of one record.
package struct Op: Hashable, Sendable {
    /// What the op does to its cell.
    package enum Change: Hashable, Sendable {
        /// Sets a register, adds a value or an element, appends an entry.
        case write
        /// Takes away what its context covers.
        case remove
        /// Takes every personal value of the record away for ever, in the audience it is written in: earlier ones and
        /// later ones.
        case erase
        /// Names a further audience that the record is for.
        case given
        /// Brings an op of the record to an audience that did not get its delta: the value is an ``Excerpt``.
        case carry
        /// Lets go of ops of the record in the audience it is written in: the value is a ``Left``.
        case left
        /// A type this build does not know: kept and forwarded, not materialised.
        case unknown(Int)
    }

    package let record: RecordID
    package let field: Field
    /// A set's element or a log entry's id; empty for registers and multi-values.
    package let element: [UInt8]
    package let value: [UInt8]
    package let change: Change
    /// For each lane that wrote the cell the highest position seen: multi-value writes and removes only.
    package let context: CellContext
    /// The stamp just above the latest one its author had seen in the record, when the header's is not later.
    package let floor: HLC?
    /// In the creating op only: what the record id commits to.
    package let nonce: Nonce?

    package init(
        record: RecordID,
        field: Field,
        element: [UInt8] = [],
        value: [UInt8] = [],
        change: Change = .write,
        context: CellContext = CellContext(),
        floor: HLC? = nil,
        nonce: Nonce? = nil
    ) {
        self.record = record
        self.field = field
        self.element = element
        self.value = value
        self.change = change
        self.context = context
        self.floor = floor
        self.nonce = nonce
    }
}

/// A field of a kind of record: kind × 100 + number.
///
/// Number 0 is the creation.
package struct Field: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let code: UInt32

    package init(code: UInt32) { self.code = code }

    package init(kind: RecordKind, number: UInt32) { self.code = kind.code * 100 + number }

    package var kind: RecordKind { RecordKind(code: code / 100) }
    package var isCreation: Bool { code % 100 == 0 }

    /// Whom a record of the kind is for, as its givens say: number 99 of every kind.
    package static func audiences(of kind: RecordKind) -> Field { Field(kind: kind, number: 99) }
    package var isAudiences: Bool { code % 100 == 99 }

    /// What was carried where: number 98 of every kind, in cells only, never in an op.
    static func carried(of kind: RecordKind) -> Field { Field(kind: kind, number: 98) }
    package var isCarried: Bool { code % 100 == 98 }

    /// The lefts of a record: number 97 of every kind, in cells only, never in an op.
    static func left(of kind: RecordKind) -> Field { Field(kind: kind, number: 97) }
    package var isLeft: Bool { code % 100 == 97 }

    /// Whether entries are of the record itself, and do not say where it is.
    package var isShown: Bool { !isAudiences && !isCarried && !isLeft }

    package var description: String { "\(code)" }

    package static func < (a: Field, b: Field) -> Bool { a.code < b.code }
}

/// A kind of record: registration, work order, consultation.
package struct RecordKind: Hashable, Sendable, Comparable {
    package let code: UInt32

    package init(code: UInt32) { self.code = code }

    package static func < (a: RecordKind, b: RecordKind) -> Bool { a.code < b.code }
}

/// For each lane that wrote a cell, the highest position seen.
///
/// Whatever stands in the cell at or below it is superseded. Joining is commutative, associative and idempotent.
package struct CellContext: Hashable, Sendable {
    /// Sorted by lane, one entry a lane.
    package private(set) var entries: [Entry] = []

    /// The highest position seen of one lane.
    package struct Entry: Hashable, Sendable {
        package let lane: LaneID
        package let position: LanePosition

        package init(lane: LaneID, position: LanePosition) {
            self.lane = lane
            self.position = position
        }
    }

    package init() {}

    package init(_ entries: some Sequence<Entry>) {
        for entry in entries { insert(entry.lane, entry.position) }
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// Whether an op of that lane at that position is superseded.
    package func covers(_ lane: LaneID, _ position: LanePosition) -> Bool {
        guard let entry = entries.first(where: { $0.lane == lane }) else { return false }
        return position <= entry.position
    }

    /// Keeps the larger of what is known and this position.
    package mutating func insert(_ lane: LaneID, _ position: LanePosition) {
        if let index = entries.firstIndex(where: { $0.lane >= lane }) {
            if entries[index].lane == lane {
                if entries[index].position < position { entries[index] = Entry(lane: lane, position: position) }
            } else {
                entries.insert(Entry(lane: lane, position: position), at: index)
            }
        } else {
            entries.append(Entry(lane: lane, position: position))
        }
    }

    /// Keeps for each lane the larger position of both.
    package mutating func join(_ other: CellContext) {
        for entry in other.entries { insert(entry.lane, entry.position) }
    }
}
