package import LiandongCore
import LiandongDomain

/// Which of a device's messages have come: by its runs, the numbers seen of each as ranges.
package struct SequenceLog: Sendable, Hashable {
    /// What becomes of a message.
    package enum Verdict: Sendable, Hashable {
        case new
        /// It came before, and had its effect.
        case duplicate
        /// It may have come before: too much has come since to tell.
        case tooOld
    }

    /// One run of a device, from its start to the next.
    struct Run: Sendable, Hashable {
        let boot: String
        /// Counts runs that only their times tell apart.
        let turn: UInt64
        /// Apart from each other, ascending.
        var ranges: [ClosedRange<UInt64>] = []
        /// What stands below cannot be told any more.
        var floor: UInt64 = 0
        /// The device's time of the greatest number.
        var lastAt: Instant?
        /// Some numbers with their times, ascending, where only times tell runs apart: the smallest, the greatest, and
        /// fewer the further back.
        var marks: [Mark] = []
    }

    /// When the device said that it sent a number.
    struct Mark: Sendable, Hashable {
        let number: UInt64
        let at: Instant
    }

    static let runLimit = 4
    static let rangeLimit = 64
    static let markLimit = 16
    /// A clock may be set back by so much within a run.
    fileprivate static let setBackMilliseconds: Int64 = 15 * 60_000

    /// The newest last.
    private(set) var runs: [Run] = []
    /// Runs that began.
    package private(set) var resets: UInt64 = 0

    package init() {}

    /// Numbers that were passed over and have not come.
    package var missing: UInt64 {
        runs.reduce(0) { sum, run in
            sum
                + zip(run.ranges, run.ranges.dropFirst()).reduce(0) { $0 + ($1.1.lowerBound - $1.0.upperBound - 1) }
        }
    }

    /// The greatest number of the newest run.
    package var latest: UInt64? { runs.last?.ranges.last?.upperBound }

    /// Notes a message.
    ///
    /// - Parameter at: the device's own time of it.
    /// - Returns: the verdict, and the turn that names the run together with its boot.
    package mutating func note(_ sequence: DeviceMessage.Sequence, at: Instant?) -> (verdict: Verdict, turn: UInt64) {
        guard let newest = runs.lastIndex(where: { $0.boot == sequence.boot }) else { return begin(sequence, at) }
        guard sequence.boot.isEmpty, let at else {
            return (insert(sequence.number, at, into: newest), runs[newest].turn)
        }
        guard let index = run(of: sequence.number, at, newest: newest) else { return begin(sequence, at) }
        return (insert(sequence.number, at, into: index), runs[index].turn)
    }

    private mutating func begin(_ sequence: DeviceMessage.Sequence, _ at: Instant?) -> (verdict: Verdict, turn: UInt64)
    {
        let turn = runs.last { $0.boot == sequence.boot }.map { $0.turn + 1 } ?? 0
        if !runs.isEmpty { resets += 1 }
        runs.append(Run(boot: sequence.boot, turn: turn))
        if runs.count > SequenceLog.runLimit { runs.removeFirst() }
        return (insert(sequence.number, at, into: runs.count - 1), turn)
    }

    /// The run that a number without a boot is of, by its time; nil: it begins another.
    ///
    /// In doubt it is new: a call for help that counts twice is better than one that is lost.
    private func run(of number: UInt64, _ at: Instant, newest: Int) -> Int? {
        guard let greatest = runs[newest].ranges.last?.upperBound, let lastAt = runs[newest].lastAt else {
            return newest
        }
        if number > greatest, at >= lastAt {
            let older = runs.indices.prefix(newest).last { runs[$0].boot.isEmpty && runs[$0].admits(number, at) }
            guard let older else { return newest }
            let isNext = number == greatest + 1 && at.milliseconds(since: lastAt) <= runs[older].stretch(about: number)
            return isNext ? newest : older
        }
        var laterBegan: Instant?
        for index in runs.indices.prefix(newest + 1).reversed() where runs[index].boot.isEmpty {
            let run = runs[index]
            if run.admits(number, at) { return index }
            // What was not sent before a restart comes after it.
            if let laterBegan, let last = run.ranges.last?.upperBound, number > last, let end = run.lastAt, at > end,
                at < laterBegan
            {
                return index
            }
            laterBegan = run.marks.first?.at
        }
        return number > greatest ? newest : nil
    }

    private mutating func insert(_ number: UInt64, _ at: Instant?, into index: Int) -> Verdict {
        var run = runs[index]
        defer { runs[index] = run }
        guard number >= run.floor else { return .tooOld }
        let position = run.ranges.firstIndex { $0.upperBound >= number } ?? run.ranges.endIndex
        if position < run.ranges.endIndex, run.ranges[position].contains(number) { return .duplicate }
        if run.ranges.last.map({ number > $0.upperBound }) ?? true { run.lastAt = at ?? run.lastAt }
        if run.boot.isEmpty, let at { run.mark(number, at) }
        var (lower, upper) = (number, number)
        var replaced = position..<position
        if position > 0, run.ranges[position - 1].upperBound + 1 == number {
            lower = run.ranges[position - 1].lowerBound
            replaced = position - 1..<replaced.upperBound
        }
        if position < run.ranges.endIndex, run.ranges[position].lowerBound == number + 1 {
            upper = run.ranges[position].upperBound
            replaced = replaced.lowerBound..<position + 1
        }
        run.ranges.replaceSubrange(replaced, with: [lower...upper])
        if run.ranges.count > SequenceLog.rangeLimit {
            // The oldest gap is given up: what would fill it is not taken for new and not for known.
            run.floor = run.ranges.removeFirst().upperBound + 1
        }
        return .new
    }
}

