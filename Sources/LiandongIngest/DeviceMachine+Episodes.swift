import LiandongCore
import LiandongDomain

// How episodes begin, go on and end.

extension DeviceMachine {
    mutating func raise(
        _ rule: DeviceRule,
        _ pending: DeviceState.Pending,
        _ rest: inout DeviceState.RuleState
    ) {
        rest.pending = nil
        var episode = episode(
            rule.type,
            rule.series,
            rule.severity,
            quiet: rule.quietSeconds,
            pending.input,
            at: pending.receivedAt
        )
        if let ended = rest.ended, !rule.isMomentary,
            now.milliseconds(since: ended.at) <= DeviceMachine.resumedWithinMilliseconds
        {
            episode.firstInput = ended.firstInput
            episode.written = ended.written + 1
        }
        // Two series that tell of one thing make one alarm of it.
        let sibling = sibling(of: rule)
        if let sibling { episode.firstInput = sibling.firstInput }
        rest.ended = nil
        rest.episode = episode
        signals.append(
            AlarmSignal(
                device: device,
                type: rule.type,
                sibling == nil ? .raised : .repeated,
                firstInput: episode.firstInput,
                input: pending.input,
                at: pending.since,
                receivedAt: pending.receivedAt,
                quality: pending.quality,
                series: rule.series,
                value: pending.value,
                severity: rule.severity,
                service: rule.service,
                escalation: rule.escalation
            )
        )
    }

    /// The episode that goes on of another series, to which this rule's belongs: of the same type, as bad, and with the
    /// same work order.
    func sibling(of rule: DeviceRule) -> DeviceState.Episode? {
        guard !rule.isMomentary else { return nil }
        for other in rules.rules where other.key != rule.key && other.type == rule.type {
            guard other.severity == rule.severity, other.service == rule.service, !other.isMomentary else { continue }
            if let episode = state.rules[other.key]?.episode { return episode }
        }
        return nil
    }

    func episode(
        _ type: String,
        _ series: String,
        _ severity: AlarmSeverity,
        quiet: Int,
        _ first: [UInt8],
        at: Instant
    ) -> DeviceState.Episode {
        .init(
            firstInput: first,
            type: type,
            series: series,
            severity: severity,
            quietSeconds: quiet,
            lastAt: at,
            written: 1,
            lastWritten: at,
            unwritten: 0
        )
    }

    /// A state that goes on says nothing new; an event of an episode is one more.
    mutating func repeated(_ rest: inout DeviceState.RuleState, _ reading: Reading, _ input: [UInt8]) {
        if rest.clearing != nil {
            rest.clearing = nil
            rest.episode?.unwritten += 1
        }
        guard var episode = rest.episode, episode.quietSeconds > 0 else { return }
        episode.lastAt = max(episode.lastAt, now)
        let isWritten =
            episode.written < DeviceMachine.singlyWritten
            || now.milliseconds(since: episode.lastWritten) >= DeviceMachine.writtenEveryMilliseconds
        if isWritten {
            signals.append(
                signal(
                    episode.type,
                    .repeated,
                    episode.firstInput,
                    input,
                    episode.severity,
                    episode.series,
                    value: reading.value.description,
                    at: reading.at,
                    quality: reading.quality,
                    count: episode.unwritten + 1
                )
            )
            episode.written += 1
            episode.lastWritten = now
            episode.unwritten = 0
        } else {
            episode.unwritten += 1
        }
        rest.episode = episode
    }

    mutating func clear(
        _ rest: inout DeviceState.RuleState,
        reason: String,
        input: [UInt8],
        at: Instant,
        value: Reading.Value? = nil,
        _ quality: TimeQuality = .received
    ) {
        guard let episode = rest.episode else { return }
        rest.episode = nil
        rest.clearing = nil
        if episode.quietSeconds == 0 {
            rest.ended = .init(firstInput: episode.firstInput, written: episode.written, at: now)
        }
        func append(_ change: AlarmSignal.Change, _ input: [UInt8], count: Int) {
            signals.append(
                signal(
                    episode.type,
                    change,
                    episode.firstInput,
                    input,
                    episode.severity,
                    episode.series,
                    value: value?.description ?? "",
                    at: at,
                    quality: quality,
                    count: count
                )
            )
        }
        if episode.unwritten > 0 { append(.repeated, [5] + input, count: episode.unwritten) }
        // The alarm is over with the last of the series that tell of it.
        let others = state.rules.filter { key, state in
            key != episode.key && state.episode?.firstInput == episode.firstInput
                && state.episode?.type == episode.type
        }
        guard others.isEmpty else { return }
        append(.cleared(reason: reason), input, count: 1)
    }

    func signal(
        _ type: String,
        _ change: AlarmSignal.Change,
        _ first: [UInt8],
        _ input: [UInt8],
        _ severity: AlarmSeverity,
        _ series: String,
        value: String,
        at: Instant,
        quality: TimeQuality,
        count: Int = 1
    ) -> AlarmSignal {
        AlarmSignal(
            device: device,
            type: type,
            change,
            firstInput: first,
            input: input,
            at: at,
            receivedAt: now,
            quality: quality,
            series: series,
            value: value,
            count: count,
            severity: severity
        )
    }

    /// An alarm that somebody has closed has no further events: the next press is another call.
    mutating func endClosed(_ keys: Set<String>) {
        for key in keys {
            state.rules[key]?.ended = nil
            guard let episode = state.rules[key]?.episode, episode.quietSeconds > 0 else { continue }
            state.rules[key]?.episode = nil
        }
    }

    /// What is remembered of rules that are no more in force, sorted.
    var forgotten: [String] {
        state.rules.filter { key, rest in
            !rest.isEmpty && key != DeviceRules.silence && !rules.rules.contains { $0.key == key }
        }.keys.sorted()
    }

    /// Rules that are no more in force: what they waited for is forgotten, what they raised is cleared.
    mutating func dropForgotten() {
        for key in forgotten {
            guard var rest = state.rules[key] else { continue }
            clear(&rest, reason: "rule", input: [6] + now.milliseconds.bigEndianBytes, at: now)
            state.rules[key] = nil
        }
    }
}
