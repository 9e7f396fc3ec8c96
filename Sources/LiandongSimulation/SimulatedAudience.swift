import LiandongCore

/// An audience of the run, as the model of the tree sees it.
struct SimulatedAudience {
    struct Member: Hashable {
        /// The index of its place.
        let place: Int
        let isBelow: Bool
    }

    let members: [Member]
    let audience: Audience
}
