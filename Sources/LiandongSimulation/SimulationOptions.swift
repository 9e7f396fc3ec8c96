package import LiandongCore

/// What a simulated run may do, and what is broken in it on purpose.
package struct SimulationOptions: Sendable, Hashable {
    /// How many steps, writes and faults alike, come before the world heals.
    package var stepCount = 120
    /// Milliseconds between steps, about.
    package var stepSpacing: Int64 = 120
    /// How often each kind of step is drawn, in parts of the sum.
    package var weights: [SimulationStep.Kind: Int] = [
        .write: 12, .policy: 1, .crash: 2, .breakLink: 2, .cutLink: 1, .healLink: 2,
    ]
    package var links = Links()
    package var clocks = Clocks()
    /// What one node of the district does that it should not; nothing where all are honest.
    package var vices: Set<Vice> = []
    /// The dishonest node is a second one of a street, instead of a leaf.
    package var liarIsRelay = false
    /// A peer that says nothing for so many milliseconds is given up.
    package var silenceLimit: Int64 = 15_000
    /// How long a node waits for the place above before it dials further up, in milliseconds.
    package var fallbackPatience: Int64 = 5_000
    /// So many deltas behind a peer is offered a snapshot.
    package var snapshotThreshold = LSN.max
    /// How long a flush takes at most, in milliseconds.
    package var flushLimit: Int64 = 30
    /// Frames are also dropped, doubled, swapped and damaged within connections, which TLS over TCP never does: only
    /// safety is checked then, not convergence.
    package var manglesFrames = false
    package var plantedBug: PlantedBug?
    /// How many nodes keep what they hold in the product's own store, over a simulated disk.
    package var stores = 0

    /// What the builds do not know that serve some nodes; nil where all are current.
    package var previous: Previous?
    /// A bit for each founding node, by its number: whether it is served by such a build.
    package var oldNodes: UInt64 = 0

    /// Whether offers go to places outside of an order's home.
    var givesToOthers: Bool { weights[.give] ?? 0 > 0 }

    package init() {}

    /// How the network is.
    package struct Links: Sendable, Hashable {
        /// The longest a frame takes, in milliseconds.
        package var delayLimit: Int64 = 60
        /// Of a hundred segments so many are lost: TCP sends them again, a fifth of a second later.
        package var lossPercent = 0
        /// Of a hundred dials so many make a second connection of the pair.
        package var doublePercent = 1
        /// A connection that breaks gives each end a part of what was on its way, instead of nothing.
        package var seversStreams = false
    }

    /// How the clocks are.
    package struct Clocks: Sendable, Hashable {
        /// At most so much off at the start, in milliseconds.
        package var skewLimit: Int64 = 500
        /// At most so much faster or slower, in millionths.
        package var driftLimit: Int64 = 0

        /// In the days that pass, clocks may come further apart than what stamps are trusted for.
        var mayDiffer: Bool { driftLimit > 0 }
    }
}

extension SimulationOptions {
    /// The options of a seed, from a stream of their own.
    package init(drawnFrom seed: UInt64, plantedBug: PlantedBug? = nil) {
        self.plantedBug = plantedBug
        var random = SeededRandom(seed: seed, .options)
        stepCount = 60 + random.below(100)
        stepSpacing = random.pick([40, 120, 120, 300, 700]) ?? 120
        silenceLimit = random.pick([3_000, 6_000, 15_000]) ?? 15_000
        fallbackPatience = random.pick([500, 5_000, 20_000]) ?? 5_000
        flushLimit = random.pick([2, 30, 30, 400]) ?? 30
        links.delayLimit = random.pick([5, 60, 60, 400, 2_000]) ?? 60
        links.lossPercent = random.chance(40) ? 1 + random.below(30) : 0
        links.doublePercent = random.pick([0, 1, 10]) ?? 1
        links.seversStreams = random.chance(50)
        clocks.skewLimit = random.pick([0, 500, 30_000]) ?? 500
        clocks.driftLimit = random.pick([0, 0, 200, 5_000]) ?? 0
        // Each kind of fault is absent, rare or common: what always happens hides what happens alone.
        for kind in SimulationStep.Kind.allCases {
            switch kind {
            case .write: weights[kind] = 6 + random.below(10)
            case .order, .act, .consult, .vote: weights[kind] = random.pick([0, 2, 4]) ?? 2
            case .healLink: weights[kind] = 1 + random.below(3)
            case .leap, .invite, .move, .revoke, .restoreBackup, .isolate, .kill:
                weights[kind] = random.pick([0, 0, 1]) ?? 0
            case .policy, .crash, .breakLink, .cutLink, .cutOneWay, .flap, .jumpClock, .backUp, .failDisk, .link:
                weights[kind] = random.pick([0, 1, 2]) ?? 1
            case .lie, .erase, .give, .stop, .clone, .upgrade, .narrow: weights[kind] = 0
            }
        }
        // Drawn last, so that older seeds draw the rest as before.
        snapshotThreshold = random.pick([0, 20, .max]) ?? .max
        let isDrawn = random.below(16) == 0
        // They are slow; the mistakes planted elsewhere are to be found without them.
        stores = plantedBug == .forgetsFlush ? 2 : plantedBug == nil && isDrawn ? 1 + random.below(2) : 0
        if random.chance(30) {
            vices = Set(Vice.allCases.filter { _ in random.chance(40) })
            liarIsRelay = random.chance(60)
            weights[.lie] = vices.isEmpty ? 0 : 2 + random.below(4)
        }
        weights[.erase] = random.pick([0, 1, 2]) ?? 0
        weights[.give] = random.pick([0, 1, 3]) ?? 0
        weights[.stop] = random.pick([0, 1, 2]) ?? 0
        weights[.clone] = random.pick([0, 0, 0, 1]) ?? 0
        if random.chance(35) {
            previous = random.pick(Previous.allCases)
            oldNodes = random.next()
            weights[.upgrade] = 1
        }
        if givesToOthers { weights[.narrow] = random.pick([0, 2, 4]) ?? 0 }
    }
}
