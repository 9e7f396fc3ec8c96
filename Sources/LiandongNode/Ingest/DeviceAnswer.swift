import Foundation
import LiandongIngest
import LiandongReports
import LiandongWeb

/// What a device is told under its topic of answers: as `POST /ingest/v1/readings` would have told it, with `boot` and
/// `seq` of the last message of its publication that has a number.
struct DeviceAnswer: Sendable {
    enum Content: Sendable {
        case receipt(DeviceReceipt)
        case problem(Problem)
    }

    let content: Content
    let sequence: DeviceMessage.Sequence?
    /// How many publications it is for.
    private(set) var publications = 1

    init(_ receipt: DeviceReceipt, _ sequence: DeviceMessage.Sequence?) {
        (self.content, self.sequence) = (.receipt(receipt), sequence)
    }

    init(_ problem: Problem, _ sequence: DeviceMessage.Sequence? = nil) {
        (self.content, self.sequence) = (.problem(problem), sequence)
    }

    /// Answers to one device's publications in their order, those joined that have the like to tell.
    static func joined(_ answers: [DeviceAnswer]) -> [DeviceAnswer] {
        answers.reduce(into: []) { joined, next in
            guard let last = joined.last?.joined(with: next) else { return joined.append(next) }
            joined[joined.count - 1] = last
        }
    }

    /// One answer for this and the next: where a run goes on, and all of both was taken without a word.
    private func joined(with next: DeviceAnswer) -> DeviceAnswer? {
        guard case .receipt(var receipt) = content, case .receipt(let other) = next.content, let sequence,
            let later = next.sequence, sequence.boot == later.boot, sequence.number < later.number,
            receipt.isPlain, other.isPlain
        else { return nil }
        receipt.accepted += other.accepted
        var joined = DeviceAnswer(receipt, later)
        joined.publications = publications + next.publications
        return joined
    }
}

extension DeviceReceipt {
    /// Nothing is told by it but how many readings were taken.
    fileprivate var isPlain: Bool { self == DeviceReceipt(accepted: accepted) }
}

/// Writes answers; what many of a batch have in common is encoded once.
struct DeviceAnswerWriter {
    private var receipts: [DeviceReceipt: Data] = [:]
    private var boots: [String: String] = [:]

    /// - Returns: a JSON object.
    mutating func write(_ answer: DeviceAnswer) throws -> [UInt8] {
        let body: Data
        switch answer.content {
        case .problem(let problem): body = try ReportCoding.encoder.encode(problem)
        case .receipt(let receipt):
            body = try receipts[receipt] ?? ReportCoding.encoder.encode(receipt)
            receipts[receipt] = body
        }
        guard let sequence = answer.sequence else { return [UInt8](body) }
        let boot = try boots[sequence.boot] ?? member(boot: sequence.boot)
        boots[sequence.boot] = boot
        let count = answer.publications > 1 ? "\"publications\":\(answer.publications)," : ""
        // The body is an object with members.
        return Array("{\(boot)\"seq\":\(sequence.number),\(count)".utf8) + body.dropFirst()
    }

    private func member(boot: String) throws -> String {
        guard !boot.isEmpty else { return "" }
        return "\"boot\":\(String(decoding: try JSONEncoder().encode(boot), as: UTF8.self)),"
    }
}
