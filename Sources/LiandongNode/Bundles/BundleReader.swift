import Foundation
import LiandongCore
import LiandongSigning

/// Reads a bundle chunk by chunk; every byte it gives out was signed by the node that the header names.
struct BundleReader {
    let header: BundleHeader
    private let name: String
    private let handle: FileHandle
    private let headerHash: Hash
    private var key: SymmetricKey?
    private var number: UInt32 = 0
    private var isOver = false

    /// Reads and checks the header.
    init(_ url: URL) throws {
        self.name = url.lastPathComponent
        do { self.handle = try FileHandle(forReadingFrom: url) } catch {
            throw NodeError(.notFound, "cannot read \(url.path): is it there, and readable for the node?")
        }
        let magic = try handle.read(upToCount: BundleHeader.magic.count)
        guard magic.map(Array.init) == BundleHeader.magic else {
            throw NodeError(.refused, "\(name) is no bundle; make one with liandong export --peer NODE FILE")
        }
        let part = try BundleReader.frame(handle, name, atMost: BundleHeader.byteLimit)
        let header = try BundleHeader(decoding: part.bytes)
        let message = BundleHeader.signedMessage(part.bytes)
        guard Cryptography.sodium.verify(part.signature, message, header.exporter.bytes) else {
            throw NodeError(
                .refused,
                "\(name) was altered: its header is not signed by the node it names; copy it again"
            )
        }
        self.header = header
        self.headerHash = Cryptography.sodium.hash(part.bytes)
    }

    /// Opens the key of a sealed bundle.
    ///
    /// - Throws: ``NodeError`` when it was sealed to another node.
    mutating func unseal(with sealing: SealingKey) throws {
        guard let box = header.sealedKey else { return }
        guard let bytes = try? sealing.open(box), let key = try? SymmetricKey(bytes) else {
            throw NodeError(.refused, "\(name) is sealed to the node \(header.addressee), this one cannot open it")
        }
        self.key = key
    }

    /// The items of the next chunk; nil behind the last.
    ///
    /// - Throws: ``NodeError`` for a file that was altered or cut off.
    mutating func next() throws -> [FramedItem]? {
        guard !isOver else { return nil }
        let part = try BundleReader.frame(handle, name, atMost: BundleChunk.byteLimit)
        let message = BundleChunk.signedMessage(part.bytes, header: headerHash)
        guard Cryptography.sodium.verify(part.signature, message, header.exporter.bytes) else {
            throw altered("is not signed by the node that wrote it")
        }
        let chunk = try BundleChunk(decoding: part.bytes)
        number += 1
        guard chunk.number == number else { throw altered("has the number \(chunk.number)") }
        isOver = chunk.isLast
        if isOver, try handle.read(upToCount: 1)?.isEmpty == false { throw altered("is the last and not the end") }
        guard let key else { return try FramedItem.items(in: chunk.items) }
        let place = BundleChunk.sealedFor(number: chunk.number, isLast: chunk.isLast, header: headerHash)
        guard let items = try? key.open(chunk.items, for: place) else { throw altered("does not open") }
        return try FramedItem.items(in: items)
    }

    func close() { try? handle.close() }

    private func altered(_ what: String) -> NodeError {
        NodeError(.refused, "\(name) was altered: chunk \(number) \(what); copy it again")
    }

    private static func frame(_ handle: FileHandle, _ name: String, atMost limit: Int) throws -> SignedBundlePart {
        func read(_ count: Int) throws -> [UInt8] {
            let bytes = Array(try handle.read(upToCount: count) ?? Data())
            guard bytes.count == count else {
                throw NodeError(.refused, "\(name) is cut off: it ends before its last chunk; copy it again")
            }
            return bytes
        }
        guard let length = UInt32(bigEndianBytes: try read(4)), length > 0, length <= limit else {
            throw NodeError(
                .refused,
                "\(name) was altered: a frame of it has no length from 1 to \(limit); copy it again"
            )
        }
        return try SignedBundlePart(wireBytes: read(Int(length)))
    }
}
