import Foundation
import SwiftProtobuf

extension SyncEngine {
    mutating func deltasReceived(
        _ batch: WireDeltaBatch,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let cluster = authority.cluster, sessions[id]?.phase == .exchanging else {
            throw CloseReason(.protocolError, "deltas before both chains were at one head")
        }
        var run: [Delta] = []
        var runClass: DeltaClass?
        var runBytes: UInt64 = 0
        var runLSN: LSN?
        for sent in batch.deltas {
            guard let delta = try sessions[id]?.decoder.decode(sent, cluster: cluster, cryptography) else { return }
            let deltaClass = delta.lane.deltaClass
            try check(
                delta,
                isDefined: definition(of: delta.lane.audience, on: id) != nil,
                from: sessions[id]?.peer
            )
            guard sessions[id]?.incoming[deltaClass] != nil else {
                throw CloseReason(.protocolError, "a delta of a class that was not asked for")
            }
            // A repair is of no stream.
            let isRepair = sent.lsn == 0 && shares(.reconciliation, on: id)
            let lsn = isRepair ? nil : LSN(clamping: sent.lsn)
            if let lsn {
                sessions[id]?.incoming[deltaClass]?.received = lsn
            } else {
                sessions[id]?.pass?.received += 1
                sessions[id]?.pass?.lastProgress = now
            }
            try takeCredit(for: delta, on: id)
            continueRun(delta, lsn)
        }
        finishRun()

        func continueRun(_ delta: Delta, _ lsn: LSN?) {
            if runClass != delta.lane.deltaClass || (runLSN == nil) != (lsn == nil) { finishRun() }
            runClass = delta.lane.deltaClass
            run.append(delta)
            runBytes += UInt64(CommittedDelta(lsn: lsn ?? 0, delta: delta, source: nil).byteCount)
            runLSN = lsn
        }

        func finishRun() {
            guard let deltaClass = runClass, !run.isEmpty else { return }
            receive(run, of: deltaClass, byteCount: runBytes, lsn: runLSN, on: id, into: &effects)
            run = []
            runBytes = 0
        }
    }

    /// What can be said of a delta before its signature is checked.
    ///
    /// - Parameters:
    ///   - isDefined: whether the definition of its audience is known.
    ///   - peer: who says it; nil for a file.
    func check(_ delta: Delta, isDefined: Bool, from peer: NodeID?) throws {
        let header = delta.header
        guard header.epoch.district <= authority.height else {
            throw CloseReason(
                .protocolError,
                "a delta of authority height \(header.epoch.district), the chain has \(authority.height)"
            )
        }
        guard isDefined else {
            throw CloseReason(.protocolError, "a delta of an audience that was not defined")
        }
        // From its author it is refused. Whoever passes it on may not have held the delta before it, as this node may
        // not have: turning away an honest peer for it would end their stream for good.
        guard peer == header.lane.origin, let lane = lanes[header.lane] else { return }
        if header.seq == lane.highest + 1, let stamp = lane.headStamp, let epoch = lane.headEpoch,
            header.previous == lane.head, header.hlc < stamp || !header.epoch.isAtLeast(epoch)
        {
            throw CloseReason(.protocolError, "a lane whose time or authority epoch goes back")
        }
    }

    private mutating func receive(
        _ deltas: [Delta],
        of deltaClass: DeltaClass,
        byteCount: UInt64,
        lsn: LSN?,
        on id: SessionID,
        into effects: inout [SyncEffect]
    ) {
        counters.deltasReceived += UInt64(deltas.count)
        counters.deltaBytesReceived += byteCount
        let ticket = takeTicket()
        sessions[id]?.incoming[deltaClass]?.isCaughtUp = false
        sessions[id]?.inbox.append(
            .init(
                content: .deltas(deltas, byteCount: byteCount),
                deltaClass: deltaClass,
                lsn: lsn,
                verification: ticket
            )
        )
        effects.append(.verify(ticket, deltas.map(\.signatureCheck)))
    }

    mutating func progressReceived(
        _ progress: WireProgress,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let deltaClass = DeltaClass(progress.class), let stream = sessions[id]?.incoming[deltaClass] else {
            return
        }
        let lsn = LSN(clamping: progress.lsn)
        guard lsn > stream.received || (progress.end && !stream.isCaughtUp) else { return }
        sessions[id]?.incoming[deltaClass]?.received = max(lsn, stream.received)
        sessions[id]?.noteProgress(
            .init(content: .progress(end: progress.end), deltaClass: deltaClass, lsn: lsn, verification: nil)
        )
        commitInbox(of: id, at: now, into: &effects)
    }
}
