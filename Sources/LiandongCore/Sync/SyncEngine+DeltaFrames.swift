import SwiftProtobuf

/// Deltas on their way into a frame.
struct DeltaFrame {
    let flow: LinkPace.Flow
    fileprivate var batch = WireDeltaBatch()
    fileprivate var byteCount = 0
    /// Of the last delta: its LSN, or how many went without one before it.
    fileprivate var number: Int64 = 0

    init(of flow: LinkPace.Flow) { self.flow = flow }
}

extension SyncEngine {
    /// The most bytes and deltas in one frame.
    private static let frameByteLimit = 128 * 1024
    private static let frameCountLimit = 256

    /// Puts a delta into a frame, the definitions that it needs before it; a frame that is full goes out.
    mutating func add(
        _ committed: CommittedDelta,
        to frame: inout DeltaFrame,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        let audience = committed.delta.lane.audience
        if sessions[id]?.defined.contains(audience) == false, let definition = audiences[audience] {
            flush(&frame, on: id, at: now, into: &effects)
            sessions[id]?.defined.insert(audience)
            send(.audiences(.with { $0.audiences = [definition.wire] }), on: id, at: now, into: &effects)
        }
        let isRepair = frame.flow == .repairs
        guard
            let (definition, sent) = sessions[id]?.encoder.encode(committed.delta, lsn: isRepair ? 0 : committed.lsn)
        else { return }
        if let definition {
            flush(&frame, on: id, at: now, into: &effects)
            send(.lane(definition), on: id, at: now, into: &effects)
        }
        if isRepair { sessions[id]?.repairsSent += 1 }
        frame.number = isRepair ? sessions[id]?.repairsSent ?? 0 : committed.lsn
        frame.batch.deltas.append(sent)
        frame.byteCount += committed.byteCount
        counters.deltasSent += 1
        if frame.byteCount >= SyncEngine.frameByteLimit || frame.batch.deltas.count >= SyncEngine.frameCountLimit {
            flush(&frame, on: id, at: now, into: &effects)
        }
    }

    mutating func flush(
        _ frame: inout DeltaFrame,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard !frame.batch.deltas.isEmpty else { return }
        sessions[id]?.pace.sent(frame.flow, upTo: frame.number, byteCount: frame.byteCount, at: now)
        let before = counters.bytesSent
        send(.deltas(frame.batch), on: id, at: now, into: &effects)
        counters.deltaBytesSent += counters.bytesSent - before
        frame = DeltaFrame(of: frame.flow)
    }
}
