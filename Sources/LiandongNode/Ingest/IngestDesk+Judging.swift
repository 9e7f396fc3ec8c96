import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongSigning
import LiandongStore
import LiandongWeb
import Synchronization

/// The messages of a parcel.
struct DecodedParcel: Sendable {
    let messages: [DeviceMessage]
    let parcel: IngestDesk.Parcel
}

/// Judging inside the writing transaction, by what holds then.
extension IngestDesk {
    /// Judges what was decoded, and commits.
    func judge(_ messages: [DeviceMessage], _ parcel: Parcel) async throws -> DeviceReceipt {
        guard let receipt = try await judgeSingly([DecodedParcel(messages: messages, parcel: parcel)]).first else {
            throw StoreError(.stopped, "the write was not carried out")
        }
        return try receipt.get()
    }

    /// Judges what came of several devices, of each in its order; in one commit what nothing comes of but readings.
    ///
    /// - Parameter batches: each of one device, none with an idempotency key or from quarantine.
    /// - Returns: of each batch the receipts, or what kept a parcel from being taken.
    /// - Throws: what keeps the node from taking anything in.
    func judge(_ batches: [[DecodedParcel]]) async throws -> [[Result<DeviceReceipt, any Error>]] {
        let hasRoom = store.hasRoomForReadings
        let likelyPlain = batches.enumerated().filter { _, batch in
            hasRoom && !batch.isEmpty && !batch.contains(where: IngestDesk.isMatterOfLife)
        }
        // A matter of life waits for no others.
        let others = batches.enumerated().filter { index, _ in !likelyPlain.contains { $0.offset == index } }
        var judged = try await judgeSingly(others)
        let plain = try await judgePlain(likelyPlain)
        judged.merge(try await judgeSingly(likelyPlain.filter { plain[$0.offset] == nil })) { one, _ in one }
        return batches.indices.map { index in plain[index]?.map { .success($0) } ?? judged[index] ?? [] }
    }

    private typealias NumberedBatch = (offset: Int, element: [DecodedParcel])

    /// - Returns: the receipts of those batches of which nothing came but readings; the others wrote nothing.
    private func judgePlain(_ batches: [NumberedBatch]) async throws -> [Int: [DeviceReceipt]] {
        guard !batches.isEmpty else { return [:] }
        let (arrival, listening, days) = (secureRandomBytes(8), listeningSince, readingDays)
        let receipts = try await store.ingest(as: try actor()) { scope in
            var receipts: [Int: [DeviceReceipt]] = [:]
            var (states, readings) = ([RememberedState](), [ReadingBatch]())
            for (offset, batch) in batches {
                guard let parcel = batch.first?.parcel else { continue }
                let trial = IngestTrial(
                    parcel.known,
                    arrival: arrival,
                    at: parcel.receivedAt,
                    listening,
                    readingDays: days,
                    scope
                )
                do {
                    let effects = try trial.effects(ofPlain: batch.map(\.messages))
                    receipts[offset] = effects.receipt
                    states += effects.states
                    readings += effects.batches
                } catch  where error is IngestTrial.NotPlain || IngestDesk.isOfTheMessage(error) {
                    // It is judged by itself, and then it tells what comes of it.
                }
            }
            var effects = IngestEffects(receipt: receipts)
            (effects.states, effects.batches) = (states, readings)
            return effects
        }
        note(receipts.values.flatMap(\.self))
        return receipts
    }

    /// Judges batches side by side, each parcel by itself.
    private func judgeSingly(_ batches: [NumberedBatch]) async throws -> [Int: [Result<DeviceReceipt, any Error>]] {
        try await withThrowingTaskGroup(of: (Int, [Result<DeviceReceipt, any Error>]).self) { group in
            for (offset, batch) in batches { group.addTask { (offset, try await self.judgeSingly(batch)) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// Judges parcels of one device one after the other, in one commit.
    private func judgeSingly(_ parcels: [DecodedParcel]) async throws -> [Result<DeviceReceipt, any Error>] {
        let receipts = try await store.ingest(
            as: try actor(),
            inOrder: parcels.map { decoded in
                IngestDelivery(
                    isUrgent: IngestDesk.isMatterOfLife(decoded),
                    idempotencyKey: decoded.parcel.key,
                    judgement(of: decoded)
                )
            }
        )
        note(receipts.compactMap { try? $0.get() })
        return receipts
    }

    private func judgement(
        of decoded: DecodedParcel
    ) -> @Sendable (IngestScope) throws -> IngestEffects<DeviceReceipt> {
        let (parcel, arrival) = (decoded.parcel, secureRandomBytes(8))
        let receivedAt = parcel.quarantine == nil ? parcel.receivedAt : now()
        let (listening, days) = (listeningSince, readingDays)
        return { scope in
            let trial = IngestTrial(parcel.known, arrival: arrival, at: receivedAt, listening, readingDays: days, scope)
            return try trial.effects(of: decoded)
        }
    }

    private func note(_ receipts: [DeviceReceipt]) {
        counters.withLock { counters in for receipt in receipts { counters.note(receipt) } }
    }

    static func isMatterOfLife(_ decoded: DecodedParcel) -> Bool {
        decoded.parcel.known.rules.rules.contains { rule in
            rule.severity == .life
                && decoded.messages.contains { message in
                    message.items.contains { $0.series == rule.series && rule.condition.matches($0.value) }
                }
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
}
