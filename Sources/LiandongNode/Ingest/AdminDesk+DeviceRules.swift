import Foundation
import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongReports
import LiandongStore

extension AdminDesk {
    /// The rules in force for a kind of device at a place, this node's own unless another is named.
    func rules(_ word: String, _ code: String?) async throws -> DeviceRulesReport {
        guard let kind = DeviceKind(rawValue: word) else {
            let words = DeviceKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw NodeError(.usage, "\(word) is none of \(words)")
        }
        let place = try rulesPlace(code)
        let context = node.ingest.context(try node.actor(role: "operator"))
        let rules = try await node.store.read { reader in
            try DeviceRules.inForce(for: kind, at: place.id, reader, context)
        }
        return DeviceRulesReport(
            asOf: now.iso8601,
            kind: kind.rawValue,
            place: self.place(place.id),
            version: rules.version,
            file: DeviceRulesFile(rules).text
        )
    }

    /// Sets the rules that a file holds, for a place and all below it.
    func setRules(_ file: String, _ code: String?) async throws -> DeviceRulesReport {
        let read = try DeviceRulesFile(parsing: Array(file.utf8))
        let place = try rulesPlace(code)
        let command = SetDeviceRules(
            read.kind,
            at: place.id,
            rules: read.rules,
            silentAfterSeconds: read.silentAfterSeconds
        )
        _ = try await node.store.commit(command, as: try node.actor(role: "operator"))
        return try await rules(read.kind.rawValue, code)
    }

    private func rulesPlace(_ code: String?) throws -> Place {
        if let code { return try authority.requirePlace(code: code) }
        guard let own = node.place else { throw NodeError(.refused, "this node is not enrolled; name a place") }
        return own
    }
}
