import Foundation
import LiandongCore
import Testing

@Suite("The bytes of a reconciliation")
struct GoldenReconciliationTests {
    private var folder: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
    }

    @Test("Are those that Tests/Protocol/reconciliation_turns.py makes from the protocol's page alone")
    func turns() throws {
        var (first, second) = (MemoryLanes(), MemoryLanes())
        for seq in UInt64(1)...70 {
            first.insert(1, seq)
            if seq != 40 { second.insert(1, seq) }
        }
        for seq in UInt64(1)...3 {
            first.insert(2, seq)
            second.insert(2, seq)
        }
        let pass = try ReconciliationPass(first, second, salt: 0x0101_0101_0101_0101)
        let golden = folder.appendingPathComponent("docs/protocol/golden/reconciliation.txt")
        let lines = try String(contentsOf: golden, encoding: .utf8).split(separator: "\n").map(String.init)
        let said = pass.frames.enumerated().map { ($0.isMultiple(of: 2) ? "A " : "B ") + hexadecimal($1) }
        #expect(said == lines)
    }
}
