package import LiandongCore

/// A photo that an order has, as far as it has come here.
///
/// What is told of it is small and travels with the order; its bytes follow in parts, behind whatever is waited for.
package struct WorkOrderPhoto: Sendable, Hashable {
    /// H of the photo's bytes: its name.
    package let digest: Hash
    package let type: PhotoType
    package let byteCount: Int
    /// Of each part but the last.
    package let partBytes: Int
    /// How many of its parts are here.
    package let partsHere: Int
    package let addedAt: Instant
    package let author: NodeID
    /// The place its author serves; nil when the authority chain does not know the author.
    package let authorPlace: PlaceID?
    package let role: String
    package let operatorName: String

    package var partCount: Int { (byteCount + partBytes - 1) / partBytes }
    package var isWhole: Bool { partsHere == partCount }

    /// How many bytes a part has.
    package func byteCount(ofPart index: Int) -> Int { min(partBytes, byteCount - index * partBytes) }

    package enum Limit {
        /// Of one order, and their bytes in all: who is given the order gets all of them at once.
        package static let count = 12
        package static let bytes = 32 << 20
        /// Handed in with one form, and their bytes in all.
        package static let form = 5
        package static let formBytes = 20 << 20
        /// Of one part: its delta passes a line of 64 kbit/s in two seconds (``Delta/bulkByteGoal``).
        package static let partBytes = 15 * 1024
        /// Parts that one command writes.
        package static let partsAtOnce = 64
        /// Entries that are looked at: nodes that do not know of each other may add more than ``count`` together.
        static let entries = 48
        /// Parts in an order's record, those among them of photos that never became whole.
        static let parts = 4_096
    }
}

/// Names a part of a photo within its order.
struct PhotoPartKey: Hashable {
    let digest: Hash
    let index: Int

    init(_ digest: Hash, _ index: Int) {
        self.digest = digest
        self.index = index
    }

    init?(_ element: [UInt8]) {
        guard element.count == 34, let digest = Hash(element.prefix(32)),
            let index = UInt16(bigEndianBytes: element.suffix(2))
        else { return nil }
        self.init(digest, Int(index))
    }

    var element: [UInt8] { digest.bytes + UInt16(truncatingIfNeeded: index).bigEndianBytes }
}

extension WorkOrderPhoto {
    /// The photos of an order in the order they were added, each once.
    ///
    /// Of several entries of one photo the first is shown whose author's parts are here, failing that the first.
    static func all(_ view: RecordView, _ authority: AuthorityState) -> [WorkOrderPhoto] {
        let entries = view.log(WorkOrderField.photos)
        guard !entries.isEmpty else { return [] }
        let here = parts(view)
        var photos: [WorkOrderPhoto] = []
        for entry in entries.prefix(Limit.entries) {
            guard let photo = WorkOrderPhoto(entry, here, authority) else { continue }
            if let known = photos.firstIndex(where: { $0.digest == photo.digest }) {
                if !photos[known].isWhole, photo.isWhole { photos[known] = photo }
            } else {
                photos.append(photo)
            }
        }
        return photos
    }

    /// Which parts are here, by who wrote them.
    static func parts(_ view: RecordView) -> [NodeID: Set<PhotoPartKey>] {
        var parts: [NodeID: Set<PhotoPartKey>] = [:]
        for entry in view.entries(of: WorkOrderField.photoParts) {
            if let key = PhotoPartKey(entry.element) { parts[entry.author, default: []].insert(key) }
        }
        return parts
    }

    private init?(_ entry: EntryView, _ here: [NodeID: Set<PhotoPartKey>], _ authority: AuthorityState) {
        guard let digest = Hash(entry.element), let wire = entry.message(WirePhoto.self),
            let type = PhotoType(wire: wire.type), (1...Photo.Limit.bytes).contains(Int(wire.byteCount)),
            (1024...Limit.partBytes * 4).contains(Int(wire.partBytes))
        else { return nil }
        let count = (Int(wire.byteCount) + Int(wire.partBytes) - 1) / Int(wire.partBytes)
        let parts = here[entry.author] ?? []
        self.init(
            digest: digest,
            type: type,
            byteCount: Int(wire.byteCount),
            partBytes: Int(wire.partBytes),
            partsHere: (0..<count).count { parts.contains(PhotoPartKey(digest, $0)) },
            addedAt: entry.instant,
            author: entry.author,
            authorPlace: authority.place(of: entry.author),
            role: wire.role,
            operatorName: wire.operator
        )
    }
}

extension WorkOrderPhoto {
    /// Where the parts of a photo that is whole here are held, in their order; nil for one that is not.
    ///
    /// - Throws: what the storage throws.
    package func sources(of record: RecordID, in storage: some LedgerStorage) throws -> [OpSource]? {
        let all = try storage.entries(of: record)
        var parts: [Int: CellEntry] = [:]
        for entry in all where entry.field == WorkOrderField.photoParts {
            guard let key = PhotoPartKey(entry.element), key.digest == digest, parts[key.index] == nil,
                try storage.laneKey(number: entry.lane)?.origin == author
            else { continue }
            parts[key.index] = entry
        }
        let entries = (0..<partCount).compactMap { parts[$0] }
        guard entries.count == partCount else { return nil }
        let sources = try storage.sources(of: entries, among: all).compactMap(\.self)
        return sources.count == partCount ? sources : nil
    }
}

extension PhotoType {
    init?(wire: WirePhotoType) {
        switch wire {
        case .jpeg: self = .jpeg
        case .png: self = .png
        case .webp: self = .webp
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }

    var wire: WirePhotoType {
        switch self {
        case .jpeg: .jpeg
        case .png: .png
        case .webp: .webp
        }
    }
}
