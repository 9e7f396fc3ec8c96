package import LiandongCore
import SwiftProtobuf

/// Writes some parts of a photo into an order's record; ``AddPhoto`` says then that they are one.
///
/// A photo takes several such commands, each a bounded write of its own: nobody else's waits for it, and what is cut off in
/// between shows nothing.
package struct WritePhotoParts: Command {
    package var order: WorkOrderSelector
    package var photo: Photo
    package var digest: Hash
    /// The parts to write; at most ``WorkOrderPhoto/Limit/partsAtOnce``.
    package var parts: Range<Int>

    package init(_ order: WorkOrderSelector, _ photo: Photo, digest: Hash, parts: Range<Int>) {
        self.order = order
        self.photo = photo
        self.digest = digest
        self.parts = parts
    }

    package typealias Receipt = RecordID

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<RecordID> {
        let scene = try AddPhoto(order, photo, digest: digest).checked(reader, context)
        let target = try RecordTarget(scene.view, Localized("工单", "the order"), including: scene.answering, context)
        let own = WorkOrderPhoto.parts(scene.view)[context.actor.node] ?? []
        let missing = parts.prefix(WorkOrderPhoto.Limit.partsAtOnce).filter { !own.contains(PhotoPartKey(digest, $0)) }
        guard scene.view.entries(of: WorkOrderField.photoParts).count + missing.count <= WorkOrderPhoto.Limit.parts
        else {
            throw Refusal(.photosBegun)
        }
        let size = WorkOrderPhoto.Limit.partBytes
        let drafts = missing.map { index in
            Draft(
                record: scene.order.record,
                field: WorkOrderField.photoParts,
                element: PhotoPartKey(digest, index).element,
                value: Array(photo.bytes.dropFirst(index * size).prefix(size)),
                audience: target.audience
            )
        }
        // Whoever is given the order with these parts is given it once.
        return Plan(drafts: missing.isEmpty ? [] : target.drafts + drafts, receipt: scene.order.record)
    }
}

/// Says that the parts written before are a photo of the order: by whoever receives the order, as a note is.
package struct AddPhoto: Command {
    package var order: WorkOrderSelector
    package var photo: Photo
    package var digest: Hash
    /// Whether its parts are still to be written: only whether they may be is answered.
    package var isBeginning: Bool

    package init(_ order: WorkOrderSelector, _ photo: Photo, digest: Hash, isBeginning: Bool = false) {
        self.order = order
        self.photo = photo
        self.digest = digest
        self.isBeginning = isBeginning
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        package let number: String
        /// Whether the order had it before, whole.
        package let isKnown: Bool
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        let scene = try checked(reader, context)
        func receipt(isKnown: Bool) -> Receipt {
            Receipt(record: scene.order.record, number: scene.order.number, isKnown: isKnown)
        }
        if scene.isKnown { return Plan(drafts: [], receipt: receipt(isKnown: true)) }
        guard !isBeginning else { return Plan(drafts: [], receipt: receipt(isKnown: false)) }
        let size = WorkOrderPhoto.Limit.partBytes
        let own = WorkOrderPhoto.parts(scene.view)[context.actor.node] ?? []
        let count = (photo.bytes.count + size - 1) / size
        guard (0..<count).allSatisfy({ own.contains(PhotoPartKey(digest, $0)) }) else {
            throw Refusal(.photoPartsMissing)
        }
        let target = try RecordTarget(scene.view, Localized("工单", "the order"), including: scene.answering, context)
        let wire = WirePhoto.with {
            $0.type = photo.type.wire
            $0.byteCount = UInt32(clamping: photo.bytes.count)
            $0.partBytes = UInt32(clamping: size)
            $0.role = context.actor.role
            $0.operator = context.actor.name
        }
        let draft = Draft(
            record: scene.order.record,
            field: WorkOrderField.photos,
            element: digest.bytes,
            value: wire.payload,
            audience: target.audience
        )
        return Plan(drafts: target.drafts + [draft], receipt: receipt(isKnown: false))
    }

    struct Scene {
        let view: RecordView
        let order: WorkOrder
        let answering: [PlaceID]
        let isKnown: Bool
    }

    /// The order, which may have the photo.
    func checked(_ reader: any DomainReader, _ context: CommandContext) throws -> Scene {
        try context.requireEnrolled()
        let (view, order) = try order.find(reader, context)
        try order.requireNotErased(.erasedPhoto)
        let known = order.photos.first { $0.digest == digest && $0.isWhole }
        if known == nil {
            let others = order.photos.filter { $0.digest != digest }
            guard others.count < WorkOrderPhoto.Limit.count else {
                throw Refusal(.photosTooMany, others.count, WorkOrderPhoto.Limit.count)
            }
            let byteCount = others.reduce(photo.bytes.count) { $0 + $1.byteCount }
            guard byteCount <= WorkOrderPhoto.Limit.bytes else {
                throw Refusal(.photosTooLarge, byteCount, WorkOrderPhoto.Limit.bytes)
            }
        }
        return Scene(
            view: view,
            order: order,
            answering: order.answering(context.authority),
            isKnown: known != nil
        )
    }
}
