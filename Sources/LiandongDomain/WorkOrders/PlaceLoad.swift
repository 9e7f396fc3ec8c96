package import LiandongCore

/// What is open at one place: how many orders that it receives, and how many of them are overdue.
package struct PlaceLoad: Sendable, Hashable {
    package let place: PlaceID
    package let open: Int
    package let overdue: Int

    package init(place: PlaceID, open: Int, overdue: Int) {
        self.place = place
        self.open = open
        self.overdue = overdue
    }
}
