import Foundation
import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongSigning
import LiandongStore
import LiandongWeb
import Logging
import Synchronization

/// Takes in what devices send, by whatever way it came, and judges it inside the writing transaction.
final class IngestDesk: Sendable {
    /// A device as its messages are judged.
    struct Known: Sendable {
        let device: Device
        let rules: DeviceRules
    }

    let store: ReplicaStore
    let nodeID: NodeID
    let logger: Logger
    let readingDays: Int
    /// Since when this node hears: what was sent while it did not run, or took nothing in, is nobody's silence.
    var listeningSince: Instant { memory.withLock { $0.listeningSince } }
    let now: @Sendable () -> Instant

    private struct Memory {
        var listeningSince: Instant
        var isDeaf = false
        var generation: [Int] = []
        var known: [RecordID: Known] = [:]
        /// Devices by their codes at the broker.
        var codes: [String: RecordID] = [:]
        var tokens: [Hash: RecordID] = [:]
        /// Counts the times that tokens were changed.
        var tokenGeneration = 0

        /// What was looked up before a device, a rule or the authority changed is looked up anew.
        mutating func move(to generation: [Int]) {
            guard self.generation != generation else { return }
            (known, codes, self.generation) = ([:], [:], generation)
        }
    }

    private let memory: Mutex<Memory>
    let counters = Mutex(IngestCounters())
    /// Alarms of which no order could be made, and when it is tried again.
    let orderless = Mutex<[RecordID: Instant]>([:])
    /// As it was when devices' waits were last looked at.
    let outlook = Mutex<Outlook?>(nil)
    private static let tokenLimit = 20_000

    init(
        store: ReplicaStore,
        nodeID: NodeID,
        readingDays: Int,
        logger: Logger,
        now: @escaping @Sendable () -> Instant
    ) {
        self.store = store
        self.nodeID = nodeID
        self.readingDays = readingDays
        self.logger = logger
        self.memory = Mutex(Memory(listeningSince: now()))
        self.now = now
    }

    /// Whether the node takes anything in at the moment: once it does so again, it hears from then on.
    func noteReadOnly(_ isReadOnly: Bool) {
        let at = now()
        memory.withLock { memory in
            if memory.isDeaf, !isReadOnly { memory.listeningSince = at }
            memory.isDeaf = isReadOnly
        }
    }

    // MARK: Who sends

    var tokenGeneration: Int { memory.withLock { $0.tokenGeneration } }

    /// What was looked up by all tokens is looked up anew.
    func forgetTokens() {
        memory.withLock { memory in
            (memory.tokens, memory.codes) = ([:], [:])
            memory.tokenGeneration += 1
        }
    }

    /// The device that a code was found to mean, and as of when.
    func remembered(code: String) -> (device: RecordID?, since: [Int]) {
        let generation = generation
        return memory.withLock { memory in
            memory.move(to: generation)
            return (memory.codes[code], generation + [memory.tokenGeneration])
        }
    }

    /// Keeps what was looked up of a code, unless anything was changed since.
    func remember(code: String, of device: RecordID, since: [Int]) {
        memory.withLock { memory in
            guard memory.generation + [memory.tokenGeneration] == since else { return }
            memory.codes[code] = device
        }
    }

    /// The device that a token's hash was found to mean, and as of when.
    func remembered(_ hash: Hash) -> (device: RecordID?, generation: Int) {
        memory.withLock { ($0.tokens[hash], $0.tokenGeneration) }
    }

    /// Keeps what was looked up of a token, unless tokens were changed since.
    func remember(_ hash: Hash, of device: RecordID, since generation: Int) {
        memory.withLock { memory in
            guard memory.tokenGeneration == generation else { return }
            if memory.tokens.count >= IngestDesk.tokenLimit { memory.tokens = [:] }
            memory.tokens[hash] = device
        }
    }

