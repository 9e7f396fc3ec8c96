package import LiandongCore
import LiandongDomain

/// What a node remembers of a device between its messages: kept in a row, beside the effects that it led to.
package struct DeviceState: Sendable, Hashable {
    package internal(set) var sequence = SequenceLog()
    /// When it was last heard of, whatever it said.
    package internal(set) var lastHeard: Instant?
    package internal(set) var counters = Counters()
    /// By rule, `silent` among them.
    var rules: [String: RuleState] = [:]

    package init() {}

    /// Sums since the node first heard of the device.
    package struct Counters: Sendable, Hashable {
        package var messages: UInt64 = 0
        package var readings: UInt64 = 0
        package var duplicates: UInt64 = 0
        /// Readings that came more than 15 minutes after their time.
        package var late: UInt64 = 0
        /// Readings with a time of the future.
        package var ahead: UInt64 = 0
        /// Readings that would have raised an alarm, had they not been late.
        package var withheld: UInt64 = 0
        /// Readings that a rule passed over, as a later one had been told before they came.
        package var passedOver: UInt64 = 0
    }

    /// What a rule waits for, or the episode that it has raised.
    struct RuleState: Sendable, Hashable {
        var pending: Pending?
        var episode: Episode?
        /// The time of the last reading that was judged.
        var lastAt: Instant?

        /// The episode that was cleared last, which goes on where it is raised again soon.
        var ended: Ended?
        /// An episode that flaps seems to be over.
        var clearing: Clearing?

        var isEmpty: Bool { pending == nil && episode == nil && lastAt == nil && ended == nil && clearing == nil }
    }

    /// A condition that holds and has not held for long enough.
    struct Pending: Sendable, Hashable {
        /// By the first reading's time.
        var since: Instant
        /// When that was received.
        var heldSince: Instant
        var input: [UInt8]
        var value: String
        var receivedAt: Instant
        var quality: TimeQuality
    }

    struct Episode: Sendable, Hashable {
        var firstInput: [UInt8]
        var type: String
        var series: String
        var severity: AlarmSeverity
        var quietSeconds: Int
        var lastAt: Instant
        /// Inputs that were written one by one.
        var written: Int
        var lastWritten: Instant
        /// Inputs that the next entry stands for.
        var unwritten: Int

        /// Of the rule that raised it; silence is of no series.
        var key: String { series.isEmpty ? type : type + "/" + series }
    }

    struct Ended: Sendable, Hashable {
        var firstInput: [UInt8]
        /// Inputs that were written one by one.
        var written: Int
        /// When this node cleared it.
        var at: Instant
    }

    struct Clearing: Sendable, Hashable {
        /// When it was received.
        var since: Instant
        var input: [UInt8]
        var at: Instant
        var quality: TimeQuality
    }

    /// The rules whose episodes go on, sorted.
    package var raised: [String] { rules.filter { $0.value.episode != nil }.keys.sorted() }

    /// The episodes that a next input may be added to, by their rules, sorted: momentary ones, and those that were cleared
    /// lately.
    package var open: [(rule: String, firstInput: [UInt8])] {
        rules.sorted { $0.key < $1.key }.compactMap { key, state in
            if let episode = state.episode { return episode.quietSeconds > 0 ? (key, episode.firstInput) : nil }
            return state.ended.map { (key, $0.firstInput) }
        }
    }

    /// What its rules wait for: for `device explain`.
    package var waits: [(rule: String, since: Instant)] {
        rules.sorted { $0.key < $1.key }.compactMap { key, state in state.pending.map { (key, $0.since) } }
    }
}

// MARK: - In rows

extension DeviceState {
    /// Rows of version 1, which builds before this one wrote, are read as well.
    private static let version: UInt64 = 2

    package var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(Self.version)
        sequence.write(to: &writer)
        writer.put(lastHeard)
        for counter in [
            counters.messages, counters.readings, counters.duplicates, counters.late, counters.ahead, counters.withheld,
            counters.passedOver,
        ] { writer.put(counter) }
        let kept = rules.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        writer.put(UInt64(kept.count))
        for (key, state) in kept {
            writer.put(text: key)
            state.write(to: &writer)
        }
        return writer.bytes
    }

    /// - Returns: nil for bytes that ``bytes`` does not give.
    package init?(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let version = reader.word(), (1...Self.version).contains(version),
            let sequence = SequenceLog(&reader, version: version), let heard = reader.instant()
        else { return nil }
        self.sequence = sequence
        self.lastHeard = heard.value
        var numbers: [UInt64] = []
        for _ in 0..<(version >= 2 ? 7 : 6) {
            guard let number = reader.word() else { return nil }
            numbers.append(number)
        }
        counters = Counters(
            messages: numbers[0],
            readings: numbers[1],
            duplicates: numbers[2],
            late: numbers[3],
            ahead: numbers[4],
            withheld: numbers[5],
            passedOver: version >= 2 ? numbers[6] : 0
        )
        guard let count = reader.word(), count <= 1_000 else { return nil }
        for _ in 0..<count {
            guard let key = reader.text(), let state = RuleState(&reader, version: version) else { return nil }
            rules[key] = state
        }
        guard reader.isAtEnd else { return nil }
    }
}

