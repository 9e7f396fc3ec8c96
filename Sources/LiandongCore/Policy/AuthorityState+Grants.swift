// Who may write what (design §6). Judged at the author's epoch, never by time.

/// The capabilities that every node has from its enrolment until the district's signer withdraws them.
package enum StandingGrant: String, Sendable, CaseIterable {
    /// To write in the audiences that the node's place belongs to.
    case write
    /// To open a record for another place of the district, with the node's own as its holder.
    case acceptForOthers = "accept-for-others"
    /// To erase what is personal of the records of the node's place and of the places under it.
    case erase
}

extension AuthorityState {
    /// Whether a node had a standing grant when the chain had that height: from the entry on that withdraws it, until
    /// one that gives it back, it has not.
    package func has(_ node: NodeID, _ grant: StandingGrant, atHeight height: UInt64) -> Bool {
        guard let enrolled = enrolmentHeights[node], enrolled <= height else { return false }
        return grants[node]?[grant.rawValue]?.last { $0.height <= height }?.isWithdrawn != true
    }

    /// Whether a node may write in an audience at all: it was enrolled by then and its place is entitled.
    package func mayWrite(_ node: NodeID, in audience: Audience, at epoch: AuthorityEpoch) -> Bool {
        guard has(node, .write, atHeight: epoch.district), let place = nodes[node]?.place else { return false }
        return isEntitled(place: place, to: audience, atHeight: epoch.district)
    }

    /// Whether a node may open a record in an audience.
    ///
    /// Every member must be the author's own place or lie under it; or, by the standing grant *accept for others*, the
    /// kind allows it and the audience is the author's place and one more of the district.
    package func mayCreate(
        _ kind: RecordKind,
        by node: NodeID,
        in audience: Audience,
        at epoch: AuthorityEpoch,
        _ schema: Schema
    ) -> Bool {
        guard mayWrite(node, in: audience, at: epoch), let place = nodes[node]?.place else { return false }
        let height = epoch.district
        if audience.members.allSatisfy({ line(of: $0.place, atHeight: height).contains(place) }) { return true }
        guard schema.acceptableForOthers.contains(kind), has(node, .acceptForOthers, atHeight: height) else {
            return false
        }
        return audience.members.count == 2
            && audience.members.contains { $0.place == place }
            && audience.members.allSatisfy { $0.scope == .line && places[$0.place] != nil }
    }

    /// Whether a node may erase what is personal of a record, in an audience.
    ///
    /// Its place must be one of the audience's own or lie above one; who merely receives what is for all below a place
    /// erases nothing.
    package func mayErase(_ node: NodeID, in audience: Audience, at epoch: AuthorityEpoch) -> Bool {
        guard mayWrite(node, in: audience, at: epoch), has(node, .erase, atHeight: epoch.district),
            let place = nodes[node]?.place
        else { return false }
        return audience.members.contains { line(of: $0.place, atHeight: epoch.district).contains(place) }
    }

    /// Whether a node may take a record from places of its home that a further audience leaves out: its own place, and
    /// places under it.
    package func mayLetGo(_ node: NodeID, of home: Audience, for further: Audience, at epoch: AuthorityEpoch) -> Bool {
        guard let place = nodes[node]?.place else { return false }
        return home.members.allSatisfy { member in
            covers(further, member, atHeight: epoch.district)
                || line(of: member.place, atHeight: epoch.district).contains(place)
        }
    }

    /// Whether everybody whom a member reaches is of an audience.
    package func covers(_ audience: Audience, _ member: Audience.Member, atHeight height: UInt64) -> Bool {
        audience.members.contains { other in
            if other.scope == .below, line(of: member.place, atHeight: height).contains(other.place) { return true }
            return member.scope == .line && line(of: other.place, atHeight: height).contains(member.place)
        }
    }

    /// Whether the nodes of a place could hold what is for the audience when the chain had that height.
    package func isEntitled(place: PlaceID, to audience: Audience, atHeight height: UInt64) -> Bool {
        audience.members.contains { member in
            line(of: member.place, atHeight: height).contains(place)
                || (member.scope == .below && line(of: place, atHeight: height).contains(member.place))
        }
    }

    /// The place and its ancestors when the chain had that height.
    package func line(of place: PlaceID, atHeight height: UInt64) -> [PlaceID] {
        var line: [PlaceID] = []
        var next: PlaceID? = place
        while let here = next, line.count <= places.count {
            line.append(here)
            next = parent(of: here, atHeight: height)
        }
        return line
    }

    private func parent(of place: PlaceID, atHeight height: UInt64) -> PlaceID? {
        // A place made later was nobody's child: replicas ahead of that height must judge like those that are not.
        guard let made = placeHeights[place], made <= height else { return nil }
        // The first move after the height tells where the place was before it.
        if let move = moves[place]?.first(where: { $0.height > height }) { return move.from }
        return places[place]?.parent
    }
}
