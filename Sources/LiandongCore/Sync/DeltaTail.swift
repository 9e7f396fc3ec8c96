import OrderedCollections

/// The newest deltas of a store, in memory, so that peers that keep up are served without a scan.
///
/// Commits are reported by several callers and may overtake one another: an LSN is taken in once every LSN before it
/// was, so that a stream never passes over a delta that is still on its way here.
struct DeltaTail: Sendable {
    /// Deltas and bytes kept; older ones are read back from the store.
    static let countLimit = 4_096
    static let byteLimit = 8 << 20

    /// Everything up to here was taken in.
    private(set) var frontier: LSN
    /// Everything up to here has to be scanned for.
    private(set) var base: LSN
    private var recent: [CommittedDelta] = []
    private var early: [LSN: CommittedDelta] = [:]
    /// What is left of deltas that have yet to be taken in.
    private var left: [LSN: CommittedDelta] = [:]
    private var byteCount = 0

    init(frontier: LSN) {
        self.frontier = frontier
        self.base = frontier
    }

    /// Takes in a commit's deltas.
    mutating func insert(_ deltas: [CommittedDelta]) {
        for delta in deltas where delta.lsn > frontier {
            early[delta.lsn] = left.removeValue(forKey: delta.lsn) ?? delta
        }
        while let next = early.removeValue(forKey: frontier + 1) {
            frontier += 1
            recent.append(next)
            byteCount += next.byteCount
        }
        trim()
    }

    /// Puts what is left of deltas in their place; their reports may still be on their way here.
    mutating func replace(_ deltas: [CommittedDelta]) {
        for delta in deltas {
            if delta.lsn > frontier {
                if early.updateValue(delta, forKey: delta.lsn) == nil {
                    early[delta.lsn] = nil
                    left[delta.lsn] = delta
                }
            } else if delta.lsn > base {
                let index = Int(delta.lsn - base) - 1
                guard recent.indices.contains(index) else { continue }
                byteCount += delta.byteCount - recent[index].byteCount
                recent[index] = delta
            }
        }
    }

    /// The deltas after an LSN, or nil when they are not all here.
    func after(_ lsn: LSN) -> ArraySlice<CommittedDelta>? {
        guard lsn >= base else { return nil }
        let start = Int(min(lsn, frontier) - base)
        guard start <= recent.count else { return [] }
        return recent[start...]
    }

    private mutating func trim() {
        guard recent.count > DeltaTail.countLimit || byteCount > DeltaTail.byteLimit else { return }
        // Half at a time, so that moving the rest is paid for by as many insertions.
        let dropped = recent.count / 2
        byteCount -= recent[..<dropped].reduce(0) { $0 + $1.byteCount }
        recent.removeFirst(dropped)
        base += LSN(dropped)
    }
}

extension CommittedDelta {
    /// What a delta counts for in windows and buffers: its ops and what stands around them.
    package var byteCount: Int { delta.ops.reduce(192) { $0 + $1.byteCount + 8 } }
}
