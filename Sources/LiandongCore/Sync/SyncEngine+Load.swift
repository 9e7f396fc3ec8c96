// What waits in a session, and what bounds it: nothing that a peer sends may make a queue grow without end.

extension SyncEngine {
    /// The most frames and bytes that wait while entries of the chain are being committed: what a district's chain and
    /// both windows take, several times over.
    static let heldFrameLimit = 4_096
    static let heldByteLimit = 16 << 20

    /// What waits in one session.
    package struct SessionLoad: Sendable, Hashable {
        package let peer: NodeID
        /// Bytes of deltas received and not committed, a class.
        package let outstanding: [DeltaClass: UInt64]
        /// Frames of deltas, and words of progress between them.
        package let inboxCount: Int
        package let heldFrames: Int
        package let heldBytes: Int
        /// Definitions of audiences that no delta has used.
        package let offeredAudiences: Int
        /// Definitions of audiences whose deltas were not taken in.
        package let asideAudiences: Int
    }

    /// The sessions' loads, in their order.
    package var loads: [SessionLoad] {
        sessions.values.sorted { $0.id < $1.id }.map { session in
            SessionLoad(
                peer: session.peer,
                outstanding: session.incoming.mapValues(\.outstanding),
                inboxCount: session.inbox.count,
                heldFrames: session.held.count,
                heldBytes: session.heldByteCount,
                offeredAudiences: session.offered.count,
                asideAudiences: session.aside.count
            )
        }
    }

    /// What a class may have outstanding: a peer that keeps to its credit sends one delta too much at most, one of an
    /// earlier build a few more.
    package func outstandingLimit(_ deltaClass: DeltaClass) -> UInt64 {
        let window = deltaClass == .interactive ? configuration.interactiveWindow : configuration.bulkWindow
        return 4 * window + 4 * CommittedDelta.byteCountLimit
    }

    /// The most that a session may hold of what its peer sent, whatever the peer does.
    ///
    /// - Returns: what is more than that, in words; nil when nothing is.
    package func excess(of load: SessionLoad) -> String? {
        for (deltaClass, bytes) in load.outstanding.sorted(by: { $0.key < $1.key }) {
            let limit = outstandingLimit(deltaClass)
            if bytes > limit { return "\(bytes) bytes of \(deltaClass) deltas wait, at most \(limit) may" }
        }
        // Each delta takes some bytes of the window; between two runs of deltas stands one word a class.
        let items = load.outstanding.values.reduce(0, +) / CommittedDelta.byteCountLeast * 3 + 8
        if load.inboxCount > Int(clamping: items) { return "\(load.inboxCount) items wait, at most \(items) may" }
        if load.heldFrames > SyncEngine.heldFrameLimit { return "\(load.heldFrames) frames are held" }
        if load.heldBytes > SyncEngine.heldByteLimit { return "\(load.heldBytes) bytes are held" }
        if load.offeredAudiences > SyncEngine.offeredAudienceLimit {
            return "\(load.offeredAudiences) definitions are unused"
        }
        if load.asideAudiences > configuration.asideAudienceLimit {
            return "\(load.asideAudiences) definitions are kept for nothing"
        }
        return nil
    }

    /// Counts a delta against the credit given.
    ///
    /// - Throws: ``CloseReason`` when the peer has sent far more than it was given.
    mutating func takeCredit(for delta: Delta, on id: SessionID) throws {
        let deltaClass = delta.lane.deltaClass
        let bytes = UInt64(CommittedDelta(lsn: 0, delta: delta, source: nil).byteCount)
        let outstanding = (sessions[id]?.incoming[deltaClass]?.outstanding ?? 0) + bytes
        let limit = outstandingLimit(deltaClass)
        guard outstanding <= limit else {
            throw CloseReason(
                .protocolError,
                "\(outstanding) bytes of deltas sent that were not committed yet, at most \(limit); wait for credit"
            )
        }
        sessions[id]?.incoming[deltaClass]?.outstanding = outstanding
    }
}

extension CommittedDelta {
    /// What a delta counts for at most and at least.
    package static let byteCountLimit = UInt64(192 + Delta.byteLimit + 8 * Delta.opLimit)
    package static let byteCountLeast: UInt64 = 192
}

extension PeerSession.IncomingStream {
    /// So many bytes are committed.
    mutating func giveBack(_ byteCount: UInt64) { outstanding -= min(outstanding, byteCount) }
}

extension PeerSession {
    /// Appends a word of progress; one that nothing came after is replaced, so that they cannot pile up.
    mutating func noteProgress(_ item: InboxItem) {
        for index in inbox.indices.reversed() {
            guard case .progress = inbox[index].content else { break }
            if inbox[index].deltaClass == item.deltaClass {
                inbox.remove(at: index)
                break
            }
        }
        inbox.append(item)
    }
}
