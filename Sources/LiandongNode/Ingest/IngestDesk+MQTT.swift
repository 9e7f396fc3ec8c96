import Foundation
import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongMQTT
import LiandongReports
import LiandongStore
import LiandongWeb
import Logging
import Synchronization

/// What a device is told under its topic of answers: as `POST /ingest/v1/readings` would have told it, with the number of
/// the last message of its publication that has one.
struct DeviceAnswer<Body: Encodable>: Encodable {
    let sequence: DeviceMessage.Sequence?
    let body: Body

    private enum CodingKeys: String, CodingKey {
        case seq, boot
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if let sequence {
            try container.encode(sequence.number, forKey: .seq)
            if !sequence.boot.isEmpty { try container.encode(sequence.boot, forKey: .boot) }
        }
        try body.encode(to: encoder)
    }
}

extension IngestDesk {
    /// What a broker checks devices by, by their codes; none before the node is enrolled.
    func brokerSecrets() async throws -> [String: String] {
        guard let community = store.authority.place(of: nodeID) else { return [:] }
        return try await store.read { try $0.brokerSecrets(of: community) }
    }

    /// Takes in a batch of a broker's: what is of one device in its order, all of it side by side.
    ///
    /// - Returns: the answers to publish; all that they are about is durable.
    /// - Throws: what keeps the node from taking things in at the moment: nothing of the batch may be acknowledged. What
    ///   of it was taken in by then is known by its numbers when it comes again.
    func take(_ publications: [Publication]) async throws -> [Publication] {
        var batches: [String: [Publication]] = [:]
        for publication in publications { batches[publication.topic, default: []].append(publication) }
        return try await withThrowingTaskGroup(of: [Publication].self) { group in
            for (topic, batch) in batches { group.addTask { try await self.take(batch, of: topic) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Takes in what came under one topic, in one commit, or keeps it for people to look at.
    ///
    /// - Returns: what its device is told; nothing where it is no device of this node, or a blocked one.
    private func take(_ batch: [Publication], of topic: String) async throws -> [Publication] {
        guard let code = DeviceTopics.device(of: topic) else { return stranger(batch) }
        let known: Known
        switch try await lookUp(code: code) {
        case .success(nil): return stranger(batch)
        case .success(let found?): known = found
        case .failure(let error): return try await setAside(batch, of: code, for: error)
        }
        let parcels = batch.map { publication in
            let format = MessageFormat.guess(publication.payload)
            return Parcel(
                known: known,
                bytes: publication.payload,
                format: format,
                source: "mqtt",
                receivedAt: now()
            )
        }
        return try await answers(to: parcels).map { answer in
            Publication(topic: DeviceTopics.answer(to: code), payload: [UInt8](answer))
        }
    }

    /// Keeps what came of a device of which what is written here cannot be read.
    private func setAside(_ batch: [Publication], of code: String, for error: any Error) async throws -> [Publication] {
        note(error, code)
        var answers: [Publication] = []
        for publication in batch {
            try await setAside(
                QuarantineEntry(
                    device: nil,
                    source: "mqtt",
                    format: MessageFormat.guess(publication.payload).rawValue,
                    reason: "of \(code), which cannot be read: \(error)",
                    payload: publication.payload
                )
            )
            let answer = try encoded(IngestDesk.failure, nil)
            answers.append(Publication(topic: DeviceTopics.answer(to: code), payload: [UInt8](answer)))
        }
        return answers
    }

    /// As over HTTP: nothing is kept of what nobody here has let in.
    private func stranger(_ batch: [Publication]) -> [Publication] {
        counters.withLock { $0.unauthorized += batch.count }
        for publication in batch {
            logger.notice("a publication of no device known here", metadata: ["topic": "\(publication.topic)"])
        }
        return []
    }

    /// The device of a code; a failure where what is written of it here cannot be read, now or later.
    private func lookUp(code: String) async throws -> Result<Known?, any Error> {
        do { return .success(try await known(code: code)) } catch  where IngestDesk.isOfTheMessage(error) {
            return .failure(error)
        }
    }

    private func known(code: String) async throws -> Known? {
        let community = try actor().place
        guard let record = try await store.read({ try $0.brokerDevice(code: code, of: community) }) else { return nil }
        return try await known(record)
    }

    /// What is answered to deliveries of one device, in their order, once all of them are durable.
    private func answers(to parcels: [Parcel]) async throws -> [Data] {
        var answers = [Data](repeating: Data(), count: parcels.count)
        var decoded: [(index: Int, messages: [DeviceMessage])] = []
        for (index, parcel) in parcels.enumerated() {
            do { decoded.append((index, try decode(parcel))) } catch let refusal {
                answers[index] = try await answer(to: parcel, refusedFor: refusal)
            }
        }
        let receipts = try await judge(inOrder: decoded.map { ($0.messages, parcels[$0.index]) })
        for ((index, messages), receipt) in zip(decoded, receipts) {
            let sequence = messages.last { $0.sequence != nil }?.sequence
            do { answers[index] = try encoded(try receipt.get(), sequence) } catch
                where IngestDesk.isOfTheMessage(error)
            {
                // It would fail again each time it was delivered, and keep all others waiting.
                note(error, "\(parcels[index].known.device.record)")
                try await setAside(parcels[index], "\(error)")
                answers[index] = try encoded(IngestDesk.failure, sequence)
            }
        }
        return answers
    }

    /// Keeps what cannot be decoded, also what is too much at once: its sender may not listen to an answer.
    private func answer(to parcel: Parcel, refusedFor refusal: DecodingRefusal) async throws -> Data {
        do { try await quarantine(parcel, refusal.reason) } catch  where IngestDesk.isOfTheMessage(error) {
            // What is remembered of its device cannot be read either.
            note(error, "\(parcel.known.device.record)")
            try await setAside(parcel, refusal.reason)
        }
        return try encoded(Problem(DeviceDeskError.undecodable(refusal.reason)), nil)
    }

    /// What a device is told of what is kept through no fault of its own.
    private static var failure: Problem { Problem(DeviceDeskError.undecodable("this node fails at it")) }

    private func note(_ error: any Error, _ device: String) {
        logger.error(
            "a publication is kept in quarantine: this node fails at it",
            metadata: ["device": "\(device)", "error": "\(error)"]
        )
    }

    private func encoded(_ body: some Encodable, _ sequence: DeviceMessage.Sequence?) throws -> Data {
        try ReportCoding.encoder.encode(DeviceAnswer(sequence: sequence, body: body))
    }
}
