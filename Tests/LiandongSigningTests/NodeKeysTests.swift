import Foundation
import LiandongCore
import LiandongSigning
import Testing

@Suite("Key files")
struct NodeKeysTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path

    private func withFolder(_ body: (String) throws -> Void) rethrows {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func mode(of file: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test("Keys come back as they were saved, in files only the owner may read")
    func roundTrip() throws {
        try withFolder { folder in
            let keys = NodeKeys.generate()
            try keys.save(to: folder)
            let loaded = try NodeKeys(loadingFrom: folder)
            #expect(loaded == keys)
            #expect(loaded.nodeID.bytes == keys.signing.publicKey)
            #expect(try mode(of: "node.ed25519") == 0o600)
            #expect(try mode(of: "node.x25519") == 0o600)
            let box = try SealingKey.seal([1], to: keys.sealingKey)
            #expect(try loaded.sealing.open(box) == [1])
        }
    }

    @Test("A key is never overwritten")
    func neverOverwrites() throws {
        try withFolder { folder in
            let first = NodeKeys.generate()
            try first.save(to: folder)
            let error = #expect(throws: SigningError.self) { try NodeKeys.generate().save(to: folder) }
            #expect(error?.code == .keyExists)
            #expect(try NodeKeys(loadingFrom: folder) == first)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.sorted() == ["node.ed25519", "node.x25519"])
        }
    }

    @Test("A missing, exposed or damaged key is refused by its path")
    func refusals() throws {
        try withFolder { folder in
            let missing = #expect(throws: SigningError.self) { try NodeKeys(loadingFrom: folder) }
            #expect(missing?.code == .keyMissing)
            #expect(missing?.reason.contains("\(folder)/node.ed25519") == true)

            let root = SigningKey.generate()
            try root.save(to: folder, named: "root.ed25519")
            #expect(try SigningKey(loadingFrom: folder, named: "root.ed25519") == root)

            let path = "\(folder)/root.ed25519"
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            let exposed = #expect(throws: SigningError.self) {
                try SigningKey(loadingFrom: folder, named: "root.ed25519")
            }
            #expect(exposed?.code == .keyExposed)
            #expect(exposed?.reason.contains("644") == true)

            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            for text in ["", "zz", String(repeating: "a", count: 63), String(repeating: "a", count: 66)] {
                try text.write(toFile: path, atomically: false, encoding: .utf8)
                let damaged = #expect(throws: SigningError.self) {
                    try SigningKey(loadingFrom: folder, named: "root.ed25519")
                }
                #expect(damaged?.code == .keyUnreadable)
            }
        }
    }

    @Test("A seed of another length is refused", arguments: [0, 31, 33, 64])
    func seedLength(count: Int) {
        let error = #expect(throws: SigningError.self) { try SigningKey(seed: [UInt8](repeating: 0, count: count)) }
        #expect(error?.code == .wrongLength)
    }
}
