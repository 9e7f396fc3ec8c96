import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Testing

extension ErasureStoreTests {
    @Test("A photo's bytes stand in its parts alone, come whole to another store, and go with an erasure to the last")
    func photo() async throws {
        let (district, here, there) = try await communities()
        defer { for site in [district, here.site, there.site] { site.remove() } }
        let order = try await here.store.commit(here.site.order("TEXTQ1"), as: here.site.actor)
        let photo = try Photo(png("PIXELSQ1"))
        let digest = Cryptography.sodium.hash(photo.bytes)
        let selector = WorkOrderSelector.record(order.record)
        for start in stride(from: 0, to: 4, by: 2) {
            let parts = WritePhotoParts(selector, photo, digest: digest, parts: start..<min(start + 2, 4))
            _ = try await here.store.commit(parts, as: here.site.actor)
        }
        _ = try await here.store.commit(AddPhoto(selector, photo, digest: digest), as: here.site.actor)
        #expect(try await bytes(digest, order.record, here.store) == photo.bytes)

        // Neither cells nor read models nor what a new peer is shown first hold any of it.
        let before = try await here.store.readModelDump()
        try await here.store.rebuild()
        #expect(try await here.store.readModelDump() == before)
        #expect(try await bytes(digest, order.record, here.store) == photo.bytes)
        let filter = EntitlementFilter(authority: here.store.authority, peer: there.site.node)
        let query = SnapshotQuery(after: nil, since: 0, byteLimit: 1 << 20, filter: filter)
        let pages = try await here.store.readSnapshot(query)
        #expect(pages.records.map(\.record) == [order.record])
        #expect(pages.records.allSatisfy { $0.entries.count < 2_000 })

        let deltas = try await deltas(in: here.store, for: there.site.node)
        #expect(deltas.filter { $0.lane.deltaClass == .bulk }.count == 4)
        #expect(deltas.allSatisfy { $0.heldByteCount <= Delta.bulkByteGoal })
        _ = try await there.store.persist(try await batch(Array(deltas.reversed()), from: here))
        #expect(try await bytes(digest, order.record, there.store) == photo.bytes)

        let marks = ["PIXELSQ1", "TEXTQ1"]
        #expect(try found(marks, in: there.site.folder) == marks)
        let erase = EraseRecord(.workOrder(selector), reason: .consentWithdrawn)
        _ = try await there.store.commit(erase, as: there.site.actor)
        #expect(try await there.store.finishErasures())
        #expect(try found(marks, in: there.site.folder).isEmpty)
        #expect(try await bytes(digest, order.record, there.store) == nil)
        // What comes again comes without it.
        _ = try await there.store.persist(try await batch(deltas, from: here))
        #expect(try found(marks, in: there.site.folder).isEmpty)
        try await here.store.close()
        try await there.store.close()
    }

    /// A picture of a mark again and again: four parts.
    private func png(_ mark: String) -> [UInt8] {
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            UInt32(data.count).bigEndianBytes + Array(type.utf8) + data + [0, 0, 0, 0]
        }
        let pixels = (0..<6_500).flatMap { _ in Array(mark.utf8) }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", [0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]) + chunk("IDAT", pixels) + chunk("IEND", [])
    }

    /// Nil where the photo is not there, or not whole.
    private func bytes(_ digest: Hash, _ record: RecordID, _ store: ReplicaStore) async throws -> [UInt8]? {
        try await store.read { reader in
            guard let order = try reader.workOrder(record), let found = try reader.photo(digest, of: order),
                let parts = found.parts
            else { return nil }
            return try parts.reduce(into: []) { $0 += try #require(try reader.part(at: $1)) }
        }
    }
}
