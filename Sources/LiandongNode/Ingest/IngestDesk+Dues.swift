import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongStore
import Synchronization

extension IngestDesk {
    /// What decides when devices' rules have something to do.
    struct Outlook: Sendable {
        let generation: [Int]
        let rules: [DeviceKind: DeviceRules]
        let blocked: Set<RecordID>
    }

    /// Wakes devices that wait for too long, or for nothing, since a device was let in again or rules were changed: each
    /// device's next time is computed with its messages, by the rules of then.
    ///
    /// - Complexity: two queries where nothing of devices has changed; then a state for each device concerned.
    func reviewDues() async throws {
        let generation = generation
        let before = outlook.withLock { $0 }
        guard before?.generation != generation else { return }
        let actor = try actor()
        let (context, at, listening) = (context(actor), now(), listeningSince)
        let (outlook, late) = try await store.read { reader -> (Outlook, [RecordID]) in
            var rules: [DeviceKind: DeviceRules] = [:]
            for kind in DeviceKind.allCases {
                rules[kind] = try DeviceRules.inForce(for: kind, at: actor.place, reader, context)
            }
            var blocked: Set<RecordID> = []
            var late: [RecordID] = []
            for row in try reader.heardDevices(of: actor.place) {
                if row.isBlocked { blocked.insert(row.device) }
                let kind = DeviceKind(rawValue: row.kind) ?? .other
                guard !row.isBlocked, let inForce = rules[kind] else { continue }
                let isConcerned = before.map { $0.blocked.contains(row.device) || $0.rules[kind] != inForce } ?? true
                guard isConcerned, let state = try reader.deviceState(row.device).flatMap({ DeviceState(bytes: $0) })
                else { continue }
                let machine = DeviceMachine(device: row.device, rules: inForce, state: state, now: at)
                let next = machine.nextDue(listeningSince: listening)
                if let next, row.due.map({ next < $0 }) ?? true { late.append(row.device) }
            }
            return (Outlook(generation: generation, rules: rules, blocked: blocked), late)
        }
        if !late.isEmpty { try await store.wakeDevices(late, at: at) }
        self.outlook.withLock { $0 = outlook }
    }

    // MARK: Orders that cannot be made

    private static let postponedMilliseconds: Int64 = 10 * 60_000
    private static let postponedLimit = 4_096

    /// No order of an alarm is tried for a while.
    func postpone(_ alarm: RecordID, at now: Instant) {
        orderless.withLock { orderless in
            if orderless.count >= Self.postponedLimit { orderless = [:] }
            orderless[alarm] = now.advanced(byMilliseconds: Self.postponedMilliseconds)
        }
    }

    func postponed(at now: Instant) -> Set<RecordID> {
        orderless.withLock { orderless in
            orderless = orderless.filter { $0.value > now }
            return Set(orderless.keys)
        }
    }
}
