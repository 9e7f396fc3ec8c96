/// The next stretch of a class's LSN order, of what a peer is entitled to.
package struct ScanRequest: Sendable {
    package let session: SessionID
    package let deltaClass: DeltaClass
    package let after: LSN
    /// Stop after so many bytes of deltas; at least one delta is returned when there is one.
    package let byteLimit: Int
    package let countLimit: Int
    /// Whether the peer may have what is for the audience.
    package let filter: EntitlementFilter

    package init(
        session: SessionID,
        deltaClass: DeltaClass,
        after: LSN,
        byteLimit: Int,
        countLimit: Int,
        filter: EntitlementFilter
    ) {
        self.session = session
        self.deltaClass = deltaClass
        self.after = after
        self.byteLimit = byteLimit
        self.countLimit = countLimit
        self.filter = filter
    }
}

/// What a scan found.
package struct ScanResult: Sendable {
    package let deltas: [CommittedDelta]
    /// Everything up to here was looked at.
    package let scannedTo: LSN
    /// Nothing of the class was committed beyond `scannedTo` when the scan ended.
    package let reachedEnd: Bool

    package init(deltas: [CommittedDelta], scannedTo: LSN, reachedEnd: Bool) {
        self.deltas = deltas
        self.scannedTo = scannedTo
        self.reachedEnd = reachedEnd
    }
}

/// What a peer may have, by the sender's own authority state.
package struct EntitlementFilter: Sendable {
    package let authority: AuthorityState
    package let peer: NodeID
    /// Who must be entitled beside the peer; nil: nobody.
    package let other: NodeID?

    package init(authority: AuthorityState, peer: NodeID, and other: NodeID? = nil) {
        self.authority = authority
        self.peer = peer
        self.other = other
    }

    package func admits(_ audience: Audience) -> Bool {
        authority.isEntitled(peer, to: audience) && (other.map { authority.isEntitled($0, to: audience) } ?? true)
    }
}
