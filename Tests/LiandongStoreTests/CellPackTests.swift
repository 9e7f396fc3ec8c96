import LiandongCore
import LiandongStore
import Testing

/// Draws the same values in every run.
private struct Draw: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite("Entries of a record, many a row")
struct CellPackTests {
    private let record = RecordID(raw: Bytes16(high: 7, low: 9))

    private func entry(_ draw: inout Draw) -> CellEntry {
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &draw) } }
        let contexts = (0..<Int.random(in: 0...2, using: &draw)).compactMap { _ in
            LaneID(bytes(16)).map {
                CellContext.Entry(
                    lane: $0,
                    position: LanePosition(raw: UInt64.random(in: 0...UInt64.max, using: &draw))
                )
            }
        }
        return CellEntry(
            record: record,
            field: Field(code: UInt32.random(in: 0...UInt32.max, using: &draw)),
            element: bytes(Int.random(in: 0...40, using: &draw)),
            stamp: HLC(raw: UInt64.random(in: 0...3, using: &draw) &* 0x0123_4567_89AB_CDEF),
            delta: Int64.random(in: 1...3, using: &draw) << Int64.random(in: 0...50, using: &draw),
            index: Int.random(in: 0...511, using: &draw),
            lane: Int64.random(in: 1...1_000, using: &draw),
            seq: UInt64.random(in: 0...(1 << 55), using: &draw),
            isRemove: Bool.random(using: &draw),
            value: bytes(Int.random(in: 0...300, using: &draw)),
            context: CellContext(contexts)
        )
    }

    @Test("What is packed is unpacked as it was", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var draw = Draw(state: seed)
        let entries = (0..<Int.random(in: 0...40, using: &draw)).map { _ in entry(&draw) }
        #expect(try CellPack.entries(CellPack.bytes(of: entries), of: record) == entries)
    }

    @Test("Thirteen entries of one delta share what they have in common")
    func size() {
        let entries = (0..<13).map { index in
            CellEntry(
                record: record,
                field: Field(code: 100 + UInt32(index)),
                element: [],
                stamp: HLC(raw: 1 << 60),
                delta: 100_000,
                index: index,
                lane: 12,
                seq: 5_000,
                isRemove: false,
                value: [1, 2, 3, 4],
                context: CellContext()
            )
        }
        #expect(CellPack.bytes(of: entries).count == 3 + 14 + 13 * 9)
    }

    @Test(
        "Bytes that are no pack are told as a damaged store, whatever stands in them",
        arguments: 0..<50 as Range<UInt64>
    )
    func damaged(seed: UInt64) throws {
        var draw = Draw(state: seed)
        let whole = CellPack.bytes(of: (0..<8).map { _ in entry(&draw) })
        for count in 0..<whole.count {
            #expect(throws: StoreError.self) { try CellPack.entries(Array(whole.prefix(count)), of: record) }
        }
        #expect(throws: StoreError.self) { try CellPack.entries(whole + [0], of: record) }
        for _ in 0..<500 {
            var bytes = whole
            bytes[Int.random(in: bytes.indices, using: &draw)] = UInt8.random(in: 0...255, using: &draw)
            // Another value may be read; nothing else but the error may come of it.
            do { _ = try CellPack.entries(bytes, of: record) } catch is StoreError {}
        }
    }
}
