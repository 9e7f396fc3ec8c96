/// Who gets a record: a sorted list of at most 8 members.
package struct Audience: Hashable, Sendable {
    /// How far a member reaches.
    package enum Scope: UInt8, Sendable, Comparable {
        /// The place and its ancestors.
        case line = 0
        /// The place, its ancestors and everything under it.
        case below = 1

        package static func < (a: Scope, b: Scope) -> Bool { a.rawValue < b.rawValue }
    }

    /// One place of an audience.
    package struct Member: Hashable, Sendable, Comparable {
        package let place: PlaceID
        package let scope: Scope

        package init(place: PlaceID, scope: Scope) {
            self.place = place
            self.scope = scope
        }

        package static func < (a: Member, b: Member) -> Bool { (a.place, a.scope) < (b.place, b.scope) }
    }

    /// The most members an audience can have; a wider one is the lowest common ancestor, `below`.
    package static let memberLimit = 8

    /// Sorted by place, one member a place.
    package let members: [Member]

    /// Sorts the members and keeps the wider scope where a place is named twice.
    ///
    /// - Returns: nil when there is no member or more than ``memberLimit`` places.
    package init?(_ members: some Sequence<Member>) {
        var sorted: [Member] = []
        for member in members.sorted() {
            if sorted.last?.place == member.place { sorted.removeLast() }
            sorted.append(member)
        }
        guard !sorted.isEmpty, sorted.count <= Audience.memberLimit else { return nil }
        self.members = sorted
    }

    /// The places, each with its ancestors only.
    ///
    /// At most ``memberLimit`` distinct places count.
    package init?(lines places: some Sequence<PlaceID>) {
        self.init(places.map { Member(place: $0, scope: .line) })
    }

    /// One place, its ancestors and everything under it.
    package init(below place: PlaceID) {
        self.members = [Member(place: place, scope: .below)]
    }
}
