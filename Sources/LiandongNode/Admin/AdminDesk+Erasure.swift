import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore
import Logging

extension AdminDesk {
    func erase(_ form: AdminRequest.ErasureForm) async throws -> ErasureReport {
        guard let reason = ErasureReason(rawValue: form.reason) else {
            let words = ErasureReason.allCases.map(\.rawValue).joined(separator: ", ")
            throw NodeError(.usage, "--reason: \(form.reason) is none of \(words)")
        }
        let command = EraseRecord(try await subject(form), reason: reason)
        let actor = try node.actor(role: "clerk")
        let receipt =
            form.isDryRun
            ? try await node.store.rehearse(command, as: actor) : try await node.store.commit(command, as: actor)
        if !form.isDryRun, receipt.erasedBefore == nil {
            node.logger.notice(
                "personal values erased",
                metadata: [
                    "record": "\(receipt.record)", "reason": "\(reason.rawValue)",
                    "fields": "\(receipt.fields.map(\.name).joined(separator: ", "))",
                ]
            )
        }
        return ErasureReport(
            asOf: now.iso8601,
            record: "\(receipt.record)",
            reason: reason.rawValue,
            isDryRun: form.isDryRun,
            erasedBefore: receipt.erasedBefore?.iso8601,
            fields: receipt.fields.map { .init(name: $0.name, values: $0.count) }
        )
    }

    private func subject(_ form: AdminRequest.ErasureForm) async throws -> EraseRecord.Subject {
        if let number = form.order { return .workOrder(.number(number, queryCode: form.queryCode)) }
        guard let resident = form.resident else {
            throw NodeError(.usage, "erase: give the id of a registration or the number of an order")
        }
        return .registration(try await registrationID(resident))
    }

    func erasures(_ text: String?) async throws -> ErasuresReport {
        var record: RecordID?
        if let text { record = try await self.record(numberOrID: text) }
        let held = try await node.store.read { [record] in try $0.erasures(of: record) }
        let (engine, now) = (await node.engine.inspect { $0 }, now)
        return ErasuresReport(held, engine, mayBeOutstanding: node.store.mayMissErasures, at: now)
    }
}
