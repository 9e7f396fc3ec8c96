import GRDB
package import LiandongCore
import LiandongDomain

// What became of records that changed audience, for operators.

extension StoreReader {
    /// A record that this replica held and let go of.
    package struct RecordLetGo: Sendable {
        package let record: RecordID
        package let at: Instant
        package let author: NodeID
        /// Whom it is for.
        package let further: Audience
        /// How many ops of it are held still: nobody had heard of the left when they were written.
        package let late: Int
    }

    /// The records let go of, in ascending order of their ids, at most so many.
    ///
    /// - Complexity: O(entries that say where records are).
    package func recordsLetGo(limit: Int) throws -> [RecordLetGo] {
        let found: [RecordID] = try db.rows(
            """
            SELECT record FROM records WHERE number IN (SELECT record FROM entries WHERE field % 100 = 97)
            ORDER BY record
            """
        ) { try $0.identifier(0) }
        var letGo: [RecordLetGo] = []
        for record in found where letGo.count < limit {
            guard try !storage.entries(of: record).contains(where: \.field.isCreation),
                let last = try storage.lastLeft(of: record)
            else { continue }
            let late = try db.first("SELECT count(*) FROM parked WHERE record = ?", record) { try $0.integer(0) }
            letGo.append(
                RecordLetGo(
                    record: record,
                    at: last.at,
                    author: last.author,
                    further: last.left.further,
                    late: Int(clamping: late ?? 0)
                )
            )
        }
        return letGo
    }

    /// A record of which something was written elsewhere than in its current audience.
    package struct ScatteredRecord: Sendable {
        package let record: RecordID
        /// Of a work order.
        package let number: String?
        package let current: Audience
        /// Of each such op.
        package let lanes: [LaneKey]
    }

    /// The scattered records that this place may bring together, in ascending order of their ids, at most so many.
    ///
    /// - Complexity: O(entries that say where records are).
    package func scatteredRecords(limit: Int) throws -> [ScatteredRecord] {
        let given: [RecordID] = try db.rows(
            """
            SELECT record FROM records WHERE number IN (SELECT record FROM entries WHERE field % 100 = 99)
            ORDER BY record
            """
        ) { try $0.identifier(0) }
        var found: [ScatteredRecord] = []
        for id in given where found.count < limit {
            guard let view = try RecordView(of: id, in: storage), view.isScattered else { continue }
            found.append(
                ScatteredRecord(
                    record: id,
                    number: WorkOrder.fold(view, authority)?.number,
                    current: view.audience,
                    lanes: try storage.scattered(of: id)
                )
            )
        }
        return found
    }
}
