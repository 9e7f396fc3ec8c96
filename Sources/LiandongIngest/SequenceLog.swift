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
    }

    static let runLimit = 4
    static let rangeLimit = 64

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
        var index = runs.lastIndex { $0.boot == sequence.boot }
        if sequence.boot.isEmpty, let known = index, isAnotherRun(runs[known], sequence.number, at) { index = nil }
        guard let index else {
            let turn = runs.last { $0.boot == sequence.boot }.map { $0.turn + 1 } ?? 0
            if !runs.isEmpty { resets += 1 }
            runs.append(Run(boot: sequence.boot, turn: turn))
            if runs.count > SequenceLog.runLimit { runs.removeFirst() }
            return (insert(sequence.number, at, into: runs.count - 1), turn)
        }
        // What was sent again after a restart is of the run before, and its own time says so.
        if sequence.boot.isEmpty, let at, let earlier = earlier(than: index, sequence.number, at) {
            return (insert(sequence.number, at, into: earlier), runs[earlier].turn)
        }
        return (insert(sequence.number, at, into: index), runs[index].turn)
    }

    /// A smaller number at a later time: the device has begun anew.
    private func isAnotherRun(_ run: Run, _ number: UInt64, _ at: Instant?) -> Bool {
        guard let at, let lastAt = run.lastAt, let greatest = run.ranges.last?.upperBound else { return false }
        return number <= greatest && at > lastAt
    }

    /// The run before, when the time lies before the first of the newest.
    private func earlier(than index: Int, _ number: UInt64, _ at: Instant) -> Int? {
        guard index > 0, runs[index - 1].boot == runs[index].boot, let end = runs[index - 1].lastAt else { return nil }
        return at <= end ? index - 1 : nil
    }

    private mutating func insert(_ number: UInt64, _ at: Instant?, into index: Int) -> Verdict {
        var run = runs[index]
        defer { runs[index] = run }
        guard number >= run.floor else { return .tooOld }
        let position = run.ranges.firstIndex { $0.upperBound >= number } ?? run.ranges.endIndex
        if position < run.ranges.endIndex, run.ranges[position].contains(number) { return .duplicate }
        if run.ranges.last.map({ number > $0.upperBound }) ?? true { run.lastAt = at ?? run.lastAt }
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
        }
    }

    init?(_ reader: inout ByteReader) {
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