extension SequenceLog.Run {
    /// Whether a number at a time can be one of those up to the greatest: sent again, or one that was passed over.
    fileprivate func admits(_ number: UInt64, _ at: Instant) -> Bool {
        guard let greatest = ranges.last?.upperBound, let lastAt, number <= greatest, at <= lastAt else { return false }
        guard let next = marks.firstIndex(where: { $0.number >= number }) else { return true }
        guard marks[next].number != number else { return marks[next].at == at }
        guard at <= marks[next].at else { return false }
        return next == 0 || marks[next - 1].at.milliseconds(since: at) <= SequenceLog.setBackMilliseconds
    }

    /// How far apart the times are that are remembered on both sides of a number; milliseconds.
    fileprivate func stretch(about number: UInt64) -> Int64 {
        guard let next = marks.firstIndex(where: { $0.number >= number }), next > 0, marks[next].number != number else {
            return 0
        }
        return marks[next].at.milliseconds(since: marks[next - 1].at)
    }

    /// Remembers when a number was sent, where it is the smallest or the greatest.
    fileprivate mutating func mark(_ number: UInt64, _ at: Instant) {
        let mark = SequenceLog.Mark(number: number, at: at)
        guard let first = marks.first, let last = marks.last else {
            marks = [mark]
            return
        }
        if number < first.number {
            marks.insert(mark, at: 0)
        } else if number > last.number {
            marks.append(mark)
        }
        guard marks.count > SequenceLog.markLimit else { return }
        // Every second one between the two ends.
        let inner = marks.dropFirst().dropLast().enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        marks = [marks[0]] + inner + [marks[marks.count - 1]]
    }
}

// MARK: - In rows

extension SequenceLog {
    func write(to writer: inout ByteWriter) {
        writer.put(resets)
        writer.put(UInt64(runs.count))
        for run in runs {
            writer.put(text: run.boot)
            writer.put(run.turn)
            writer.put(run.floor)
            writer.put(run.lastAt)
            writer.put(UInt64(run.ranges.count))
            for range in run.ranges {
                writer.put(range.lowerBound)
                writer.put(range.upperBound - range.lowerBound)
            }
            writer.put(UInt64(run.marks.count))
            for mark in run.marks {
                writer.put(mark.number)
                writer.put(fixed: UInt64(bitPattern: mark.at.milliseconds))
            }
        }
    }

    /// - Parameter version: of the device's state; before the second there were no marks.
    init?(_ reader: inout ByteReader, version: UInt64) {
        guard let resets = reader.word(), let count = reader.word(), count <= Self.runLimit else { return nil }
        self.resets = resets
        for _ in 0..<count {
            guard let boot = reader.text(), let turn = reader.word(), let floor = reader.word(),
                let lastAt = reader.instant(), let ranges = reader.word(), ranges <= Self.rangeLimit
            else { return nil }
            var run = Run(boot: boot, turn: turn, floor: floor, lastAt: lastAt.value)
            for _ in 0..<ranges {
                guard let lower = reader.word(), let length = reader.word() else { return nil }
                let (upper, overflow) = lower.addingReportingOverflow(length)
                guard !overflow else { return nil }
                run.ranges.append(lower...upper)
            }
            if version >= 2 {
                guard let marks = reader.word(), marks <= Self.markLimit else { return nil }
                for _ in 0..<marks {
                    guard let number = reader.word(), let at = reader.fixed() else { return nil }
                    run.marks.append(.init(number: number, at: Instant(milliseconds: Int64(bitPattern: at))))
                }
            }
            runs.append(run)
        }
    }
}

/// A value that may be absent, where absence of the bytes is another thing.
struct Maybe<Value> {
    let value: Value?
}

extension ByteWriter {
    /// An instant or none.
    mutating func put(_ instant: Instant?) {
        put(instant == nil ? 0 : 1)
        if let instant { put(fixed: UInt64(bitPattern: instant.milliseconds)) }
    }
}

extension ByteReader {
    mutating func instant() -> Maybe<Instant>? {
        switch word() {
        case 0: Maybe(value: nil)
        case 1: fixed().map { Maybe(value: Instant(milliseconds: Int64(bitPattern: $0))) }
        default: nil
        }
    }
}
