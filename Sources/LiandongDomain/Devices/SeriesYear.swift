import Foundation
package import LiandongCore
import SwiftProtobuf

/// The day rollups of one series of one device in one year, as they replicate.
package struct SeriesYear: Sendable, Hashable {
    package let record: RecordID
    package let device: RecordID
    package let series: String
    /// By day; of each day what all its writers have seen.
    package let days: [Day]

    package struct Day: Sendable, Hashable {
        package let date: CivilDate
        package let sketch: Sketch

        package init(date: CivilDate, sketch: Sketch) {
            self.date = date
            self.sketch = sketch
        }
    }

    /// - Returns: nil unless the record is a year of a series whose creation can be read.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> SeriesYear? {
        guard
            let creation = view.register(SeriesField.creation)?.message(WireSeriesCreation.self),
            let device = RecordID(creation.device), let community = view.home.members.first?.place
        else { return nil }
        var parts: [Int: [SketchPart]] = [:]
        for entry in view.entries(of: SeriesField.days) where authority.place(of: entry.author) == community {
            guard let key = DayKey(entry.element), let wire = entry.message(WireDayRollup.self), wire.hasSketch else {
                continue
            }
            let part = SketchPart(
                writer: entry.author,
                incarnation: key.incarnation,
                revision: key.revision,
                sketch: Sketch(wire: wire.sketch)
            )
            parts[key.day, default: []].append(part)
        }
        let days = parts.sorted { $0.key < $1.key }.compactMap { day, parts in
            SketchPart.sum(parts).map { Day(date: CivilDate(number: day), sketch: $0) }
        }
        return SeriesYear(record: view.record, device: device, series: creation.series, days: days)
    }

    /// The record of a device's series in a year.
    package static func record(
        device: RecordID,
        series: String,
        year: Int,
        community: PlaceID,
        _ cryptography: Cryptography
    ) -> (record: RecordID, nonce: Nonce, home: Audience) {
        guard let home = Audience(lines: [community]) else { preconditionFailure("one place is an audience") }
        let parts =
            Array("liandong/series/1".utf8) + device.bytes + UInt32(clamping: year).bigEndianBytes + Array(series.utf8)
        let nonce = Nonce(raw: Bytes16(prefixOf: cryptography.hash(parts).raw))
        return (RecordID(kind: .series, home: AudienceID(home, cryptography), nonce: nonce, cryptography), nonce, home)
    }
}

/// The element of a day's rollup: day, incarnation, revision.
struct DayKey {
    let day: Int
    let incarnation: Incarnation
    let revision: UInt64

    init(day: Int, incarnation: Incarnation, revision: UInt64) {
        self.day = day
        self.incarnation = incarnation
        self.revision = revision
    }

    init?(_ element: [UInt8]) {
        guard
            element.count == 20, let day = UInt32(bigEndianBytes: element[0..<4]),
            let incarnation = UInt64(bigEndianBytes: element[4..<12]),
            let revision = UInt64(bigEndianBytes: element[12..<20])
        else { return nil }
        self.init(day: Int(day), incarnation: Incarnation(raw: incarnation), revision: revision)
    }

    var element: [UInt8] {
        UInt32(clamping: day).bigEndianBytes + incarnation.bytes + revision.bigEndianBytes
    }
}

/// Lets the tiers above know what a day of a reported series amounts to.
///
/// By a node of the device's community, once the day is over, and again when late readings have changed it.
package struct PublishRollups: Command {
    package struct Cell: Sendable, Hashable {
        package let device: RecordID
        package let series: String
        package let date: CivilDate
        package let incarnation: Incarnation
        package let revision: UInt64
        package let sketch: Sketch

        package init(
            device: RecordID,
            series: String,
            date: CivilDate,
            incarnation: Incarnation,
            revision: UInt64,
            sketch: Sketch
        ) {
            self.device = device
            self.series = series
            self.date = date
            self.incarnation = incarnation
            self.revision = revision
            self.sketch = sketch
        }
    }

    package var cells: [Cell]

    package init(_ cells: [Cell]) { self.cells = cells }

    /// How many cells were written: those known already are not.
    package typealias Receipt = Int

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Int> {
        try context.requireEnrolled()
        var drafts: [Draft] = []
        var created: Set<RecordID> = []
        var written = 0
        for cell in cells {
            let (record, nonce, home) = SeriesYear.record(
                device: cell.device,
                series: cell.series,
                year: cell.date.year,
                community: context.actor.place,
                context.cryptography
            )
            let view = try reader.record(record)
            if view == nil, created.insert(record).inserted {
                let wire = WireSeriesCreation.with {
                    $0.device = Data(cell.device.bytes)
                    $0.series = cell.series
                    $0.year = UInt32(clamping: cell.date.year)
                }
                drafts.append(
                    Draft(
                        record: record,
                        field: SeriesField.creation,
                        value: wire.payload,
                        audience: home,
                        nonce: nonce
                    )
                )
            }
            let key = DayKey(day: cell.date.number, incarnation: cell.incarnation, revision: cell.revision)
            let isKnown =
                view?.entries(of: SeriesField.days).contains { entry in
                    guard entry.author == context.actor.node, let other = DayKey(entry.element) else { return false }
                    return other.day == key.day && other.incarnation == key.incarnation
                        && other.revision >= key.revision
                } ?? false
            guard !isKnown else { continue }
            written += 1
            drafts.append(
                Draft(
                    record: record,
                    field: SeriesField.days,
                    element: key.element,
                    value: WireDayRollup.with { $0.sketch = cell.sketch.wire }.payload,
                    audience: view?.audience ?? home
                )
            )
        }
        return Plan(drafts: drafts, receipt: written)
    }
}

extension Sketch {
    init(wire: WireSketch) {
        self.init(
            count: wire.count,
            sum: wire.sum,
            squares: wire.squares,
            least: wire.least,
            greatest: wire.greatest,
            last: wire.last,
            lastAt: Instant(wire: wire.lastAt)
        )
    }

    var wire: WireSketch {
        .with {
            $0.count = count
            $0.sum = sum
            $0.squares = squares
            $0.least = least
            $0.greatest = greatest
            $0.last = last
            $0.lastAt = lastAt.wire
        }
    }
}