    /// A device with the rules in force for it; nil unless it is this community's and not blocked.
    func known(_ record: RecordID) async throws -> Known? {
        let generation = generation
        let remembered = memory.withLock { memory -> Known? in
            memory.move(to: generation)
            return memory.known[record]
        }
        if let remembered { return remembered }
        let actor = try actor()
        let context = context(actor)
        let found = try await store.read { reader -> Known? in
            guard let device = try reader.device(record), device.community == actor.place, device.block == nil else {
                return nil
            }
            let rules = try DeviceRules.inForce(for: device.kind, at: device.community, reader, context)
            return Known(device: device, rules: rules)
        }
        if let found { memory.withLock { if $0.generation == generation { $0.known[record] = found } } }
        return found
    }

    /// Another with each change of a device, a rule for devices or the authority.
    var generation: [Int] { [store.statistics.deviceChanges, Int(clamping: store.authority.height)] }

    /// For looking rules up; nothing is written with it.
    func context(_ actor: Actor) -> CommandContext {
        CommandContext(
            now: now(),
            actor: actor,
            authority: store.authority,
            cryptography: .sodium,
            purposes: .none,
            random: { secureRandomBytes($0) },
            nextNumber: { _ in throw Refusal(.noNumbers) }
        )
    }

    func actor() throws -> Actor {
        guard let place = store.authority.place(of: nodeID) else {
            throw DeviceDeskError.readOnly("this node is not enrolled")
        }
        return Actor(node: nodeID, place: place, role: "device")
    }

    // MARK: What is sent

    /// One delivery of one device.
    struct Parcel: Sendable {
        var known: Known
        var bytes: [UInt8]
        var format: MessageFormat
        /// "http" or "mqtt".
        var source: String
        var receivedAt: Instant
        var key: LiandongStore.IdempotencyKey?
        /// Its number in quarantine, when it is replayed from there.
        var quarantine: Int64?
    }

    /// Decodes, judges, commits.
    ///
    /// - Throws: ``DeviceDeskError``; what the store throws.
    func take(_ parcel: Parcel) async throws -> DeviceReceipt {
        let messages: [DeviceMessage]
        do { messages = try decode(parcel) } catch {
            guard parcel.quarantine == nil else { throw DeviceDeskError.undecodable(error.reason) }
            guard error.code != .tooMuch else { throw DeviceDeskError.tooMuch(error.reason) }
            try await quarantine(parcel, error.reason)
            throw DeviceDeskError.undecodable(error.reason)
        }
        return try await judge(messages, parcel)
    }

    func decode(_ parcel: Parcel) throws(DecodingRefusal) -> [DeviceMessage] {
        let messages = try DeviceMessage.decode(parcel.bytes, as: parcel.format, now: parcel.receivedAt)
        guard parcel.quarantine != nil else { return messages }
        // What had no time of its own was of when it came.
        return messages.map { message in
            DeviceMessage(
                sequence: message.sequence,
                items: message.items.map {
                    .init(series: $0.series, at: $0.at ?? parcel.receivedAt, value: $0.value)
                }
            )
        }
    }

    // MARK: Time

    /// Wakes the rules of a device: what has held for long enough, what was quiet, who is silent.
    func wake(_ record: RecordID) async throws {
        guard let known = try await known(record) else { return try await forget(record) }
        let (at, listening) = (now(), listeningSince)
        _ = try await store.ingest(as: try actor()) { scope in
            let state = try IngestDesk.state(of: record, scope)
            var machine = DeviceMachine(device: record, rules: known.rules, state: state, now: at)
            machine.wokeUp(listeningSince: listening)
            let plan = try SignalAlarms(machine.signals).plan(scope.reader, scope.context)
            var effects = IngestEffects(receipt: DeviceReceipt(accepted: 0))
            effects.drafts = plan.drafts
            effects.states = [
                .init(device: record, bytes: machine.state.bytes, due: machine.nextDue(listeningSince: listening))
            ]
            return effects
        }
    }

    /// A device that is blocked or not this community's any more waits for nothing.
    private func forget(_ record: RecordID) async throws {
        _ = try await store.ingest(as: try actor()) { scope in
            var effects = IngestEffects(receipt: DeviceReceipt(accepted: 0))
            if let bytes = try scope.reader.deviceState(record) {
                effects.states = [.init(device: record, bytes: bytes, due: nil)]
            }
            return effects
        }
    }
}
