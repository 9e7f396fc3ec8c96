import LiandongCore
import LiandongDomain
import LiandongStore
import Logging
import ServiceLifecycle

/// The clocks of devices and alarms: rules that wait, silence, escalation, the journal, day rollups, retention.
struct DeviceService: ServiceLifecycle.Service {
    let node: Node

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await repeatedly(.milliseconds(50), "readings not brought to their files") { try await drain() }
                }
                group.addTask { await repeatedly(.milliseconds(500), "alarms not looked after") { try await tick() } }
                group.addTask { await publish() }
            }
        }
    }

    private func repeatedly(
        _ pause: Duration,
        _ complaint: String,
        _ body: @Sendable () async throws -> Void
    ) async {
        while !Task.isCancelled {
            do { try await body() } catch {
                node.logger.warning("\(complaint)", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(2))
            }
            try? await Task.sleep(for: pause)
        }
    }

    private func drain() async throws {
        guard node.store.isJournalWaiting else { return }
        try await node.drainReadings()
        for name in await node.store.takeDamagedDays() {
            node.logger.error("a day's file of readings is damaged and was set aside", metadata: ["file": "\(name)"])
        }
    }

    // MARK: Alarms

    private func tick() async throws {
        node.ingest.noteReadOnly(node.store.isReadOnly)
        guard let place = node.place, !node.store.isReadOnly else { return }
        let now = node.ingest.now()
        if place.tier == .community {
            try await node.ingest.reviewDues()
            for device in try await node.store.read({ try $0.devicesDue(at: now) }) {
                await alone("a device not looked after", device) { try await node.ingest.wake(device) }
            }
        }
        let actor = try node.actor(role: "clock")
        // Those above leave the tiers below their time, and try nothing before.
        let due = now.advanced(byMilliseconds: -EscalateAlarm.graceMilliseconds(at: place.tier))
        for alarm in try await node.store.read({ try $0.alarmsToEscalate(at: due) }) {
            await alone("an alarm not called further", alarm) {
                guard let tier = try await node.store.commit(EscalateAlarm(alarm), as: actor) else { return }
                node.logger.warning(
                    "an alarm is not acknowledged",
                    metadata: ["alarm": "\(alarm)", "called": "\(tier.name)"]
                )
            }
        }
        try await makeMissingOrders(place, now, actor)
    }

    /// One device or alarm that cannot be looked after keeps none of the others from it.
    private func alone(_ complaint: String, _ record: RecordID, _ body: () async throws -> Void) async {
        do { try await body() } catch {
            node.logger.warning("\(complaint)", metadata: ["record": "\(record)", "error": "\(error)"])
        }
    }

    /// What was to become a work order and has not: for want of a number, or since its node ended in between.
    private func makeMissingOrders(_ place: Place, _ now: Instant, _ actor: Actor) async throws {
        // Those above do what the community should have done, a while later.
        let patience: Int64 =
            30_000 * Int64(Tier.community.rawValue - min(place.tier.rawValue, Tier.community.rawValue))
        let postponed = node.ingest.postponed(at: now)
        let overdue = try await node.store.read { reader in
            try reader.alarmsWithoutOrder(limit: 256 + postponed.count).filter { record in
                try !postponed.contains(record)
                    && reader.alarm(record).map {
                        $0.createdAt.advanced(byMilliseconds: patience) <= now
                            && !reader.authority.nodes(of: $0.community).isEmpty
                    } ?? false
            }
        }
        for alarm in overdue {
            let command = ActOnAlarm(alarm, .task(service: nil), isByItself: true)
            do { _ = try await node.store.commit(command, as: actor) } catch {
                // For one of a service that this build does not know it is no use to ask again at once.
                node.ingest.postpone(alarm, at: now)
                node.logger.warning("no work order for an alarm", metadata: ["alarm": "\(alarm)", "error": "\(error)"])
            }
        }
    }

    // MARK: Rollups

    /// Days are published when nothing of them is on its way any more that would count as on time.
    private static let graceMilliseconds: Int64 = 20 * 60_000

    private func publish() async {
        await node.store.recallRollups()
        var clock = RetentionClock(newest: await node.store.newestDay())
        var round = 0
        while !Task.isCancelled {
            do {
                if node.place?.tier == .community, !node.store.isReadOnly { try await publishRollups() }
            } catch {
                node.logger.warning("day rollups not published", metadata: ["error": "\(error)"])
            }
            do { if round.isMultiple(of: 60) { try await retain(&clock) } } catch {
                node.logger.warning("old readings not let go of", metadata: ["error": "\(error)"])
            }
            round += 1
            try? await Task.sleep(for: .seconds(60))
        }
    }

    private func publishRollups() async throws {
        let reported = try await node.store.read { reader in
            try reader.devices().compactMap { try reader.device($0) }.filter { !$0.reported.isEmpty }
                .map { ($0.record, $0.reported) }
        }
        let today = CivilDate(node.ingest.now().advanced(byMilliseconds: -Self.graceMilliseconds))
        let actor = try node.actor(role: "rollup")
        try await node.store.publishRollups(reported: reported, before: today, as: actor)
    }

    private func retain(_ clock: inout RetentionClock) async throws {
        let settings = node.settings
        let today = CivilDate(node.ingest.now())
        guard clock.believes(today) else {
            node.logger.warning(
                "old readings are kept: the clock is far ahead of the newest",
                metadata: ["today": "\(today)"]
            )
            return
        }
        let changed = try await node.store.retainSeries(
            readingDays: settings.readingDaysKept,
            rollupDays: settings.rollupDaysKept,
            today: today
        )
        if changed > 0 { node.logger.info("old readings let go of", metadata: ["days": "\(changed)"]) }
    }
}

extension Node {
    /// Brings to the days' files what the journal held when it was called.
    func drainReadings() async throws {
        // Under load more comes all the while: it is not waited for.
        let end = store.journalEnd
        while try await journalGate.run({ try await self.store.drainJournal() }) > 0, !store.isDrained(to: end) {}
    }
}

/// Lets one drain at a time through.
actor JournalGate {
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func run<Value: Sendable>(_ body: @Sendable () async throws -> Value) async rethrows -> Value {
        while isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            isBusy = false
            let woken = waiting
            waiting = []
            for continuation in woken { continuation.resume() }
        }
        return try await body()
    }
}
