import Foundation
import LiandongCore
import SwiftProtobuf
import Testing

/// docs/protocol/golden/messages.txt: every message, field and value of an enumeration, as text and as bytes.
@Suite("The bytes of every message")
struct GoldenMessagesTests {
    /// A name, the message's type, its text format and its bytes in hexadecimal digits.
    private struct Block {
        let name: String
        let message: String
        let text: String
        let bytes: String

        init(_ text: Substring) throws {
            let lines = text.split(separator: "\n")
            let title = lines[0].split(separator: " · ").map(String.init)
            let last = lines[lines.count - 1]
            try #require(title.count == 2 && last.hasPrefix("= "))
            self.name = title[0]
            self.message = title[1]
            self.text = lines.dropFirst().dropLast().joined(separator: "\n")
            self.bytes = String(last.dropFirst(2))
        }
    }

    private static let types: [any SwiftProtobuf.Message.Type] = [
        WireFrame.self, WireBeat.self, WireBeatPart.self, WireJoinToken.self, WireAuthorityEntry.self,
        WireSignedEntry.self, WireHeader.self, WireOp.self, WireDelta.self, WireAudience.self, WireSnapshotPage.self,
        WireBundleHeader.self, WireBundleChunk.self, WireSignedBundleHeader.self, WireSignedBundleChunk.self,
        WireGiven.self, WireExcerpt.self, WireLeft.self,
    ]

    private let blocks: [Block]

    init() throws {
        self.blocks = try Golden.page("messages.txt").split(separator: "\n\n")
            .filter { !$0.hasPrefix("#") }.map(Block.init)
    }

    @Test("Text and bytes say the same, either way")
    func bothWays() throws {
        #expect(blocks.count >= 82)
        for block in blocks {
            let name = "liandong.v1.\(block.message)"
            let type = try #require(GoldenMessagesTests.types.first { $0.protoMessageName == name })
            try check(block, as: type)
        }
    }

    private func check<M: SwiftProtobuf.Message>(_ block: Block, as type: M.Type) throws {
        let message = try M(textFormatString: block.text)
        #expect(try hexadecimal(message.serializedBytes() as [UInt8]) == block.bytes, "\(block.name)")
        let read = try M(serializedBytes: Golden.read(block.bytes))
        #expect(read.isEqualTo(message: message) && read.unknownFields.data.isEmpty, "\(block.name)")
    }

    @Test("Every frame is within bounds, and cut off anywhere it is refused or says something else")
    func cutOff() throws {
        for block in blocks where block.message == "Frame" {
            let frame = try Golden.read(block.bytes)
            try FrameBounds.check(frame)
            let whole = try WireFrame(serializedBytes: frame)
            for count in frame.indices {
                let part = Array(frame.prefix(count))
                #expect((try? WireFrame(serializedBytes: part)) != whole, "\(block.name)")
                // What the bounds let pass the decoder reads, and the other way round, but for text that is no UTF-8.
                if (try? WireFrame(serializedBytes: part)) != nil {
                    #expect(throws: Never.self) { try FrameBounds.check(part) }
                }
            }
        }
    }

    @Test("The page holds every message, field and value that the .proto files define")
    func complete() throws {
        let page = Golden.repository.appending(path: "docs/protocol/golden/messages.txt").path
        #expect(try Golden.output(of: "golden_messages.py", [page]) == "\(blocks.count) blocks are as they should be\n")
    }
}
