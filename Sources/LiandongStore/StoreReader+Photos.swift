package import LiandongCore
package import LiandongDomain

extension StoreReader {
    /// A photo of an order, and where its parts lie in this file: nil for those, while some are on their way.
    package struct FoundPhoto: Sendable {
        package let photo: WorkOrderPhoto
        package let parts: [OpSource]?
    }

    package func photo(_ digest: Hash, of order: WorkOrder) throws -> FoundPhoto? {
        guard let photo = order.photos.first(where: { $0.digest == digest }) else { return nil }
        // Of a record of a snapshot the parts are not here, whatever else is.
        let parts = photo.isWhole ? try photo.sources(of: order.record, in: storage) : nil
        return FoundPhoto(photo: photo, parts: parts)
    }

    /// The bytes of one part; nil when they were erased or let go of meanwhile.
    package func part(at source: OpSource) throws -> [UInt8]? { try storage.op(at: source)?.value }
}
