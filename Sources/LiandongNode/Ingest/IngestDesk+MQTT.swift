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

    /// Takes in a batch of a broker's: of each device one after the other, devices side by side.
    ///
    /// - Returns: the answers to publish; all that they are about is durable.
    /// - Throws: what keeps the node from taking things in at the moment: nothing of the batch may be acknowledged. What
    ///   of it was taken in by then is known by its numbers when it comes again.
    func take(_ publications: [Publication]) async throws -> [Publication] {
        var batches: [String: [Publication]] = [:]
        for publication in publications { batches[publication.topic, default: []].append(publication) }
        return try await withThrowingTaskGroup(of: [Publication].self) { group in
            for batch in batches.values {
                group.addTask {
                    var answers: [Publication] = []
                    for publication in batch {
                        if let answer = try await self.take(publication) { answers.append(answer) }
                    }
                    return answers
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Takes one publication in, or keeps it for people to look at.
    ///
    /// - Returns: what its device is told; nil where it is no device of this node, or a blocked one.
    private func take(_ publication: Publication) async throws -> Publication? {
        guard let code = DeviceTopics.device(of: publication.topic), let known = try await known(code: code) else {
            // As over HTTP: nothing is kept of what nobody here has let in.
            counters.withLock { $0.unauthorized += 1 }
            logger.notice("a publication of no device known here", metadata: ["topic": "\(publication.topic)"])
            return nil
        }
        let parcel = Parcel(
            known: known,
            bytes: publication.payload,
            format: MessageFormat.guess(publication.payload),
            source: "mqtt",
            receivedAt: now()
        )
        return Publication(topic: DeviceTopics.answer(to: code), payload: [UInt8](try await answer(to: parcel)))
    }

    private func known(code: String) async throws -> Known? {
        let community = try actor().place
        guard let record = try await store.read({ try $0.brokerDevice(code: code, of: community) }) else { return nil }
        return try await known(record)
    }

    private func answer(to parcel: Parcel) async throws -> Data {
        let messages: [DeviceMessage]
        do { messages = try decode(parcel) } catch {
            // Also what is too much at once: its sender may not listen to an answer.
            try await quarantine(parcel, error.reason)
            return try encoded(Problem(DeviceDeskError.undecodable(error.reason)), nil)
        }
        let sequence = messages.last { $0.sequence != nil }?.sequence
        do { return try encoded(try await judge(messages, parcel), sequence) } catch {
            guard IngestDesk.isOfTheMessage(error) else { throw error }
            // It would fail again each time it was delivered, and keep all others waiting.
            logger.error(
                "a publication is kept in quarantine: this node fails at it",
                metadata: ["device": "\(parcel.known.device.record)", "error": "\(error)"]
            )
            try await setAside(parcel, "\(error)")
            return try encoded(Problem(DeviceDeskError.undecodable("this node fails at it")), sequence)
        }
    }

    private func encoded(_ body: some Encodable, _ sequence: DeviceMessage.Sequence?) throws -> Data {
        try ReportCoding.encoder.encode(DeviceAnswer(sequence: sequence, body: body))
    }

    /// Whether a failure would come again with the same message, whenever that comes.
    private static func isOfTheMessage(_ error: any Error) -> Bool {
        switch error {
        case let error as StoreError: error.code == .corrupt
        // A node that may not write any more takes nothing in.
        case let error as DraftError: error.code != .notPermitted
        case is Refusal: true
        default: false
        }
    }
}