extension DeviceState.RuleState {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.put(lastAt)
        writer.put(pending == nil ? 0 : 1)
        if let pending {
            writer.put(fixed: UInt64(bitPattern: pending.since.milliseconds))
            writer.put(counted: pending.input)
            writer.put(text: pending.value)
            writer.put(fixed: UInt64(bitPattern: pending.receivedAt.milliseconds))
            writer.put(UInt64(pending.quality.rawValue))
            writer.put(fixed: UInt64(bitPattern: pending.heldSince.milliseconds))
        }
        writer.put(episode == nil ? 0 : 1)
        if let episode {
            writer.put(counted: episode.firstInput)
            writer.put(text: episode.type)
            writer.put(text: episode.series)
            writer.put(UInt64(episode.severity.rawValue))
            writer.put(UInt64(clamping: episode.quietSeconds))
            writer.put(fixed: UInt64(bitPattern: episode.lastAt.milliseconds))
            writer.put(UInt64(clamping: episode.written))
            writer.put(fixed: UInt64(bitPattern: episode.lastWritten.milliseconds))
            writer.put(UInt64(clamping: episode.unwritten))
        }
        writer.put(ended == nil ? 0 : 1)
        if let ended {
            writer.put(counted: ended.firstInput)
            writer.put(UInt64(clamping: ended.written))
            writer.put(fixed: UInt64(bitPattern: ended.at.milliseconds))
        }
        writer.put(clearing == nil ? 0 : 1)
        if let clearing {
            writer.put(fixed: UInt64(bitPattern: clearing.since.milliseconds))
            writer.put(counted: clearing.input)
            writer.put(fixed: UInt64(bitPattern: clearing.at.milliseconds))
            writer.put(UInt64(clearing.quality.rawValue))
        }
    }

    fileprivate init?(_ reader: inout ByteReader, version: UInt64) {
        guard let lastAt = reader.instant(), let hasPending = reader.word() else { return nil }
        self.lastAt = lastAt.value
        if hasPending == 1 {
            guard let since = reader.fixed(), let input = reader.counted(), let value = reader.text(),
                let receivedAt = reader.fixed(),
                let quality = reader.word().flatMap({ UInt8(exactly: $0) }).flatMap(TimeQuality.init(rawValue:))
            else { return nil }
            guard let heldSince = version >= 2 ? reader.fixed() : receivedAt else { return nil }
            pending = DeviceState.Pending(
                since: Instant(milliseconds: Int64(bitPattern: since)),
                heldSince: Instant(milliseconds: Int64(bitPattern: heldSince)),
                input: Array(input),
                value: value,
                receivedAt: Instant(milliseconds: Int64(bitPattern: receivedAt)),
                quality: quality
            )
        }
        guard let hasEpisode = reader.word() else { return nil }
        if hasEpisode == 1 {
            guard let episode = DeviceState.Episode(&reader) else { return nil }
            self.episode = episode
        }
        guard version >= 2 else { return }
        guard let hasEnded = reader.word() else { return nil }
        if hasEnded == 1 {
            guard let first = reader.counted(), let written = reader.word(), let at = reader.fixed() else { return nil }
            ended = .init(
                firstInput: Array(first),
                written: Int(clamping: written),
                at: Instant(milliseconds: Int64(bitPattern: at))
            )
        }
        guard let isClearing = reader.word() else { return nil }
        guard isClearing == 1 else { return }
        guard let since = reader.fixed(), let input = reader.counted(), let at = reader.fixed(),
            let quality = reader.word().flatMap({ UInt8(exactly: $0) }).flatMap(TimeQuality.init(rawValue:))
        else { return nil }
        clearing = .init(
            since: Instant(milliseconds: Int64(bitPattern: since)),
            input: Array(input),
            at: Instant(milliseconds: Int64(bitPattern: at)),
            quality: quality
        )
    }
}

extension DeviceState.Episode {
    fileprivate init?(_ reader: inout ByteReader) {
        guard let first = reader.counted(), let type = reader.text(), let series = reader.text(),
            let severity = reader.word().flatMap({ UInt8(exactly: $0) }).flatMap(AlarmSeverity.init(rawValue:)),
            let quiet = reader.word(), let last = reader.fixed(), let written = reader.word(),
            let lastWritten = reader.fixed(), let unwritten = reader.word()
        else { return nil }
        self.init(
            firstInput: Array(first),
            type: type,
            series: series,
            severity: severity,
            quietSeconds: Int(clamping: quiet),
            lastAt: Instant(milliseconds: Int64(bitPattern: last)),
            written: Int(clamping: written),
            lastWritten: Instant(milliseconds: Int64(bitPattern: lastWritten)),
            unwritten: Int(clamping: unwritten)
        )
    }
}
