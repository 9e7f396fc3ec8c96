import LiandongCore
import LiandongDomain
package import LiandongReports
import LiandongStore

// Records that go to fewer places, and what was scattered on the way.
extension AdminDesk {
    /// Takes an order back from places that have nothing to do with it any more.
    func narrow(_ number: String, queryCode: String?, by name: String) async throws -> NarrowReport {
        let command = NarrowWorkOrder(.number(number, queryCode: queryCode))
        let receipt = try await node.store.commit(command, as: node.actor(name: name, role: "clerk"))
        return NarrowReport(
            asOf: now.iso8601,
            record: "\(receipt.record)",
            number: receipt.number,
            receivers: receipt.audience.members.map { place($0.place) },
            takenFrom: receipt.takenFrom.map { place($0) }
        )
    }

    /// Brings to a record's current audience what was written elsewhere.
    func takeOver(_ text: String) async throws -> DoneReport {
        let record = try await record(numberOrID: text)
        let receipt = try await node.store.commit(TakeOver(record), as: node.actor(role: "clerk"))
        return done(
            receipt.isDone
                ? "what was scattered of \(record) is taken over"
                : "nothing of \(record) is scattered; nothing is to be done",
            id: "\(record)"
        )
    }
}

/// An order that was taken back from places: `liandong.narrowing/1`.
package struct NarrowReport: Codable, Sendable {
    package var schema = "liandong.narrowing/1"
    package let asOf: String
    package let record: String
    package let number: String
    /// The places that it is for now, each with those above it.
    package let receivers: [PlaceReport]
    package let takenFrom: [PlaceReport]
}
