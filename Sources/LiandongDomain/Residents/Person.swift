package import LiandongCore

/// One human being: the registrations that a node sees as theirs.
package struct Person: Sendable, Hashable {
    /// Sorted by id; never empty.
    package let registrations: [RecordID]

    /// What ties registrations is between pairs, so that each tie can be undone by itself.
    package struct Tie: Sendable, Hashable {
        package let lesser: RecordID
        package let greater: RecordID
        package let isSame: Bool

        package init?(_ link: PersonLink) {
            guard link.verdict != .undone else { return nil }
            self.lesser = link.lesser
            self.greater = link.greater
            self.isSame = link.verdict == .sameAs
        }
    }

    /// Clusters registrations by equal match tags and by links.
    ///
    /// A `not same` between two registrations stops their tags from tying them; it does not cut a way around, over a
    /// third registration that both are the same as: then the links contradict each other, and a person has to decide.
    ///
    /// - Returns: sorted by their first registration; equal for equal input in any order.
    package static func clusters(_ registrations: [Registration], _ links: [PersonLink]) -> [Person] {
        let ids = registrations.map(\.record).sorted()
        var clusters = Clusters(ids)
        let ties = links.compactMap(Tie.init)
        let apart = Set(ties.filter { !$0.isSame }.map { Pair($0.lesser, $0.greater) })
        for tie in ties where tie.isSame { clusters.join(tie.lesser, tie.greater) }
        for group in sharingTag(registrations) {
            if apart.isEmpty {
                for (a, b) in zip(group, group.dropFirst()) { clusters.join(a, b) }
                continue
            }
            for (index, a) in group.enumerated() {
                for b in group[(index + 1)...] where !apart.contains(Pair(a, b)) { clusters.join(a, b) }
            }
        }
        return clusters.groups.map(Person.init)
    }

    /// The registrations of each match tag that more than one has, sorted.
    private static func sharingTag(_ registrations: [Registration]) -> [[RecordID]] {
        var byTag: [[UInt8]: Set<RecordID>] = [:]
        for registration in registrations {
            for digest in registration.matchTagDigests { byTag[digest, default: []].insert(registration.record) }
        }
        return byTag.values.filter { $0.count > 1 }.map { $0.sorted() }
    }

    private struct Pair: Hashable {
        let lesser: RecordID
        let greater: RecordID

        init(_ a: RecordID, _ b: RecordID) {
            self.lesser = min(a, b)
            self.greater = max(a, b)
        }
    }
}

/// Disjoint sets of record ids; each is named by its least.
private struct Clusters {
    private let ids: [RecordID]
    private var parent: [RecordID: RecordID]

    init(_ ids: [RecordID]) {
        self.ids = ids
        self.parent = Dictionary(ids.map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Ids that are not among the sets are passed over: their registrations are not seen here.
    mutating func join(_ a: RecordID, _ b: RecordID) {
        guard let left = root(a), let right = root(b), left != right else { return }
        parent[max(left, right)] = min(left, right)
    }

    private func root(_ id: RecordID) -> RecordID? {
        guard var here = parent[id] else { return nil }
        while let above = parent[here], above != here { here = above }
        return here
    }

    var groups: [[RecordID]] {
        var members: [RecordID: [RecordID]] = [:]
        for id in ids { if let root = root(id) { members[root, default: []].append(id) } }
        return members.keys.sorted().compactMap { members[$0] }
    }
}
