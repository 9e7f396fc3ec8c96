import LiandongCore
import SwiftProtobuf

extension EntryView {
    /// The value as a message; nil when the bytes are not one.
    ///
    /// What cannot be read is as if it were not there.
    func message<M: Message>(_: M.Type) -> M? {
        var options = BinaryDecodingOptions()
        options.messageDepthLimit = 8
        return try? M(serializedBytes: value, options: options)
    }

    /// The value as text, bytes that are not UTF-8 replaced.
    var text: String { String(decoding: value, as: UTF8.self) }

    /// The stamp's time.
    var instant: Instant { Instant(milliseconds: stamp.milliseconds) }

    /// The order of a log that every replica shares; an author's own stamp lies above all it had seen.
    static func inLogOrder(_ a: EntryView, _ b: EntryView) -> Bool { (a.stamp, a.dot) < (b.stamp, b.dot) }
}

extension RecordView {
    /// The greatest stamp among the entries and erasures.
    var updatedAt: Instant {
        let written = Instant(milliseconds: entries.map(\.stamp).max()?.milliseconds ?? 0)
        return erasures.map(\.at).max().map { max($0, written) } ?? written
    }

    /// When what is personal of the record was erased; nil when it was not.
    var erasedAt: Instant? { erasures.first?.at }

    /// A log's entries in the order every replica shares.
    func log(_ field: Field) -> [EntryView] { entries(of: field).sorted(by: EntryView.inLogOrder) }
}

/// What ties a log entry to the text that travels apart from it: only its own author's counts.
struct TextKey: Hashable {
    let author: NodeID
    let element: [UInt8]

    init(_ entry: EntryView) {
        self.author = entry.author
        self.element = entry.element
    }
}

extension RecordView {
    /// The texts of a log; of several by one author for one entry the first.
    func texts(_ field: Field) -> [TextKey: EntryView] {
        Dictionary(log(field).map { (TextKey($0), $0) }, uniquingKeysWith: { first, _ in first })
    }
}

extension Message {
    /// The canonical bytes of a value this build makes.
    ///
    /// Encoding fails only for messages with required fields, which proto3 does not have.
    var payload: [UInt8] {
        do {
            var options = BinaryEncodingOptions()
            options.useDeterministicOrdering = true
            return try serializedBytes(options: options)
        } catch {
            preconditionFailure("a proto3 message cannot fail to encode: \(error)")
        }
    }
}

extension Instant {
    /// As written in a payload.
    var wire: UInt64 { UInt64(clamping: milliseconds) }

    /// From a payload; beyond what an `Int64` holds it is the greatest.
    init(wire: UInt64) { self.init(milliseconds: Int64(clamping: wire)) }
}
