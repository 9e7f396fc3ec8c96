import Foundation
import LiandongCore
import LiandongSigning
import Testing

@testable import LiandongNode

/// The file alone: what it says, and that nothing of an altered one is given out.
@Suite("Bundles")
struct BundleTests {
    private let exporter = NodeKeys.generate()
    private let addressee = NodeKeys.generate()
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bundle-\(UUID())")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func write(sealed: Bool, items: [ExportItem], to name: String = "file") throws -> URL {
        let key = sealed ? SymmetricKey.generate() : nil
        let header = BundleHeader(
            cluster: ClusterID(raw: Bytes16(high: 1, low: 2)),
            exporter: exporter.nodeID,
            addressee: addressee.nodeID,
            time: Instant(milliseconds: 1_700_000_000_000),
            nonce: secureRandomBytes(16),
            sealedKey: try key.map { try SealingKey.seal($0.bytes, to: addressee.sealingKey) },
            isComplete: false
        )
        let url = folder.appendingPathComponent(name)
        var writer = try BundleWriter(to: url, header: header, key: key, signer: exporter.signer)
        for item in items { try writer.add(item) }
        try writer.finish()
        #expect(writer.byteCount == (try Data(contentsOf: url)).count)
        return url
    }

    private func read(_ url: URL, as keys: NodeKeys? = nil) throws -> [FramedItem] {
        var reader = try BundleReader(url)
        defer { reader.close() }
        try reader.unseal(with: (keys ?? addressee).sealing)
        var items: [FramedItem] = []
        while let next = try reader.next() { items += next }
        return items
    }

    /// Parts of beats are the longest items: these make chunks of their own.
    private var longItems: [ExportItem] {
        [.beat(Array("a beat".utf8))] + (1...3).map { .part([UInt8](repeating: UInt8($0), count: 300_000)) }
    }

    @Test("Items come back as they were, sealed or not, over several chunks", arguments: [true, false])
    func roundTrip(sealed: Bool) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = try write(sealed: sealed, items: longItems)
        let read = try read(url)
        #expect(read.map(\.kind) == [.beat, .part, .part, .part])
        #expect(read.last?.message == [UInt8](repeating: 3, count: 300_000))
        let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        let text = try Data(contentsOf: url)
        #expect((text.range(of: Data("a beat".utf8)) == nil) == sealed)
        #expect(try self.read(write(sealed: sealed, items: [], to: "empty")).isEmpty)
    }

    @Test("A sealed one opens for its addressee alone")
    func otherNode() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = try write(sealed: true, items: longItems)
        let error = #expect(throws: NodeError.self) { try read(url, as: exporter) }
        #expect(error?.reason.contains("\(addressee.nodeID)") == true)
        #expect(try read(write(sealed: false, items: longItems, to: "plain"), as: exporter).count == 4)
    }

    @Test("A file with any byte altered is refused, and so is one cut off anywhere or with something behind its end")
    func altered() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let good = try write(sealed: true, items: [.beat(Array("a beat".utf8)), .beat(Array("another".utf8))])
        let bytes = Array(try Data(contentsOf: good))
        #expect(bytes.count < 1_000)
        let bad = folder.appendingPathComponent("bad")
        for index in bytes.indices {
            var altered = bytes
            altered[index] ^= 1
            try Data(altered).write(to: bad)
            #expect(throws: (any Error).self, "byte \(index)") { try read(bad) }
            try Data(bytes[..<index]).write(to: bad)
            #expect(throws: (any Error).self, "\(index) bytes") { try read(bad) }
        }
        try Data(bytes + [0]).write(to: bad)
        #expect(throws: NodeError.self) { try read(bad) }
    }

    @Test("Chunks of two files of one node do not mix, nor do those of one file change places")
    func spliced() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try frames(write(sealed: false, items: longItems, to: "first"))
        let second = try frames(write(sealed: false, items: longItems, to: "second"))
        #expect(first.count >= 3)
        for mixed in [[first[0]] + second.dropFirst(), [first[0], first[2], first[1]] + first.dropFirst(3)] {
            let url = folder.appendingPathComponent("mixed")
            try Data(BundleHeader.magic + mixed.flatMap { $0 }).write(to: url)
            #expect(throws: NodeError.self) { try read(url) }
        }
    }

    /// The frames of a file with their lengths.
    private func frames(_ url: URL) throws -> [[UInt8]] {
        var rest = Array(try Data(contentsOf: url)).dropFirst(BundleHeader.magic.count)
        var frames: [[UInt8]] = []
        while !rest.isEmpty {
            let length = Int(try #require(UInt32(bigEndianBytes: rest.prefix(4))))
            frames.append(Array(rest.prefix(4 + length)))
            rest = rest.dropFirst(4 + length)
        }
        return frames
    }

    @Test("A file that is something else is told to be no bundle, and a missing one to be missing")
    func noBundle() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let other = folder.appendingPathComponent("other")
        try Data("number,text\n1,hello, this is a table\n".utf8).write(to: other)
        #expect(throws: NodeError(.refused, "other is no bundle; make one with liandong export --peer NODE FILE")) {
            try BundleReader(other)
        }
        let missing = #expect(throws: NodeError.self) { try BundleReader(folder.appendingPathComponent("missing")) }
        #expect(missing?.code == .notFound)
    }

    @Test("A bundle of a later version is told, with the way out")
    func laterVersion() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = try write(sealed: false, items: [])
        var header = try SignedBundlePart(wireBytes: Array(try frames(url)[0].dropFirst(4))).bytes
        #expect(header.prefix(2) == [0x08, 1])
        header[1] = 2
        let part = SignedBundlePart(
            bytes: header,
            signature: exporter.signer.sign(BundleHeader.signedMessage(header))
        ).wireBytes
        try Data(BundleHeader.magic + UInt32(part.count).bigEndianBytes + part).write(to: url)
        let error = #expect(throws: DeltaError.self) { try BundleReader(url) }
        #expect(error?.reason.contains("upgrade liandong") == true)
    }

    @Test("Items that are cut off or too long are refused; those of a later kind are kept apart")
    func items() throws {
        let framed = ExportItem.beat([1, 2, 3]).framedBytes
        #expect(try FramedItem.items(in: framed).map(\.message) == [[1, 2, 3]])
        for count in 1..<framed.count {
            #expect(throws: DeltaError.self) { try FramedItem.items(in: Array(framed[..<count])) }
        }
        let long: [UInt8] = [UInt8(ascii: "D")] + UInt32(200_000).bigEndianBytes + [UInt8](repeating: 0, count: 200_000)
        #expect(throws: DeltaError.self) { try FramedItem.items(in: long) }
        let later: [UInt8] = [UInt8(ascii: "Z")] + UInt32(2).bigEndianBytes + [1, 2]
        #expect(try FramedItem.items(in: later + framed).map(\.kind) == [nil, .beat])
    }
}
