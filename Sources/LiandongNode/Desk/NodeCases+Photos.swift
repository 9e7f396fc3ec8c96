import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore
import LiandongWeb

extension Node {
    /// Brings a photo into an order in bounded writes: nobody's own waits long for it.
    ///
    /// The same photo again, after a failure too, writes what is missing of it.
    @concurrent
    func add(_ photo: Photo, to order: WorkOrderSelector, as actor: Actor) async throws -> AddPhoto.Receipt {
        let digest = store.configuration.cryptography.hash(photo.bytes)
        let known = try await store.rehearse(AddPhoto(order, photo, digest: digest, isBeginning: true), as: actor)
        guard !known.isKnown else { return known }
        let size = WorkOrderPhoto.Limit.partBytes
        let count = (photo.bytes.count + size - 1) / size
        for start in stride(from: 0, to: count, by: WorkOrderPhoto.Limit.partsAtOnce) {
            let parts = start..<min(start + WorkOrderPhoto.Limit.partsAtOnce, count)
            _ = try await store.commit(WritePhotoParts(order, photo, digest: digest, parts: parts), as: actor)
        }
        return try await store.commit(AddPhoto(order, photo, digest: digest), as: actor)
    }

    /// A photo that was found, to be read while it is sent.
    func file(_ found: StoreReader.FoundPhoto) throws -> PhotoFile {
        guard let parts = found.parts else { throw Problem.photoOnItsWay(found.photo) }
        return PhotoFile(
            digest: found.photo.digest,
            type: found.photo.type,
            byteCount: found.photo.byteCount,
            partCount: parts.count
        ) { [store, photo = found.photo] index in
            guard parts.indices.contains(index) else { return nil }
            let bytes = try await store.read { try $0.part(at: parts[index]) }
            return bytes?.count == photo.byteCount(ofPart: index) ? bytes : nil
        }
    }
}

extension NodeCases {
    func add(_ photo: Photo, to order: RecordID, by performer: Performer) async throws {
        do {
            let actor = try node.actor(name: performer.name, role: performer.role)
            _ = try await node.add(photo, to: .record(order), as: actor)
        } catch {
            throw expected(error)
        }
    }

    func photo(_ digest: Hash, of number: String, for access: OrderAccess) async throws -> PhotoFile? {
        let found = try await node.store.read { reader -> StoreReader.FoundPhoto? in
            guard let (order, sight) = try find(number, for: access, reader), sight != .everyone else { return nil }
            return try reader.photo(digest, of: order)
        }
        return try found.map { try node.file($0) }
    }
}
