import LiandongCore
import LiandongDomain
import SwiftProtobuf
import Testing

/// Photos of orders: how they travel, are given on, taken back and erased with them.
@Suite("Photos of orders")
struct OrderPhotoTests {
    private func order(_ town: Town, for place: PlaceID? = nil) throws -> RecordID {
        try town.run(
            SubmitWorkOrder(service: "0101", place: place, description: "路灯不亮", channel: "counter"),
            at: Town.communityA1
        ).record
    }

    /// A photo of several parts.
    private func photo(_ mark: String = "a", byteCount: Int = 40_000) throws -> Photo {
        let filling = Array(mark.utf8) + [UInt8](repeating: 7, count: byteCount)
        return try Photo(PhotoFiles.png(PhotoFiles.chunk("IDAT", filling)))
    }

    private func add(
        _ photo: Photo,
        to record: RecordID,
        at place: PlaceID,
        by role: String = "clerk",
        in town: Town
    ) throws {
        let digest = town.cryptography.hash(photo.bytes)
        let size = WorkOrderPhoto.Limit.partBytes
        let count = (photo.bytes.count + size - 1) / size
        for start in stride(from: 0, to: count, by: 2) {
            let parts = start..<min(start + 2, count)
            try town.run(WritePhotoParts(.record(record), photo, digest: digest, parts: parts), by: role, at: place)
        }
        try town.run(AddPhoto(.record(record), photo, digest: digest), by: role, at: place)
    }

    private func beginning(_ photo: Photo, _ record: RecordID, _ town: Town) -> AddPhoto {
        AddPhoto(.record(record), photo, digest: town.cryptography.hash(photo.bytes), isBeginning: true)
    }

    @Test(
        "What is told of a photo comes with the order; it is whole when all parts have come",
        arguments: Town.Delivery.allCases
    )
    func parts(delivery: Town.Delivery) throws {
        let town = try Town()
        let record = try order(town)
        let photo = try photo()
        try add(photo, to: record, at: Town.communityA1, by: "resident", in: town)
        try town.sync([Town.streetA], delivery, only: .interactive)
        let told = try #require(try town.order(record, at: Town.streetA).photos.first)
        #expect(told.partCount == 3 && told.partsHere == 0 && !told.isWhole)
        #expect(told.type == .png && told.byteCount == photo.bytes.count && told.digest.bytes.count == 32)
        #expect(told.role == "resident" && told.operatorName == "李工" && told.authorPlace == Town.communityA1)
        #expect(try town.bytes(of: told, of: record, at: Town.streetA) == nil)
        try town.sync(Town.places, delivery)
        for place in [Town.communityA1, Town.streetA, Town.district] {
            let order = try town.order(record, at: place)
            #expect(order.photos.count == 1 && order.photos[0].isWhole)
            #expect(try town.bytes(of: order.photos[0], of: record, at: place) == photo.bytes)
        }
        // The cells that every fold reads hold none of it.
        let view = try #require(try town.view(record, at: Town.district))
        #expect(view.entries(of: WorkOrderField.photoParts).count == 3)
        #expect(view.entries(of: WorkOrderField.photoParts).allSatisfy { $0.value.isEmpty })
    }

    @Test("Parts that no entry tells of show nothing; sent once more, only what is missing is written")
    func cutOff() throws {
        let town = try Town()
        let record = try order(town)
        let photo = try photo()
        let digest = town.cryptography.hash(photo.bytes)
        let first = WritePhotoParts(.record(record), photo, digest: digest, parts: 0..<1)
        try town.run(first, at: Town.communityA1)
        #expect(try town.order(record, at: Town.communityA1).photos.isEmpty)
        let early = AddPhoto(.record(record), photo, digest: digest)
        #expect(try town.refusal(early, at: Town.communityA1).code == .conflict)
        let again = try first.plan(town.reader(Town.communityA1), town.context(Town.communityA1))
        #expect(again.drafts.isEmpty)
        try add(photo, to: record, at: Town.communityA1, in: town)
        #expect(try town.order(record, at: Town.communityA1).photos.map(\.isWhole) == [true])
        let known = try town.run(AddPhoto(.record(record), photo, digest: digest), at: Town.communityA1)
        #expect(known.isKnown)
        #expect(try town.order(record, at: Town.communityA1).photos.count == 1)
    }

