import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongStore
import LiandongWeb

/// What messages of a device lead to, worked out inside the transaction.
struct IngestTrial {
    /// More comes of it than readings.
    struct NotPlain: Error {}

    private let known: IngestDesk.Known
    /// Names messages without a sequence.
    private let arrival: [UInt8]
    private let receivedAt: Instant
    /// Since when this node hears.
    private let listening: Instant
    private let readingDays: Int
    private let scope: IngestScope

    init(
        _ known: IngestDesk.Known,
        arrival: [UInt8],
        at receivedAt: Instant,
        _ listening: Instant,
        readingDays: Int,
        _ scope: IngestScope
    ) {
        self.known = known
        self.arrival = arrival
        self.receivedAt = receivedAt
        self.listening = listening
        self.readingDays = readingDays
        self.scope = scope
    }

    private var record: RecordID { known.device.record }

    /// What readings alone lead to, of several deliveries at once: one look at what is remembered, one row of it after.
    ///
    /// - Throws: ``NotPlain`` where one of them raises, clears or leaves anything aside.
    func effects(ofPlain deliveries: [[DeviceMessage]]) throws -> IngestEffects<[DeviceReceipt]> {
        var machine = try machine()
        let closed = try closed(machine.state)
        var receipts: [DeviceReceipt] = []
        for (index, messages) in deliveries.enumerated() {
            let (readings, duplicates) = (machine.readings.count, machine.duplicates)
            machine.received(
                messages,
                arrival: arrival + UInt32(clamping: index).bigEndianBytes,
                closed: closed,
                keptSince: oldest(receivedAt)
            )
            guard machine.signals.isEmpty, machine.unsure.isEmpty, machine.outdated.isEmpty else { throw NotPlain() }
            receipts.append(receipt(of: machine.readings[readings...], duplicates: machine.duplicates - duplicates))
        }
        var effects = IngestEffects(receipt: receipts)
        effects.states = [remembered(machine)]
        effects.batches = [ReadingBatch(device: record, receivedAt: receivedAt, readings: machine.readings)]
        return effects
    }

    /// What one delivery leads to.
    func effects(of decoded: DecodedParcel) throws -> IngestEffects<DeviceReceipt> {
        let (messages, parcel) = (decoded.messages, decoded.parcel)
        // Two that replay it at the same time take it once.
        if let number = parcel.quarantine,
            try !scope.reader.isQuarantined(number, received: parcel.receivedAt, parcel.bytes)
        {
            throw Refusal(.quarantineGone, "\(number)")
        }
        var machine = try machine(isUrgent: IngestDesk.isMatterOfLife(decoded))
        machine.received(
            messages,
            arrival: arrival,
            closed: try closed(machine.state),
            keptSince: oldest(parcel.receivedAt),
            isReplay: parcel.quarantine != nil
        )
        let outdated = "more than the \(readingDays) days ago that readings are kept"
        guard parcel.quarantine == nil || machine.outdated.isEmpty || !machine.readings.isEmpty else {
            throw DeviceDeskError.undecodable("all of it is of \(outdated)")
        }
        let plan = try SignalAlarms(machine.signals).plan(scope.reader, scope.context)
        var receipt = receipt(of: machine.readings[...], duplicates: machine.duplicates)
        receipt.quarantined = machine.unsure.count + machine.outdated.count
        receipt.alarms = plan.receipt.raised.map { "\($0)" }
        var effects = IngestEffects(receipt: receipt)
        effects.drafts = plan.drafts
        effects.states = [remembered(machine)]
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

    // MARK: -

    private func machine(isUrgent: Bool = false) throws -> DeviceMachine {
        let state = try IngestDesk.state(of: record, scope, isUrgent: isUrgent)
        return DeviceMachine(device: record, rules: known.rules, state: state, now: receivedAt)
    }

    private func remembered(_ machine: DeviceMachine) -> RememberedState {
        .init(device: record, bytes: machine.state.bytes, due: machine.nextDue(listeningSince: listening))
    }

    private func oldest(_ received: Instant) -> Instant {
        received.advanced(byMilliseconds: -Int64(readingDays) * CivilDate.dayMilliseconds)
    }

    private func receipt(of readings: ArraySlice<Reading>, duplicates: Int) -> DeviceReceipt {
        DeviceReceipt(
            accepted: readings.count,
            duplicates: duplicates,
            late: readings.count { $0.quality == .late },
            ahead: readings.count { $0.quality == .ahead }
        )
    }

    /// The rules whose episode's alarm somebody has closed: what comes next is another call.
    private func closed(_ state: DeviceState) throws -> Set<String> {
        var closed: Set<String> = []
        for episode in state.open {
            // A rule's key is the alarm's type, a stroke and the series.
            let alarm = DeviceAlarm.record(
                device: record,
                type: DeviceRule.type(ofKey: episode.rule),
                firstInput: episode.firstInput,
                community: known.device.community,
                scope.context.cryptography
            ).record
            if try scope.reader.alarm(alarm)?.status == .closed { closed.insert(episode.rule) }
        }
        return closed
    }
}
