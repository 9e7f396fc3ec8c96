import Foundation
import SwiftProtobuf

// Snapshots (design §7.7). The sender of a stream with much ahead of it offers one; the receiver fetches its pages, shows
// them marked until the deltas that it streams meanwhile have borne them out, and lets go of them.

/// A peer's snapshot on its way here.
struct SnapshotReceipt: Sendable {
    let since: LSN
    /// Pages asked for that have not come.
    var awaited: Int
    /// Pages that came and are not durable.
    var committing: Set<Ticket> = []
    /// Until when its streams wait for it.
    let holdsUntil: Instant
    /// Credit that its streams get when they go on.
    var heldCredit: [DeltaClass: UInt64] = [:]
}

/// This node's snapshot on its way to a peer.
struct SnapshotDelivery: Sendable {
    let since: LSN
    var after: RecordID?
    /// Pages that the peer asked for and did not get.
    var due: Int
    /// Pages that were sent, and those that the peer has committed: for each it asks for one more.
    var sent: Int64 = 0
    var committed: Int64 = 0
    var reading: Ticket?
}

extension SyncEngine {
    /// Pages asked for at once: so many are on their way or being committed.
    private static let pageWindow = 8
    /// The most that a peer can ask for at once.
    private static let pageLimit = 16

    /// Whether a node's place is another's own or above it: whose records the other may show before they are proven.
    private func stands(_ upper: NodeID, atOrAbove lower: NodeID) -> Bool {
        guard let place = authority.place(of: lower), let above = authority.place(of: upper) else { return false }
        return authority.isWithin(place, above)
    }

    /// The session that waits for a page to become durable.
    private func session(keeping ticket: Ticket) -> SessionID? {
        sessions.first { $0.value.receipt?.committing.contains(ticket) == true }?.key
    }

    // MARK: The sender

    /// Offers a snapshot, once a session, when the peer's streams begin far behind.
    mutating func offerSnapshot(on id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let session = sessions[id], !session.hasOfferedSnapshot, shares(.snapshot, on: id),
            stands(node, atOrAbove: session.peer)
        else { return }
        let cursors = DeltaClass.allCases.compactMap { session.outgoing[$0]?.cursor }
        guard cursors.count == DeltaClass.allCases.count, let since = cursors.min(), since != .max,
            tail.frontier - since >= configuration.snapshotThreshold
        else { return }
        sessions[id]?.hasOfferedSnapshot = true
        let offer = WireSnapshotOffer.with {
            $0.since = UInt64(clamping: since)
            $0.lsn = UInt64(clamping: tail.frontier)
        }
        send(.snapshotOffer(offer), on: id, at: now, into: &effects)
    }

    mutating func snapshotRequested(
        _ request: WireSnapshotRequest,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        // Whatever the chains' state is: the offer was made at one head, and each page is judged by the chain as it is.
        guard let session = sessions[id], session.hasOfferedSnapshot else {
            throw CloseReason(.protocolError, "pages of a snapshot that was not offered")
        }
        let pages = Int(clamping: request.pages)
        if request.more {
            guard let delivery = session.delivery else { return }
            let committed = min(delivery.committed + Int64(min(pages, SyncEngine.pageLimit)), delivery.sent)
            sessions[id]?.delivery?.due = min(delivery.due + pages, SyncEngine.pageLimit)
            sessions[id]?.delivery?.committed = committed
            sessions[id]?.pace.acknowledged(.pages, upTo: committed, at: now)
        } else {
            guard request.after.isEmpty || request.after.count == 16 else {
                throw CloseReason(.protocolError, "a snapshot is to go on behind what is no record's id")
            }
            sessions[id]?.pace.forget(.pages)
            sessions[id]?.delivery = SnapshotDelivery(
                since: LSN(clamping: request.since),
                after: RecordID(request.after),
                due: min(pages, SyncEngine.pageLimit)
            )
        }
        readSnapshot(for: id, into: &effects)
    }

    /// Reads the next page for a peer, once it has asked for one and its link has room.
    mutating func readSnapshot(for id: SessionID, into effects: inout [SyncEffect]) {
        guard let session = sessions[id], let delivery = session.delivery, delivery.due > 0, delivery.reading == nil
        else { return }
        let room = session.pace.room(for: .pages)
        guard room > 0 else { return }
        let ticket = takeTicket()
        sessions[id]?.delivery?.reading = ticket
        let query = SnapshotQuery(
            after: delivery.after,
            since: delivery.since,
            byteLimit: min(SnapshotPage.byteLimit, room),
            filter: EntitlementFilter(authority: authority, peer: session.peer)
        )
        effects.append(.readSnapshot(ticket, query))
    }