    @Test("Whoever the order is given to gets its photos, and lets go of them with it")
    func given() throws {
        let town = try Town()
        let record = try order(town)
        let photo = try photo()
        try add(photo, to: record, at: Town.communityA1, in: town)
        try town.act(record, .offer(to: Town.communityB1), at: Town.communityA1)
        try town.sync(Town.places, .shuffled)
        for place in [Town.communityB1, Town.streetB] {
            let shown = try #require(try town.order(record, at: place).photos.first)
            #expect(try town.bytes(of: shown, of: record, at: place) == photo.bytes)
        }
        // Added there, it comes back home.
        let second = try self.photo("b", byteCount: 100)
        try add(second, to: record, at: Town.communityB1, in: town)
        try town.sync()
        let home = try town.order(record, at: Town.communityA1).photos
        #expect(home.count == 2 && home.allSatisfy(\.isWhole))
        #expect(try town.bytes(of: home[1], of: record, at: Town.communityA1) == second.bytes)

        try town.act(record, .refuse(reason: "不属本社区"), at: Town.communityB1)
        try town.sync()
        try town.run(NarrowWorkOrder(.record(record)), at: Town.communityA1)
        try town.sync()
        #expect(try town.view(record, at: Town.communityB1)?.entries(of: WorkOrderField.photoParts).isEmpty != false)
        #expect(try town.bytes(of: home[0], of: record, at: Town.communityB1) == nil)
        #expect(try town.bytes(of: home[0], of: record, at: Town.communityA1) == photo.bytes)
        #expect(try town.bytes(of: home[1], of: record, at: Town.communityA1) == second.bytes)
    }

    @Test("An erasure takes photos everywhere, those too that come later, and none is added any more")
    func erased() throws {
        let town = try Town()
        let record = try order(town, for: Town.communityB1)
        let photo = try photo()
        try add(photo, to: record, at: Town.communityA1, in: town)
        try town.sync()
        // Added where nobody has heard of the erasure.
        try add(try self.photo("b"), to: record, at: Town.communityB1, in: town)
        let shown = try town.order(record, at: Town.communityA1).photos
        let receipt = try town.run(
            EraseRecord(.workOrder(.record(record)), reason: .consentWithdrawn),
            at: Town.communityA1
        )
        #expect(receipt.fields.contains { $0.name == "photos" && $0.count == 1 })
        #expect(receipt.fields.contains { $0.name == "parts of photos" && $0.count == 3 })
        try town.sync(Town.places, .shuffled)
        for place in [Town.communityA1, Town.streetA, Town.district, Town.streetB, Town.communityB1] {
            #expect(try town.order(record, at: place).photos.isEmpty)
            #expect(try town.bytes(of: shown[0], of: record, at: place) == nil)
        }
        let refusal = try town.refusal(beginning(photo, record, town), at: Town.communityA1)
        #expect(refusal.code == .wrongState)
    }

    @Test("The same photo of two nodes is shown once, by the one whose parts are here")
    func twice() throws {
        let town = try Town()
        let record = try order(town, for: Town.communityB1)
        try town.sync()
        let photo = try photo()
        try add(photo, to: record, at: Town.communityA1, in: town)
        try add(photo, to: record, at: Town.communityB1, in: town)
        try town.sync([Town.district], only: .interactive)
        #expect(try town.order(record, at: Town.district).photos.map(\.partsHere) == [0])
        try town.sync()
        let orders = try town.everywhere(record)
        #expect(orders.count == 5 && orders.allSatisfy { $0 == orders[0] })
        #expect(orders[0].photos.map(\.isWhole) == [true])
    }

