package import LiandongCore
package import LiandongDomain

/// What becomes of a device's messages: a pure machine, time handed in.
///
/// The caller keeps ``state`` in the transaction that keeps the effects; equal states and inputs give equal effects.
package struct DeviceMachine: Sendable {
    package let device: RecordID
    package let rules: DeviceRules
    package internal(set) var state: DeviceState
    /// In their order: what to write of alarms.
    package internal(set) var signals: [AlarmSignal] = []
    /// What to keep, duplicates left out.
    package private(set) var readings: [Reading] = []
    /// Messages that came before.
    package private(set) var duplicates = 0
    /// Messages of which nobody can tell any more whether they came before, by their place among those handed in at once.
    package private(set) var unsure: [Int] = []
    /// What is of a time before readings are kept: as messages without a number, as theirs is noted.
    package private(set) var outdated: [DeviceMessage] = []

    let now: Instant

    /// How long after its time a reading raises no siren any more.
    package static let latenessMilliseconds: Int64 = 15 * 60_000
    /// How far ahead a device's clock may go and be believed.
    private static let aheadMilliseconds: Int64 = 2 * 60_000
    /// So many inputs of an episode are written one by one; then one a minute stands for all.
    static let singlyWritten = 32
    static let writtenEveryMilliseconds: Int64 = 60_000
    /// What is raised again so soon after it was cleared is the same episode.
    static let resumedWithinMilliseconds: Int64 = 5 * 60_000

    package init(device: RecordID, rules: DeviceRules, state: DeviceState, now: Instant) {
        self.device = device
        self.rules = rules
        self.state = state
        self.now = now
    }

    // MARK: Messages

    /// Takes in what a device sent; again for what it sent next.
    ///
    /// - Parameters:
    ///   - arrival: names messages without a sequence: random, another for each call.
    ///   - closed: keys of rules whose episode's alarm was closed meanwhile, and to which an input would be added: it
    ///     begins another.
    ///   - oldest: readings from before it are not kept; nil: all are. Of what is a matter of life the time is not believed
    ///     then: a clock that fell back hides no fire.
    ///   - isReplay: they lay in quarantine, and somebody has decided that they are to be taken: of what nobody can tell
    ///     whether it came before, it is new.
    package mutating func received(
        _ messages: [DeviceMessage],
        arrival: [UInt8],
        closed: Set<String> = [],
        keptSince oldest: Instant? = nil,
        isReplay: Bool = false
    ) {
        endClosed(closed)
        // A device that speaks often may never be woken.
        dropForgotten()
        // It was heard when it came, and not now.
        if !isReplay { heard() }
        let known = duplicates
        for (index, message) in messages.enumerated() {
            var name = [0] + arrival + UInt64(index).bigEndianBytes
            if let sequence = message.sequence {
                let (verdict, turn) = state.sequence.note(sequence, at: message.items.compactMap(\.at).max())
                switch verdict {
                case .new: break
                case .duplicate:
                    duplicates += 1
                    continue
                case .tooOld:
                    guard !isReplay else { break }
                    unsure.append(index)
                    continue
                }
                name = [1] + Array(sequence.boot.utf8) + [0] + turn.bigEndianBytes + sequence.number.bigEndianBytes
            }
            state.counters.messages += 1
            var outdated: [DeviceMessage.Item] = []
            for (position, item) in message.items.enumerated() {
                var item = item
                if let oldest, let own = item.at, own < oldest {
                    guard !isReplay, isMatterOfLife(item) else {
                        outdated.append(item)
                        continue
                    }
                    item = .init(series: item.series, at: nil, value: item.value)
                }
                take(item, input: name + UInt32(clamping: position).bigEndianBytes)
            }
            if !outdated.isEmpty { self.outdated.append(DeviceMessage(items: outdated)) }
        }
        state.counters.duplicates += UInt64(duplicates - known)
    }

    /// The device has sent what nobody can read: it is not silent.
    package mutating func receivedNonsense() {
        dropForgotten()
        heard()
    }

    /// Time has passed: what has held for long enough is raised, what has been quiet is cleared, who is silent is missed.
    ///
    /// - Parameter listening: since when this node has been able to hear: what it could not hear is nobody's silence.
    package mutating func wokeUp(listeningSince listening: Instant) {
        for rule in rules.rules {
            var rest = state.rules[rule.key] ?? DeviceState.RuleState()
            if let pending = rest.pending, wakes(pending, rule) <= now {
                // What held for long enough only after the rule's hours is nothing to it.
                if rule.schedule.contains(wakes(pending, rule)) {
                    raise(rule, pending, &rest)
                } else {
                    rest.pending = nil
                }
            }
            if let episode = rest.episode, episode.quietSeconds > 0, quiet(episode) <= now {
                clear(&rest, reason: "quiet", input: [2] + now.milliseconds.bigEndianBytes, at: now)
            }
            if let clearing = rest.clearing, settles(clearing) <= now {
                clear(&rest, reason: "value", input: clearing.input, at: clearing.at, clearing.quality)
            }
            state.rules[rule.key] = rest
        }
        dropForgotten()
        guard let due = silenceDue(listening), due <= now, let heard = state.lastHeard else { return }
        let first = [3] + heard.milliseconds.bigEndianBytes
        var rest = DeviceState.RuleState()
        rest.episode = episode(DeviceRules.silence, "", .warning, quiet: 0, first, at: now)
        state.rules[DeviceRules.silence] = rest
        signals.append(
            signal(DeviceRules.silence, .raised, first, first, .warning, "", value: "", at: now, quality: .received)
        )
    }

    /// When ``wokeUp(listeningSince:)`` has something to do; nil: not by itself.
    package func nextDue(listeningSince listening: Instant) -> Instant? {
        guard forgotten.isEmpty else { return now }
        var due = silenceDue(listening)
        for rule in rules.rules {
            guard let rest = state.rules[rule.key] else { continue }
            if let pending = rest.pending { due = min(due ?? .init(milliseconds: .max), wakes(pending, rule)) }
            if let episode = rest.episode, episode.quietSeconds > 0 {
                due = min(due ?? .init(milliseconds: .max), quiet(episode))
            }
            if let clearing = rest.clearing { due = min(due ?? .init(milliseconds: .max), settles(clearing)) }
        }
        return due
    }

    // MARK: Time

    /// A reading's time and what it is worth.
    package static func judge(_ own: Instant?, receivedAt now: Instant) -> (at: Instant, quality: TimeQuality) {
        guard let own else { return (now, .received) }
        let age = now.milliseconds(since: own)
        if age > latenessMilliseconds { return (own, .late) }
        return age < -aheadMilliseconds ? (now, .ahead) : (own, .device)
    }

    /// When it has held for long enough by the clock that its readings have, to be compared with one of theirs.
    private func due(_ pending: DeviceState.Pending, _ rule: DeviceRule) -> Instant {
        pending.since.advanced(byMilliseconds: Int64(rule.forSeconds) * 1_000)
    }

    /// The same by this node's clock: a device whose clock is behind has not waited for longer.
    private func wakes(_ pending: DeviceState.Pending, _ rule: DeviceRule) -> Instant {
        pending.heldSince.advanced(byMilliseconds: Int64(rule.forSeconds) * 1_000)
    }

    private func quiet(_ episode: DeviceState.Episode) -> Instant {
        episode.lastAt.advanced(byMilliseconds: Int64(episode.quietSeconds) * 1_000)
    }

    private func settles(_ clearing: DeviceState.Clearing) -> Instant {
        clearing.since.advanced(byMilliseconds: DeviceMachine.writtenEveryMilliseconds)
    }

    private func silenceDue(_ listening: Instant) -> Instant? {
        guard rules.silentAfterSeconds > 0, let heard = state.lastHeard,
            state.rules[DeviceRules.silence]?.episode == nil
        else { return nil }
        return max(heard, listening).advanced(byMilliseconds: Int64(rules.silentAfterSeconds) * 1_000)
    }

    // MARK: Readings

    private mutating func heard() {
        if var rest = state.rules[DeviceRules.silence], rest.episode != nil {
            clear(&rest, reason: "heard", input: [4] + now.milliseconds.bigEndianBytes, at: now)
            state.rules[DeviceRules.silence] = nil
        }
        state.lastHeard = max(now, state.lastHeard ?? now)
    }

    private func isMatterOfLife(_ item: DeviceMessage.Item) -> Bool {
        rules.rules.contains { rule in
            rule.severity == .life && rule.series == item.series && rule.condition.matches(item.value)
        }
    }

    private mutating func take(_ item: DeviceMessage.Item, input: [UInt8]) {
        let (at, quality) = DeviceMachine.judge(item.at, receivedAt: now)
        let reading = Reading(series: item.series, at: at, quality: quality, value: item.value)
        readings.append(reading)
        state.counters.readings += 1
        if quality == .ahead { state.counters.ahead += 1 }
        if quality == .late { state.counters.late += 1 }
        for rule in rules.rules where rule.series == item.series {
            let matches = rule.condition.matches(item.value)
            guard quality != .late else {
                if matches { state.counters.withheld += 1 }
                continue
            }
            judge(reading, by: rule, matches: matches, input)
        }
    }

    private mutating func judge(_ reading: Reading, by rule: DeviceRule, matches: Bool, _ input: [UInt8]) {
        var rest = state.rules[rule.key] ?? DeviceState.RuleState()
        defer { state.rules[rule.key] = rest }
        // What came out of order says nothing of a state that was told since; an event counts whenever it comes, and
        // of what is a matter of life nothing is left out.
        // Nothing was told after now, whatever a clock ahead has said.
        let at = min(reading.at, now)
        let isOutOfOrder = rest.lastAt.map { at < min($0, now) } ?? false
        if isOutOfOrder, !rule.isMomentary, rule.severity != .life || !matches {
            state.counters.passedOver += 1
            return
        }
        if !isOutOfOrder { rest.lastAt = at }
        if matches {
            guard rule.schedule.contains(reading.at) else { return }
            if rest.episode != nil { return repeated(&rest, reading, input) }
            let pending = DeviceState.Pending(
                since: rest.pending?.since ?? reading.at,
                heldSince: rest.pending?.heldSince ?? now,
                input: rest.pending?.input ?? input,
                value: reading.value.description,
                receivedAt: now,
                quality: reading.quality
            )
            guard due(pending, rule) > reading.at else { return raise(rule, pending, &rest) }
            rest.pending = pending
        } else {
            rest.pending = nil
            guard let episode = rest.episode, episode.quietSeconds == 0, rule.condition.clears(reading.value) else {
                return
            }
            // What flaps is cleared once it has stayed clear for a while; until then it stands.
            guard episode.written < DeviceMachine.singlyWritten else {
                let clearing = DeviceState.Clearing(since: now, input: input, at: reading.at, quality: reading.quality)
                rest.clearing = rest.clearing ?? clearing
                return
            }
            clear(&rest, reason: "value", input: input, at: reading.at, value: reading.value, reading.quality)
        }
    }
}
