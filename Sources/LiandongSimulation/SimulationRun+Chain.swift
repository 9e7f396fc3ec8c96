import LiandongCore
import LiandongSigning

// The signer's part: it runs at node 0, whose commands decide with the chain before their eyes.
extension SimulationRun {
    private mutating func append(
        reply: EnrolmentReply? = nil,
        _ make: @escaping @Sendable (Ledger) -> [AuthorityEntryContent.Body]
    ) throws {
        guard nodes[0].isUp else { return }
        nodes[0].jobs.append(.append(make, reply: reply))
        try startJob(0)
    }

    mutating func appendPolicy(_ number: Int) throws {
        counters.note(.entries)
        try append { _ in [.policy(name: "step", value: "\(number)")] }
    }

    // MARK: New nodes

    /// Invites a node, to a place that is there or to a new one, and starts it.
    mutating func invite(_ random: inout SeededRandom) throws {
        guard nodes[0].isUp, nodes.count < SimulationRun.nodeLimit, let cluster = town.authority.cluster else { return }
        let key = try SigningKey(seed: random.bytes(32)).signer
        let signer = try SigningKey(seed: random.bytes(32)).signer
        let isNew = random.chance(60)
        let streets = (0..<town.placeCount).filter { town.parent(of: $0) == 0 }
        let index = isNew ? town.placeCount : 1 + random.below(town.placeCount - 1)
        guard let street = random.pick(streets) else { return }
        let place = SimulatedTown.place(index, under: street, tier: .community, of: town.places)
        let invite = AuthorityState.InviteRecord(
            key: key.publicKey,
            place: place.id,
            expires: SimulatedTown.founding.advanced(byMilliseconds: SimulationRun.years(100)),
            name: "invited"
        )
        counters.note(.invites)
        try append { ledger in
            // Another place may have been made while this one waited.
            guard isNew else { return [.invite(invite)] }
            return ledger.authority.places[place.id] == nil ? [.place(place), .invite(invite)] : [.invite(invite)]
        }
        // By the signer itself, or by its street, which passes the request on.
        let above = nodes.first { town.place(of: $0.id) == street && !town.isRevoked($0.id) }
        let inviter = random.chance(50) ? above?.id ?? nodes[0].id : nodes[0].id
        let joining = SyncConfiguration.JoinTarget(
            cluster: cluster,
            parent: inviter,
            addresses: ["\(inviter):1"],
            invite: key,
            sealingKey: [UInt8](repeating: 7, count: 32)
        )
        let node = try addNode(signer, chain: [], authority: AuthorityState(), joining: joining)
        note("node \(node) joins at place \(index)")
        try start(node)
    }

    /// The signer's word on a joining node; whether it holds is the chain's to say.
    mutating func decide(_ request: EnrolmentRequest, by index: Int) {
        let now = reading(of: index)
        let reply = EnrolmentReply(
            node: request.node,
            outcome: .enrolled,
            reason: "enrolled",
            clock: now,
            expires: nil
        )
        nodes[index].jobs.append(
            .append(
                { ledger in
                    let authority = ledger.authority
                    let hash = Cryptography.sodium.hash(request.invite)
                    guard let invite = authority.invites[hash], invite.usedBy == nil else { return [] }
                    let taken = authority.nodes.values.filter { $0.place == invite.place }.map(\.ordinal)
                    guard let ordinal = (1...99).first(where: { !taken.contains($0) }) else { return [] }
                    let enrolment = SimulatedTown.enrolment(request.node, at: invite.place, ordinal: ordinal)
                    return [.enrol(enrolment, invite: request.invite)]
                },
                reply: reply
            )
        )
    }

    // MARK: Changes

    /// A community comes under another street.
    mutating func move(_ random: inout SeededRandom) throws {
        let communities = (0..<town.placeCount).filter { town.parent(of: $0).map { $0 != 0 } ?? false }
        let streets = (0..<town.placeCount).filter { town.parent(of: $0) == 0 }
        guard let community = random.pick(communities), let street = random.pick(streets), nodes[0].isUp,
            town.parent(of: community) != street
        else { return }
        counters.note(.moves)
        note("place \(community) moves under \(street)")
        let place = SimulatedTown.place(community, under: street, tier: .community, of: town.places)
        try append { _ in [.place(place)] }
    }

    /// Cuts every lane of a node where the signer has it.
    mutating func revoke(_ random: inout SeededRandom) throws {
        let candidates = nodes.filter { node in
            node.index > 0 && town.place(of: node.id) != nil && !town.isRevoked(node.id)
        }
        // A street that is gone takes its communities along: then only their own nodes could have their data.
        let leaves = candidates.filter { node in
            guard let place = town.place(of: node.id) else { return false }
            return !(0..<town.placeCount).contains { town.parent(of: $0) == place }
        }
        guard leaves.count > 1, let node = random.pick(leaves), nodes[0].isUp,
            let cuts = nodes[0].engine?.cuts(of: node.id)
        else { return }
        counters.note(.revocations)
        note("node \(node.index) is revoked")
        let revoked = node.id
        try append { _ in [.revoke(revoked, .init(cuts: cuts, reason: "lost"))] }
    }
}
