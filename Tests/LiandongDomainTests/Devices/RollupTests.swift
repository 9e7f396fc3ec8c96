import LiandongCore
import LiandongDomain
import Testing

@Suite("Rollups")
struct RollupTests {
    func part(_ writer: UInt64, _ incarnation: UInt64, _ revision: UInt64, _ value: Double) -> SketchPart {
        SketchPart(
            writer: NodeID(raw: Bytes32(word0: writer, word1: 0, word2: 0, word3: 0)),
            incarnation: Incarnation(raw: incarnation),
            revision: revision,
            sketch: Sketch(value, at: Instant(milliseconds: Int64(value)))
        )
    }

    @Test("However often and in whatever order parts come, each writer's newest counts once", arguments: 1...20)
    func sums(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let parts = [part(1, 1, 1, 5), part(1, 1, 2, 7), part(1, 2, 1, 11), part(2, 1, 9, 13)]
        let expected = try #require(SketchPart.sum(parts))
        #expect(expected.count == 3 && expected.sum == 31 && expected.least == 7 && expected.last == 13)
        let many = (parts + parts + [parts[0]]).shuffled(using: &generator)
        #expect(SketchPart.sum(many) == expected)
        #expect(SketchPart.sum([SketchPart]()) == nil)
    }

    @Test("A day reaches the district once, however often it is published; late readings make another revision")
    func publish() throws {
        let town = try Town()
        let device = try town.run(RegisterDevice(code: "E1", kind: .environment), at: Town.communityA1).record
        let date = CivilDate(Instant(milliseconds: town.now))
        func cell(_ revision: UInt64, _ values: [Double]) -> PublishRollups.Cell {
            var sketch = Sketch(values[0], at: Instant(milliseconds: 1))
            for value in values.dropFirst() { sketch.join(Sketch(value, at: Instant(milliseconds: 2))) }
            return .init(
                device: device,
                series: "pm25",
                date: date,
                incarnation: Incarnation(raw: 7),
                revision: revision,
                sketch: sketch
            )
        }
        #expect(try town.run(PublishRollups([cell(3, [10, 20])]), at: Town.communityA1) == 1)
        #expect(try town.run(PublishRollups([cell(3, [10, 20]), cell(2, [10])]), at: Town.communityA1) == 0)
        #expect(try town.run(PublishRollups([cell(4, [10, 20, 60])]), at: Town.communityA1) == 1)
        try town.sync()
        let record = SeriesYear.record(
            device: device,
            series: "pm25",
            year: date.year,
            community: Town.communityA1,
            town.cryptography
        ).record
        let view = try #require(try town.view(record, at: Town.district))
        let year = try #require(SeriesYear.fold(view, town.authority))
        #expect(year.device == device && year.series == "pm25" && year.days.count == 1)
        #expect(year.days.first?.date == date)
        #expect(year.days.first?.sketch.count == 3 && year.days.first?.sketch.mean == 30)
    }

    @Test("Batches come back as they were packed, and cut off anywhere they do not")
    func packing() throws {
        let device = RecordID(raw: Bytes16(high: 1, low: 2))
        let readings = [
            Reading(series: "a", at: Instant(milliseconds: -5), quality: .late, value: .number(-1.5)),
            Reading(series: "b", at: Instant(milliseconds: 1_790_000_000_000), quality: .device, value: .flag(true)),
            Reading(series: "a", at: Instant(milliseconds: 3), quality: .ahead, value: .text("跌倒")),
        ]
        let batch = ReadingBatch(device: device, receivedAt: Instant(milliseconds: 9), readings: readings)
        let packed = batch.packed
        #expect(ReadingBatch(packed: packed) == batch)
        for count in packed.indices { #expect(ReadingBatch(packed: Array(packed.prefix(count))) == nil) }
        #expect(ReadingBatch(packed: packed + [0]) == nil)
    }
}
