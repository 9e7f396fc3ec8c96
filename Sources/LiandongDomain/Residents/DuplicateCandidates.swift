package import LiandongCore

extension Person {
    /// Two registrations that may be one person: a human being decides, by a link.
    package struct Candidate: Sendable, Hashable {
        package let lesser: RecordID
        package let greater: RecordID

        /// In either order.
        package init(_ a: RecordID, _ b: RecordID) {
            self.lesser = min(a, b)
            self.greater = max(a, b)
        }
    }

    /// Pairs that share name and address, of which at least one has no identity number, and which no link speaks of.
    ///
    /// Equal numbers tie registrations by themselves, and different ones part them; run it again whenever registrations
    /// have met.
    ///
    /// - Returns: sorted; equal for equal input in any order.
    package static func candidates(_ registrations: [Registration], _ links: [PersonLink]) -> [Candidate] {
        var decided = Set(links.filter { $0.verdict != .undone }.map { Candidate($0.lesser, $0.greater) })
        var alike: [[String]: [Registration]] = [:]
        for registration in registrations {
            guard let name = registration.name, let address = registration.address?.text else { continue }
            alike[[name, address], default: []].append(registration)
        }
        var candidates: [Candidate] = []
        for group in alike.values {
            // The numbered ones among themselves are told apart by their numbers.
            for a in group where a.identities.isEmpty {
                for b in group where a.record != b.record {
                    let pair = Candidate(a.record, b.record)
                    if decided.insert(pair).inserted { candidates.append(pair) }
                }
            }
        }
        return candidates.sorted { ($0.lesser, $0.greater) < ($1.lesser, $1.greater) }
    }
}
