// What time brings: keep-alives, what has become due, peers that have fallen silent, and a clock that was set back.

extension SyncEngine {
    /// When to report `wokeUp` at the latest.
    package func nextWakeUp(after now: Instant) -> Instant {
        now.advanced(byMilliseconds: sessions.isEmpty ? configuration.beatSpacing : min(250, configuration.beatSpacing))
    }

    mutating func wokeUp(at now: Instant, into effects: inout [SyncEffect]) {
        enrolments = enrolments.filter { now.milliseconds(since: $0.value.since) < 30_000 }
        for id in sessions.keys.sorted() {
            guard let session = sessions[id] else { continue }
            if let complaint = complaint(about: session, at: now) {
                close(id, .init(.timeout, complaint), at: now, into: &effects)
            } else {
                if session.phase == .exchanging { pump(id, at: now, into: &effects) }
                if now.milliseconds(since: sessions[id]?.lastSent ?? now) >= configuration.keepAlive {
                    keepAlive(id, at: now, into: &effects)
                }
            }
        }
        tendSnapshots(at: now, into: &effects)
        tendPasses(at: now, into: &effects)
        scrub(at: now, into: &effects)
        beat(at: now, into: &effects)
        noteHandedOver(into: &effects)
        updateDialling(at: now, into: &effects)
    }

    /// Why a peer is taken for dead, or as good as dead; nil while it is not.
    private func complaint(about session: PeerSession, at now: Instant) -> String? {
        if case .awaitingHello(let deadline) = session.phase, now >= deadline {
            return "no hello within \(configuration.helloTimeout) ms"
        }
        if now.milliseconds(since: session.lastHeard) >= configuration.silenceLimit {
            return "nothing received for \(configuration.silenceLimit) ms"
        }
        if now.milliseconds(since: session.lastReceived) >= configuration.frameLimit {
            return "no whole frame received for \(configuration.frameLimit) ms"
        }
        return nil
    }

    /// What is counted from a moment that has yet to come is counted from now: beats, keep-alives and the patience with
    /// a silent peer must not wait until a clock that was set back has made up for it.
    mutating func clockWentBack(to now: Instant) {
        for id in sessions.keys { sessions[id]?.clockWentBack(to: now, helloTimeout: configuration.helloTimeout) }
        lastBeat = lastBeat.map { min($0, now) }
        lastRelay = lastRelay.map { min($0, now) }
        lastBeatCommit = lastBeatCommit.map { min($0, now) }
        downSince = downSince.mapValues { min($0, now) }
        enrolments = enrolments.mapValues { PendingEnrolment(session: $0.session, since: min($0.since, now)) }
        enrolmentTimes = enrolmentTimes.map { min($0, now) }
        policy.clockWentBack(to: now)
        lastRenewal = lastRenewal.map { min($0, now) }
        lastPasses = lastPasses.mapValues { min($0, now) }
        lastScrub = min(lastScrub, now)
    }
}
