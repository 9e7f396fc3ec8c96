import Foundation
import SwiftProtobuf

extension ReconciliationMessage {
    /// The frame's body of this turn.
    package func wire(pass: UInt32) -> WireReconcile {
        WireReconcile.with {
            $0.pass = pass
            if let opening {
                $0.salt = Data(opening.salt)
                $0.root = Data(opening.root.bytes)
            }
            $0.splits = packed(splits) { $0.append(to: &$1) }
            $0.tags = packed(tags) { $0.append(to: &$1) }
            $0.wanted = wanted
            $0.positions = packed(positions) { $0.append(to: &$1) }
            $0.nodes = packed(nodes) { $0.append(to: &$1) }
            $0.differing = packed(differing) { $0.append(to: &$1) }
        }
    }

    private func packed<Part>(_ parts: [Part], _ append: (Part, inout [UInt8]) -> Void) -> Data {
        var bytes: [UInt8] = []
        for part in parts { append(part, &bytes) }
        return Data(bytes)
    }

    /// Reads a turn that somebody sent; its size is bounded by its frame's.
    package init(_ wire: WireReconcile) throws(ReconciliationError) {
        if !wire.salt.isEmpty || !wire.root.isEmpty {
            guard wire.salt.count == 16, let root = Bytes16(wire.root) else {
                throw ReconciliationError(
                    .undecodable,
                    "a salt of \(wire.salt.count) and a root of \(wire.root.count) bytes, 16 are needed of each"
                )
            }
            opening = Opening(salt: Array(wire.salt), root: root)
        }
        splits = try ReconciliationMessage.parts(wire.splits) { reader throws(ReconciliationError) in
            try Split(&reader)
        }
        tags = try ReconciliationMessage.parts(wire.tags) { reader throws(ReconciliationError) in try Tags(&reader) }
        wanted = wire.wanted
        positions = try ReconciliationMessage.parts(wire.positions) { reader throws(ReconciliationError) in
            try Position(&reader)
        }
        nodes = try ReconciliationMessage.parts(wire.nodes) { reader throws(ReconciliationError) in try Node(&reader) }
        differing = try ReconciliationMessage.parts(wire.differing) { reader throws(ReconciliationError) in
            try Differing(&reader)
        }
    }

    private static func parts<Part>(
        _ data: Data,
        _ read: (inout BoundedReader) throws(ReconciliationError) -> Part
    ) throws(ReconciliationError) -> [Part] {
        var reader = BoundedReader(Array(data))
        var parts: [Part] = []
        while !reader.isAtEnd { parts.append(try read(&reader)) }
        return parts
    }
}

// MARK: - Packed parts

extension LanePrefix {
    /// The number of digits, then the digits, two a byte.
    fileprivate func append(to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: depth))
        let count = (depth + 1) / 2
        if count > 0 { appendWord(bits >> UInt64(64 - 8 * count), count, to: &bytes) }
    }

    fileprivate init(_ reader: inout BoundedReader) throws(ReconciliationError) {
        let depth = Int(try reader.byte())
        guard depth <= LanePrefix.depthLimit else {
            throw ReconciliationError(
                .undecodable,
                "a stretch of \(depth) digits, at most \(LanePrefix.depthLimit) are allowed"
            )
        }
        let count = (depth + 1) / 2
        let bits = count > 0 ? try reader.word(count) << UInt64(64 - 8 * count) : 0
        // Below the last digit there are zeros.
        guard depth == 0 || bits & (UInt64.max >> UInt64(4 * depth)) == 0 else {
            throw ReconciliationError(.undecodable, "a stretch with more digits than it says")
        }
        self.init(depth: depth, bits: bits)
    }
}

extension ReconciliationMessage.Split {
    fileprivate func append(to bytes: inout [UInt8]) {
        prefix.append(to: &bytes)
        for fingerprint in fingerprints { appendWord(fingerprint, 4, to: &bytes) }
    }

    fileprivate init(_ reader: inout BoundedReader) throws(ReconciliationError) {
        let prefix = try LanePrefix(&reader)
        var fingerprints: [UInt64] = []
        for _ in 0..<16 { fingerprints.append(try reader.word(4)) }
        self.init(prefix: prefix, fingerprints: fingerprints)
    }
}

extension ReconciliationMessage.Tags {
    fileprivate func append(to bytes: inout [UInt8]) {
        prefix.append(to: &bytes)
        appendVarint(UInt64(tags.count), to: &bytes)
        for tag in tags { appendWord(UInt64(tag), 4, to: &bytes) }
    }

    fileprivate init(_ reader: inout BoundedReader) throws(ReconciliationError) {
        let prefix = try LanePrefix(&reader)
        var tags: [UInt32] = []
        // Each needs its bytes, so that a great count alone fills nothing.
        for _ in 0..<(try reader.varint()) { tags.append(UInt32(truncatingIfNeeded: try reader.word(4))) }
        self.init(prefix: prefix, tags: tags)
    }
}

extension ReconciliationMessage.Position {
    fileprivate func append(to bytes: inout [UInt8]) {
        appendWord(lane, 6, to: &bytes)
        held.append(to: &bytes)
        if held.ranges.count == SeqSet.rangeLimit { appendVarint(upTo ?? 0, to: &bytes) }
    }

    fileprivate init(_ reader: inout BoundedReader) throws(ReconciliationError) {
        let lane = try reader.word(6)
        let held = try SeqSet.read(&reader)
        // Only of a lane at the limit is there more than is told.
        let upTo = held.ranges.count == SeqSet.rangeLimit ? try reader.varint() : 0
        self.init(lane: lane, held: held, upTo: upTo == 0 ? nil : upTo)
    }
}

extension ReconciliationMessage.Node {
    fileprivate func append(to bytes: inout [UInt8]) {
        appendWord(lane, 6, to: &bytes)
        bytes.append(UInt8(truncatingIfNeeded: name.level))
        appendVarint(name.index, to: &bytes)
        appendVarint(UInt64(children.count), to: &bytes)
        for child in children {
            // Of a child's position only its place in the node is told.
            bytes.append(UInt8(truncatingIfNeeded: child.position & UInt64(LaneDigest.fanout - 1)))
            appendWord(child.tag, 6, to: &bytes)
        }
    }

    fileprivate init(_ reader: inout BoundedReader) throws(ReconciliationError) {
        let lane = try reader.word(6)
        let level = Int(try reader.byte())
        let index = try reader.varint()
        guard level < LaneDigest.levelLimit, index < LaneDigest.seqLimit >> UInt64(LaneDigest.fanoutBits * (level + 1))
        else {
            throw ReconciliationError(.undecodable, "node \(index) of level \(level) of a lane's digest")
        }
        let name = LaneNodeName(level: level, index: index)
        var children: [Child] = []
        for _ in 0..<(try reader.varint()) {
            let place = UInt64(try reader.byte())
            guard place < UInt64(LaneDigest.fanout) else {
                throw ReconciliationError(.undecodable, "child \(place) of a node of \(LaneDigest.fanout)")
            }
            children.append(Child(position: name.children.lowerBound | place, tag: try reader.word(6)))
        }
        self.init(lane: lane, name: name, children: children)
    }
}

extension ReconciliationMessage.Differing {
    fileprivate func append(to bytes: inout [UInt8]) {
        appendWord(lane, 6, to: &bytes)
        seqs.append(to: &bytes)
    }

    fileprivate init(_ reader: inout BoundedReader) throws(ReconciliationError) {
        self.init(lane: try reader.word(6), seqs: try SeqSet.read(&reader))
    }
}