    @Test("Who does not receive the order adds nothing to it; nor does anybody beyond its bounds")
    func refused() throws {
        let town = try Town()
        let record = try order(town)
        try town.sync()
        let photo = try photo()
        #expect(try town.refusal(beginning(photo, record, town), at: Town.communityA2).code == .notFound)
        try tell(of: 4, byteCount: 8 << 20, record, town)
        let bytes = try town.refusal(beginning(photo, record, town), at: Town.communityA1)
        #expect(bytes.code == .wrongState && bytes.reason.contains("bytes"))

        let full = try order(town)
        try tell(of: WorkOrderPhoto.Limit.count, byteCount: 100, full, town)
        let count = try town.refusal(beginning(photo, full, town), at: Town.communityA1)
        #expect(count.code == .wrongState && count.reason.contains("12 photos"))
        let parts = WritePhotoParts(
            .record(full),
            photo,
            digest: town.cryptography.hash(photo.bytes),
            parts: 0..<1
        )
        #expect(try town.refusal(parts, at: Town.communityA1).code == .wrongState)
    }

    @Test("Entries that no honest node writes are passed over")
    func hostile() throws {
        let town = try Town()
        let record = try order(town)
        let digest = [UInt8](repeating: 9, count: 32)
        func wire(_ type: WirePhotoType, _ byteCount: UInt32, _ partBytes: UInt32) throws -> [UInt8] {
            try WirePhoto.with {
                $0.type = type
                $0.byteCount = byteCount
                $0.partBytes = partBytes
            }.serializedBytes()
        }
        let values: [([UInt8], [UInt8])] = [
            (digest, [0xFF, 0xFF]), (digest, try wire(.unspecified, 10, 1_024)), (digest, try wire(.jpeg, 0, 1_024)),
            (digest, try wire(.jpeg, .max, 1_024)), (digest, try wire(.jpeg, 10, 0)),
            (digest, try wire(.jpeg, 10, .max)),
            ([1], try wire(.jpeg, 10, 1_024)),
        ]
        try write(values.map { ($0.0, $0.1) }, record, town)
        #expect(try town.order(record, at: Town.communityA1).photos.isEmpty)
        // Parts that are none, or of nothing.
        let view = try #require(try town.view(record, at: Town.communityA1))
        let drafts = [[], digest, digest + [0xFF, 0xFF], [UInt8](repeating: 1, count: 300)].map {
            Draft(record: record, field: WorkOrderField.photoParts, element: $0, value: [1], audience: view.audience)
        }
        try town.commit(drafts, at: Town.communityA1)
        try write([(digest, try wire(.webp, 2_000, 1_024))], record, town)
        let told = try #require(try town.order(record, at: Town.communityA1).photos.first)
        #expect(told.partCount == 2 && told.partsHere == 0)
        #expect(try town.bytes(of: told, of: record, at: Town.communityA1) == nil)
    }

    /// Says that there are photos, whose parts never come.
    private func tell(of count: Int, byteCount: UInt32, _ record: RecordID, _ town: Town) throws {
        let value =
            try WirePhoto.with {
                $0.type = .jpeg
                $0.byteCount = byteCount
                $0.partBytes = 15_360
            }.serializedBytes() as [UInt8]
        try write((1...count).map { ([UInt8](repeating: UInt8($0), count: 32), value) }, record, town)
    }

    private func write(_ photos: [([UInt8], [UInt8])], _ record: RecordID, _ town: Town) throws {
        let view = try #require(try town.view(record, at: Town.communityA1))
        let drafts = photos.map {
            Draft(record: record, field: WorkOrderField.photos, element: $0.0, value: $0.1, audience: view.audience)
        }
        try town.commit(drafts, at: Town.communityA1)
    }
}