    mutating func snapshotRead(
        _ ticket: Ticket,
        _ page: SnapshotPage,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let cluster = authority.cluster,
            let (id, session) = sessions.first(where: { $0.value.delivery?.reading == ticket }),
            let delivery = session.delivery
        else { return }
        sessions[id]?.delivery?.reading = nil
        // Read by the chain as it was; the peer may have lost an audience meanwhile.
        let records = page.records.filter { authority.isEntitled(session.peer, to: $0.home) }
        let entitled = SnapshotPage(records: records, last: page.last, reachedEnd: page.reachedEnd)
        let byteCount = records.reduce(0) { $0 + $1.entries.count }
        sessions[id]?.pace.sent(.pages, upTo: delivery.sent + 1, byteCount: byteCount, at: now)
        sessions[id]?.delivery?.sent += 1
        send(
            .snapshotPage(entitled.wire(cluster: cluster, node: node, storeEpoch: storeEpoch, signer: signer)),
            on: id,
            at: now,
            into: &effects
        )
        counters.snapshotRecordsSent += UInt64(clamping: records.count)
        sessions[id]?.delivery?.due -= 1
        sessions[id]?.delivery?.after = page.last
        if page.reachedEnd {
            sessions[id]?.delivery = nil
            sessions[id]?.pace.forget(.pages)
        }
        readSnapshot(for: id, into: &effects)
    }

    // MARK: The receiver

    mutating func snapshotOffered(
        _ offer: WireSnapshotOffer,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let session = sessions[id], let hello = session.hello else { return }
        // One at a time; one that is whole waits for its deltas.
        guard stands(session.peer, atOrAbove: node), preview?.isWhole != true, endingPreview == nil,
            !sessions.values.contains(where: { $0.receipt != nil })
        else { return }
        let since = LSN(clamping: offer.since)
        if preview?.source != session.peer || preview?.storeEpoch != hello.storeEpoch || since < preview?.since ?? 0 {
            preview = PreviewProgress(
                source: session.peer,
                storeEpoch: hello.storeEpoch,
                since: since,
                startedAt: now
            )
        }
        guard let preview else { return }
        sessions[id]?.receipt = SnapshotReceipt(
            since: preview.since,
            awaited: SyncEngine.pageWindow,
            holdsUntil: now.advanced(byMilliseconds: configuration.snapshotPatience)
        )
        let request = WireSnapshotRequest.with {
            $0.since = UInt64(clamping: preview.since)
            $0.after = Data(preview.last?.bytes ?? [])
            $0.pages = UInt32(SyncEngine.pageWindow)
        }
        send(.snapshotRequest(request), on: id, at: now, into: &effects)
    }

    mutating func snapshotPageReceived(
        _ signed: WireSignedSnapshotPage,
        on id: SessionID,
        into effects: inout [SyncEffect]
    ) throws {
        guard sessions[id]?.unwantedPages == 0 else {
            sessions[id]?.unwantedPages -= 1
            return
        }
        guard let session = sessions[id], let receipt = session.receipt, receipt.awaited > 0,
            let cluster = authority.cluster, var progress = preview
        else { throw CloseReason(.protocolError, "a page of a snapshot that was not asked for") }
        let page = try SnapshotPage(
            signed,
            cluster: cluster,
            node: session.peer,
            storeEpoch: progress.storeEpoch,
            cryptography
        )
        let first = page.records.first?.record ?? page.last
        guard first.map({ $0 > progress.last ?? RecordID(raw: Bytes16(high: 0, low: 0)) }) ?? page.reachedEnd else {
            throw CloseReason(.protocolError, "a page of a snapshot that was sent before")
        }
        let isFirst = progress.last == nil
        progress.last = page.last ?? progress.last
        progress.isWhole = page.reachedEnd
        preview = progress
        let ticket = takeTicket()
        sessions[id]?.receipt?.awaited -= 1
        sessions[id]?.receipt?.committing.insert(ticket)
        let records = page.records.filter { authority.isEntitled(node, to: $0.home) }
        effects.append(.keepPreview(ticket, PreviewBatch(records: records, progress: progress, isFirst: isFirst)))
    }

