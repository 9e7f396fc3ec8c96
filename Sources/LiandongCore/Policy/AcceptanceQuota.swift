/// How much one origin may write for others in a day, before its lanes wait at the first common ancestor (design §6).
///
/// *For others* is what is in an audience that holds places outside the origin's own line.
package struct AcceptanceQuota: Sendable, Hashable {
    /// The entries of the chain's policy that set them; a value that is no number above 0 is as good as none.
    package static let recordsPolicy = "accept-for-others.records-a-day"
    package static let bytesPolicy = "accept-for-others.bytes-a-day"
    package static let bulkBytesPolicy = "accept-for-others.bulk-bytes-a-day"

    /// Records opened.
    package var records = 200
    /// Bytes of whole deltas of the interactive class.
    package var bytes = 5 << 20
    /// The same of the bulk class: what is bulk for others is photos.
    package var bulkBytes = 256 << 20

    package init() {}

    /// What the chain sets.
    package init(_ authority: AuthorityState) {
        func number(_ name: String) -> Int? {
            authority.policies[name].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        }
        records = number(AcceptanceQuota.recordsPolicy) ?? records
        bytes = number(AcceptanceQuota.bytesPolicy) ?? bytes
        bulkBytes = number(AcceptanceQuota.bulkBytesPolicy) ?? bulkBytes
    }
}

/// A day in China, counted from 1970-01-01.
package struct QuotaDay: Sendable, Hashable, Comparable {
    package let number: Int64

    /// What was stamped longer ago counts to the first of these days.
    package static let reach: Int64 = 7
    private static let milliseconds: Int64 = 86_400_000

    package init(number: Int64) { self.number = number }

    package init(of instant: Instant) {
        let local = instant.advanced(byMilliseconds: 8 * 3_600_000).milliseconds
        // Rounded down, before 1970 too.
        number = local >= 0 ? local / QuotaDay.milliseconds : (local + 1) / QuotaDay.milliseconds - 1
    }

    /// The day that a delta counts to: that of its stamp, not after the day it was received and at most ``reach`` before.
    ///
    /// A node that was cut off for days is not taken for one that floods; one that dates back gains a few days' quotas
    /// once, and then has one a day like everybody.
    package init(stamp: HLC, receivedAt: Instant) {
        let received = QuotaDay(of: receivedAt)
        let stamped = QuotaDay(of: Instant(milliseconds: stamp.milliseconds))
        self = min(received, max(stamped, QuotaDay(number: received.number - QuotaDay.reach)))
    }

    package static func < (a: QuotaDay, b: QuotaDay) -> Bool { a.number < b.number }
}

/// What an origin wrote for others.
package struct QuotaUse: Sendable, Hashable {
    /// Records opened.
    package var records: Int
    /// Of both classes.
    package var bytes: Int
    /// Those of them that are of the bulk class.
    package var bulkBytes: Int

    package init(records: Int = 0, bytes: Int = 0, bulkBytes: Int = 0) {
        self.records = records
        self.bytes = bytes
        self.bulkBytes = bulkBytes
    }

    /// What a delta counts for.
    package init(_ delta: Delta) {
        records = delta.ops.count { salted in
            guard case .held(_, let bytes) = salted, let op = try? Op(decoding: bytes) else { return false }
            return op.field.isCreation
        }
        bytes = delta.heldByteCount
        bulkBytes = delta.lane.deltaClass == .bulk ? bytes : 0
    }

    package static func + (a: QuotaUse, b: QuotaUse) -> QuotaUse {
        QuotaUse(records: a.records + b.records, bytes: a.bytes + b.bytes, bulkBytes: a.bulkBytes + b.bulkBytes)
    }

    package func isWithin(_ quota: AcceptanceQuota) -> Bool {
        records <= quota.records && bytes - bulkBytes <= quota.bytes && bulkBytes <= quota.bulkBytes
    }
}

extension AuthorityState {
    /// Whether an audience holds places outside the line of the place that a node serves.
    package func isForOthers(_ audience: Audience, by origin: NodeID) -> Bool {
        guard let place = nodes[origin]?.place else { return false }
        return audience.members.contains { member in
            if isWithin(member.place, place) { return false }
            return member.scope == .below || !isWithin(place, member.place)
        }
    }

    /// The deepest place that is above all members of an audience, or one of them.
    package func firstCommonAncestor(of audience: Audience) -> PlaceID? {
        guard let first = audience.members.first?.place else { return nil }
        return audience.members.dropFirst().reduce(Optional(first)) { place, member in
            place.flatMap { lowestCommonAncestor($0, member.place) }
        }
    }

    /// Whether a peer's place lies under a place on the same side as the origin's: it brings what nobody there has judged.
    package func isOnSide(of origin: NodeID, _ peer: NodeID, under place: PlaceID) -> Bool {
        guard let from = nodes[origin]?.place, let at = nodes[peer]?.place else { return true }
        let way = line(of: from)
        guard let index = way.firstIndex(of: place), index > 0 else { return true }
        return isWithin(at, way[index - 1])
    }
}
