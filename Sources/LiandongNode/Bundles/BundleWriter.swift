import Foundation
import LiandongCore
import LiandongSigning

/// Writes a bundle chunk by chunk; the file is there once it is whole (docs/protocol, section 14).
struct BundleWriter {
    private let url: URL
    private let partial: URL
    private let handle: FileHandle
    private let signer: Signer
    private let key: SymmetricKey?
    private let headerHash: Hash
    private var items: [UInt8] = []
    private var number: UInt32 = 0
    private(set) var byteCount = 0

    /// - Parameter key: what the header holds sealed; nil leaves the chunks unsealed.
    init(to url: URL, header: BundleHeader, key: SymmetricKey?, signer: Signer) throws {
        self.url = url
        self.partial = url.appendingPathExtension("partial")
        self.signer = signer
        self.key = key
        let bytes = header.canonicalBytes
        self.headerHash = Cryptography.sodium.hash(bytes)
        guard
            FileManager.default.createFile(
                atPath: partial.path,
                contents: nil,
                attributes: [.posixPermissions: 0o600]
            )
        else {
            throw NodeError(.failed, "cannot write \(partial.path): is the folder there, and writable for the node?")
        }
        self.handle = try FileHandle(forWritingTo: partial)
        try write(BundleHeader.magic)
        try writeFrame(bytes, signature: signer.sign(BundleHeader.signedMessage(bytes)))
    }

    mutating func add(_ item: ExportItem) throws {
        let framed = item.framedBytes
        if !items.isEmpty, items.count + framed.count > BundleChunk.byteGoal { try close(isLast: false) }
        items += framed
    }

    /// Closes the last chunk and puts the file, durable, into its place.
    mutating func finish() throws {
        try close(isLast: true)
        try handle.synchronize()
        try handle.close()
        guard unsafe rename(partial.path, url.path) == 0 else {
            throw NodeError(.failed, "cannot put \(url.path) into its place: errno \(errno)")
        }
    }

    /// Lets go of what was written.
    func abandon() {
        try? handle.close()
        try? FileManager.default.removeItem(at: partial)
    }

    private mutating func close(isLast: Bool) throws {
        number += 1
        let place = BundleChunk.sealedFor(number: number, isLast: isLast, header: headerHash)
        let chunk = BundleChunk(number: number, isLast: isLast, items: key?.seal(items, for: place) ?? items)
        items = []
        let bytes = chunk.canonicalBytes
        try writeFrame(bytes, signature: signer.sign(BundleChunk.signedMessage(bytes, header: headerHash)))
    }

    private mutating func writeFrame(_ bytes: [UInt8], signature: [UInt8]) throws {
        let part = SignedBundlePart(bytes: bytes, signature: signature).wireBytes
        try write(UInt32(clamping: part.count).bigEndianBytes + part)
    }

    private mutating func write(_ bytes: [UInt8]) throws {
        byteCount += bytes.count
        do { try handle.write(contentsOf: Data(bytes)) } catch {
            throw NodeError(.failed, "cannot write \(partial.path): \(error)")
        }
    }
}