    /// A page is durable: asks for the next, or lets the streams go on.
    mutating func previewKept(_ ticket: Ticket, at now: Instant, into effects: inout [SyncEffect]) {
        guard let id = session(keeping: ticket) else { return }
        sessions[id]?.receipt?.committing.remove(ticket)
        guard preview?.isWhole != true else {
            if sessions[id]?.receipt?.committing.isEmpty == true { endReceipt(of: id, at: now, into: &effects) }
            return
        }
        sessions[id]?.receipt?.awaited += 1
        let more = WireSnapshotRequest.with {
            $0.pages = 1
            $0.more = true
        }
        send(.snapshotRequest(more), on: id, at: now, into: &effects)
    }

    /// A page could not be kept: the streams do without a snapshot, and the next one begins anew.
    mutating func previewFailed(_ ticket: Ticket, at now: Instant, into effects: inout [SyncEffect]) {
        guard let id = session(keeping: ticket) else { return }
        preview = nil
        endReceipt(of: id, at: now, into: &effects)
    }

    /// The streams get what was held back.
    private mutating func endReceipt(of id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let receipt = sessions[id]?.receipt else { return }
        sessions[id]?.receipt = nil
        // After the last page no more come, whatever was asked for.
        if preview?.isWhole != true { sessions[id]?.unwantedPages += receipt.awaited }
        for deltaClass in DeltaClass.allCases {
            guard let bytes = receipt.heldCredit[deltaClass] else { continue }
            send(.credit(WireCredit(deltaClass, bytes)), on: id, at: now, into: &effects)
        }
        endPreviewIfProven(on: id, into: &effects)
    }

    /// While a snapshot is fetched its streams wait, so that it is there soon; but not for long on a thin link.
    mutating func holdsCredit(_ bytes: UInt64, of deltaClass: DeltaClass, on id: SessionID, at now: Instant) -> Bool {
        guard let receipt = sessions[id]?.receipt, now < receipt.holdsUntil else { return false }
        sessions[id]?.receipt?.heldCredit[deltaClass, default: 0] += bytes
        return true
    }

    /// Gives back what is held too long, and lets go of what was never proven.
    mutating func tendSnapshots(at now: Instant, into effects: inout [SyncEffect]) {
        for id in sessions.keys.sorted() {
            guard let receipt = sessions[id]?.receipt, now >= receipt.holdsUntil else { continue }
            for (deltaClass, bytes) in receipt.heldCredit.sorted(by: { $0.key < $1.key }) {
                send(.credit(WireCredit(deltaClass, bytes)), on: id, at: now, into: &effects)
            }
            sessions[id]?.receipt?.heldCredit = [:]
        }
        guard let preview, endingPreview == nil, !sessions.values.contains(where: { $0.receipt != nil }),
            now.milliseconds(since: preview.startedAt) >= configuration.previewLimit
        else { return }
        endPreview(isJudged: false, into: &effects)
    }

    /// All that the source had is here: what is still only shown has no deltas.
    mutating func endPreviewIfProven(on id: SessionID, into effects: inout [SyncEffect]) {
        guard let session = sessions[id], let preview, preview.isWhole, endingPreview == nil,
            session.peer == preview.source, session.hello?.storeEpoch == preview.storeEpoch, session.receipt == nil,
            !session.waitsForPass,
            DeltaClass.allCases.allSatisfy({ session.incoming[$0]?.isCaughtUp == true })
        else { return }
        endPreview(isJudged: true, into: &effects)
    }

    /// - Parameter isJudged: all that the source had is here; else it only took too long.
    private mutating func endPreview(isJudged: Bool, into effects: inout [SyncEffect]) {
        let ticket = takeTicket()
        endingPreview = (ticket, isJudged)
        effects.append(.endPreview(ticket))
    }

    /// - Parameter unproven: how many records no delta bore out.
    mutating func previewEnded(_ ticket: Ticket, unproven: Int, into effects: inout [SyncEffect]) {
        guard let ending = endingPreview, ending.ticket == ticket else { return }
        endingPreview = nil
        if let source = preview?.source, ending.isJudged, unproven > 0 {
            effects.append(.raise(.unprovenSnapshot(source: source, records: unproven)))
        }
        preview = nil
    }
}
