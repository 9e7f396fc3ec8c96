/// What a replica makes of a delta, by its origin's right to its audience.
package enum DeltaAdmission: Sendable, Hashable {
    /// The origin had the right: stored, merged, passed on.
    case granted
    /// A revocation leaves it out: stored as evidence, marked, passed on, never merged.
    case evidence
    /// The origin never had the right: neither stored nor passed on; whoever sent it has not checked.
    case refused(Refusal)

    package enum Refusal: String, Sendable, Hashable {
        /// The chain had not enrolled the origin at the delta's epoch.
        case notEnrolled
        /// The origin was not to write any more at the delta's epoch.
        case withdrawn
        /// The place that the origin serves was not of the audience at the delta's epoch.
        case notOfTheAudience
    }
}

extension AuthorityState {
    /// The rule of design §6 for a whole delta, asked before it is stored or passed on; the grant of each op is asked
    /// when the op is merged.
    ///
    /// An origin writes in the audiences that its own place belongs to. The standing grant *accept for others* needs no
    /// word here: what a community accepts for another place is for both, so the community is of that audience; what
    /// it may open there is ``mayCreate(_:by:in:at:_:)``. The answer for ``DeltaAdmission/refused(_:)`` is final: it
    /// rests on the chain up to the delta's own epoch, which every replica that is asked holds.
    ///
    /// - Parameters:
    ///   - header: of a height that this chain has reached.
    ///   - lane: asked for where the origin was revoked.
    package func admission(of header: DeltaHeader, in audience: Audience, lane: () -> LaneID) -> DeltaAdmission {
        let origin = header.lane.origin
        guard let enrolled = enrolmentHeights[origin], enrolled <= header.epoch.district else {
            return .refused(.notEnrolled)
        }
        guard has(origin, .write, atHeight: header.epoch.district) else { return .refused(.withdrawn) }
        guard mayWrite(origin, in: audience, at: header.epoch) else { return .refused(.notOfTheAudience) }
        guard let revocation = revocations[origin] else { return .granted }
        guard let cut = revocation.cuts[lane()], header.seq <= cut.seq else { return .evidence }
        return .granted
    }

    /// Whether the nodes of a place may hold something now that an earlier state did not let them hold.
    ///
    /// Only a place that moved can bring that about: it brings what is for it to its new ancestors, and what is for
    /// everything under those to itself. A new place brings nothing that was written before it.
    ///
    /// - Complexity: O(places).
    package func widensReach(of place: PlaceID, since before: AuthorityState) -> Bool {
        let line = line(of: place)
        let former = Set(before.line(of: place))
        guard line.allSatisfy({ former.contains($0) }) else { return true }
        return places.contains { id, now in
            guard let then = before.places[id], then.parent != now.parent else { return false }
            return isWithin(id, place) && !before.isWithin(id, place)
        }
    }
}
