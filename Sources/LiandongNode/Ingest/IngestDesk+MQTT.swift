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

extension IngestDesk {
    /// What a broker checks devices by, by their codes; none before the node is enrolled.
    func brokerSecrets() async throws -> [String: String] {
        guard let community = store.authority.place(of: nodeID) else { return [:] }
        return try await store.read { try $0.brokerSecrets(of: community) }
    }

    /// Takes in a batch of a broker's: what is of one device in its order, all of it in as few commits as can be.
    ///
    /// - Returns: the answers to publish; all that they are about is durable.
    /// - Throws: what keeps the node from taking things in at the moment: nothing of the batch may be acknowledged. What
    ///   of it was taken in by then is known by its numbers when it comes again.
    func take(_ publications: [Publication]) async throws -> [Publication] {
        var batches: [Batch] = []
        for (topic, publications) in Dictionary(grouping: publications, by: \.topic) {
            if let batch = try await open(publications, of: topic) { batches.append(batch) }
        }
        // What cannot be read is kept after that: nobody's fire waits for it.
        let receipts = try await judge(batches.map(\.decoded))
        var writer = DeviceAnswerWriter()
        var answers: [Publication] = []
        for (batch, receipts) in zip(batches, receipts) {
            let topic = DeviceTopics.answer(to: batch.code)
            for answer in DeviceAnswer.joined(try await self.answers(to: batch, receipts)) {
                answers.append(Publication(topic: topic, payload: try writer.write(answer)))
            }
        }
        return answers
    }

    /// What came under one device's topic, in its order.
    private struct Batch: Sendable {
        enum Opened: Sendable {
            case decoded(DecodedParcel)
            case refused(Parcel, DecodingRefusal)
            /// What is written here of its device cannot be read.
            case stuck([UInt8], any Error)
        }

        let code: String
        let publications: [Opened]

        var decoded: [DecodedParcel] {
            publications.compactMap { if case .decoded(let parcel) = $0 { parcel } else { nil } }
        }
    }

    /// Decodes what came under one topic.
    ///
    /// - Returns: nil where it is no device of this node, or a blocked one.
    private func open(_ publications: [Publication], of topic: String) async throws -> Batch? {
        guard let code = DeviceTopics.device(of: topic) else { return stranger(publications) }
        switch try await lookUp(code: code) {
        case .success(nil): return stranger(publications)
        case .success(let known?):
            return Batch(code: code, publications: publications.map { open($0, of: known) })
        case .failure(let error):
            note(error, code)
            return Batch(code: code, publications: publications.map { .stuck($0.payload, error) })
        }
    }

    private func open(_ publication: Publication, of known: Known) -> Batch.Opened {
        let parcel = Parcel(
            known: known,
            bytes: publication.payload,
            format: MessageFormat.guess(publication.payload),
            source: "mqtt",
            receivedAt: now()
        )
        do { return .decoded(DecodedParcel(messages: try decode(parcel), parcel: parcel)) } catch {
            return .refused(parcel, error)
        }
    }

    /// As over HTTP: nothing is kept of what nobody here has let in.
    private func stranger(_ publications: [Publication]) -> Batch? {
        counters.withLock { $0.unauthorized += publications.count }
        for publication in publications {
            logger.notice("a publication of no device known here", metadata: ["topic": "\(publication.topic)"])
        }
        return nil
    }

    /// The device of a code; a failure where what is written of it here cannot be read, now or later.
    private func lookUp(code: String) async throws -> Result<Known?, any Error> {
        do { return .success(try await known(code: code)) } catch  where IngestDesk.isOfTheMessage(error) {
            return .failure(error)
        }
    }

    private func known(code: String) async throws -> Known? {
        let (remembered, since) = self.remembered(code: code)
        if let remembered { return try await known(remembered) }
        let community = try actor().place
        guard let record = try await store.read({ try $0.brokerDevice(code: code, of: community) }) else { return nil }
        remember(code: code, of: record, since: since)
        return try await known(record)
    }

    /// What is answered to a batch, in its order, once all of it is durable; what cannot be read is kept for people.
    ///
    /// - Parameter receipts: of what was decoded.
    private func answers(
        to batch: Batch,
        _ receipts: [Result<DeviceReceipt, any Error>]
    ) async throws -> [DeviceAnswer] {
        var answers: [DeviceAnswer] = []
        var receipts = receipts[...]
        for publication in batch.publications {
            switch publication {
            case .decoded(let decoded):
                guard let receipt = receipts.popFirst() else { continue }
                answers.append(try await answer(to: decoded, receipt))
            case .refused(let parcel, let refusal):
                answers.append(DeviceAnswer(try await refused(parcel, for: refusal)))
            case .stuck(let payload, let error):
                try await setAside(
                    QuarantineEntry(
                        device: nil,
                        source: "mqtt",
                        format: MessageFormat.guess(payload).rawValue,
                        reason: "of \(batch.code), which cannot be read: \(error)",
                        payload: payload
                    )
                )
                answers.append(DeviceAnswer(IngestDesk.failure))
            }
        }
        return answers
    }

    private func answer(
        to decoded: DecodedParcel,
        _ receipt: Result<DeviceReceipt, any Error>
    ) async throws -> DeviceAnswer {
        let sequence = decoded.messages.last { $0.sequence != nil }?.sequence
        do { return DeviceAnswer(try receipt.get(), sequence) } catch  where IngestDesk.isOfTheMessage(error) {
            // It would fail again each time it was delivered, and keep all others waiting.
            note(error, "\(decoded.parcel.known.device.record)")
            try await setAside(decoded.parcel, "\(error)")
            return DeviceAnswer(IngestDesk.failure, sequence)
        }
    }

    /// Keeps what cannot be decoded, also what is too much at once: its sender may not listen to an answer.
    private func refused(_ parcel: Parcel, for refusal: DecodingRefusal) async throws -> Problem {
        do { try await quarantine(parcel, refusal.reason) } catch  where IngestDesk.isOfTheMessage(error) {
            // What is remembered of its device cannot be read either.
            note(error, "\(parcel.known.device.record)")
            try await setAside(parcel, refusal.reason)
        }
        return Problem(DeviceDeskError.undecodable(refusal.reason))
    }

    /// What a device is told of what is kept through no fault of its own.
    private static var failure: Problem { Problem(DeviceDeskError.undecodable("this node fails at it")) }

    private func note(_ error: any Error, _ device: String) {
        logger.error(
            "a publication is kept in quarantine: this node fails at it",
            metadata: ["device": "\(device)", "error": "\(error)"]
        )
    }
}
