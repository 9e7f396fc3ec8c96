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
        var tokens: [Hash: RecordID] = [:]
        /// Counts the times that tokens were changed.
        var tokenGeneration = 0
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
            memory.tokens = [:]
            memory.tokenGeneration += 1
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
            if memory.generation != generation { (memory.known, memory.generation) = ([:], generation) }
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

    /// Another with each change of a record or of the authority.
    var generation: [Int] { [store.statistics.changes, Int(clamping: store.authority.height)] }

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

    /// Judges what was decoded, and commits.
    func judge(_ messages: [DeviceMessage], _ parcel: Parcel) async throws -> DeviceReceipt {
        guard let receipt = try await judge(inOrder: [(messages, parcel)]).first else {
            throw StoreError(.stopped, "the write was not carried out")
        }
        return try receipt.get()
    }

    /// Judges deliveries of one device one after the other, in one commit.
    ///
    /// - Throws: what keeps the node from taking anything in.
    func judge(
        inOrder deliveries: [(messages: [DeviceMessage], parcel: Parcel)]
    ) async throws -> [Result<DeviceReceipt, any Error>] {
        let receipts = try await store.ingest(
            as: try actor(),
            inOrder: deliveries.map { messages, parcel in
                IngestDelivery(
                    isUrgent: IngestDesk.isMatterOfLife(messages, parcel.known),
                    idempotencyKey: parcel.key,
                    judgement(of: messages, parcel)
                )
            }
        )
        counters.withLock { counters in
            for case .success(let receipt) in receipts { counters.note(receipt) }
        }
        return receipts
    }

    private func judgement(
        of messages: [DeviceMessage],
        _ parcel: Parcel
    ) -> @Sendable (IngestScope) throws -> IngestEffects<DeviceReceipt> {
        let arrival = secureRandomBytes(8)
        let receivedAt = parcel.quarantine == nil ? parcel.receivedAt : now()
        let (listening, days) = (listeningSince, readingDays)
        return { scope in
            try IngestDesk.effects(of: messages, parcel, arrival: arrival, at: receivedAt, listening, days, scope)
        }
    }

    private static func isMatterOfLife(_ messages: [DeviceMessage], _ known: Known) -> Bool {
        known.rules.rules.contains { rule in
            rule.severity == .life
                && messages.contains { message in
                    message.items.contains { $0.series == rule.series && rule.condition.matches($0.value) }
                }
        }
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

    /// What the rules remember of a device; nothing where it was never heard of.
    ///
    /// - Parameter isUrgent: a matter of life is judged all the same, by an empty one.
    /// - Throws: ``StoreError`` where it cannot be read: a forgotten sequence would have everything its effect again.
    static func state(
        of device: RecordID,
        _ scope: IngestScope,
        isUrgent: Bool = false
    ) throws -> DeviceState {
        guard let bytes = try scope.reader.deviceState(device) else { return DeviceState() }
        guard let state = DeviceState(bytes: bytes) else {
            if isUrgent { return DeviceState() }
            throw StoreError(.corrupt, "what is remembered of device \(device) cannot be read")
        }
        return state
    }

    /// Inside the transaction: what the messages lead to, by what holds now.
    private static func effects(
        of messages: [DeviceMessage],
        _ parcel: Parcel,
        arrival: [UInt8],
        at receivedAt: Instant,
        _ listening: Instant,
        _ readingDays: Int,
        _ scope: IngestScope
    ) throws -> IngestEffects<DeviceReceipt> {
        let known = parcel.known
        let record = known.device.record
        // Two that replay it at the same time take it once.
        if let number = parcel.quarantine,
            try !scope.reader.isQuarantined(number, received: parcel.receivedAt, parcel.bytes)
        {
            throw Refusal(.quarantineGone, "\(number)")
        }
        let state = try state(of: record, scope, isUrgent: isMatterOfLife(messages, known))
        var machine = DeviceMachine(device: record, rules: known.rules, state: state, now: receivedAt)
        machine.received(
            messages,
            arrival: arrival,
            closed: try closed(state, known.device, scope),
            keptSince: parcel.receivedAt.advanced(byMilliseconds: -Int64(readingDays) * CivilDate.dayMilliseconds),
            isReplay: parcel.quarantine != nil
        )
        let outdated = "more than the \(readingDays) days ago that readings are kept"
        guard parcel.quarantine == nil || machine.outdated.isEmpty || !machine.readings.isEmpty else {
            throw DeviceDeskError.undecodable("all of it is of \(outdated)")
        }
        let plan = try SignalAlarms(machine.signals).plan(scope.reader, scope.context)
        var effects = IngestEffects(
            receipt: DeviceReceipt(
                accepted: machine.readings.count,
                duplicates: machine.duplicates,
                late: machine.readings.count { $0.quality == .late },
                ahead: machine.readings.count { $0.quality == .ahead },
                quarantined: machine.unsure.count + machine.outdated.count,
                alarms: plan.receipt.raised.map { "\($0)" }
            )
        )
        effects.drafts = plan.drafts
        effects.states = [
            .init(device: record, bytes: machine.state.bytes, due: machine.nextDue(listeningSince: listening))
        ]
        effects.batches = [ReadingBatch(device: record, receivedAt: receivedAt, readings: machine.readings)]
        if let number = parcel.quarantine { effects.released = [number] }
        if !machine.unsure.isEmpty {
            // These alone: the others have had their effect, and would have it again when they are replayed.
            let which = machine.unsure.prefix(8).map { "\($0 + 1)" }.joined(separator: ", ")
            effects.quarantined.append(
                parcel.quarantined(
                    "too much has come since to tell whether message \(which) came before",
                    machine.unsure.map { messages[$0] }
                )
            )
        }
        if let at = machine.outdated.first?.items.first?.at {
            effects.quarantined.append(
                parcel.quarantined("a reading is of \(CivilDate(at)), \(outdated)", machine.outdated)
            )
        }
        return effects
    }

    /// The rules whose episode's alarm somebody has closed: what comes next is another call.
    private static func closed(_ state: DeviceState, _ device: Device, _ scope: IngestScope) throws -> Set<String> {
        var closed: Set<String> = []
        for episode in state.open {
            // A rule's key is the alarm's type, a stroke and the series.
            let record = DeviceAlarm.record(
                device: device.record,
                type: DeviceRule.type(ofKey: episode.rule),
                firstInput: episode.firstInput,
                community: device.community,
                scope.context.cryptography
            ).record
            if try scope.reader.alarm(record)?.status == .closed { closed.insert(episode.rule) }
        }
        return closed
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
