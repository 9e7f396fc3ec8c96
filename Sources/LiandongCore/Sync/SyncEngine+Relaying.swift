import SwiftProtobuf

// Beats on their way to peers: of each node only the newest, and never more than a link has to spare.

extension SyncEngine {
    /// Beats are looked at this far apart, in milliseconds.
    private static let relaySpacing: Int64 = 250

    mutating func relayBeats(at now: Instant, into effects: inout [SyncEffect]) {
        guard lastRelay.map({ now.milliseconds(since: $0) >= SyncEngine.relaySpacing }) ?? true else { return }
        lastRelay = now
        for id in sessions.keys.sorted() {
            guard let session = sessions[id], session.phase == .exchanging, session.isSendQueueEmpty,
                !session.beatQueue.isEmpty || !session.partQueue.isEmpty
            else { continue }
            // What waits is replaced by what is newer meanwhile, so that a busy link carries fewer, not older ones.
            let allowance = sessions[id]?.pace.beatAllowance(at: now)
            let frame = beatsToRelay(on: id, within: min(allowance ?? .max, SyncEngine.relayByteLimit))
            guard !frame.beats.isEmpty || !frame.parts.isEmpty else { continue }
            let before = counters.bytesSent
            send(.beats(frame), on: id, at: now, into: &effects)
            if allowance != nil { sessions[id]?.pace.beatsSent(Int(clamping: counters.bytesSent - before)) }
        }
    }

    /// Takes beats and parts in turn from a session's queues while there is room, after those that were sent last.
    private mutating func beatsToRelay(on id: SessionID, within byteLimit: Int) -> WireBeats {
        var frame = WireBeats()
        var byteCount = 0
        var beatOrder = SyncEngine.turn(sessions[id]?.beatQueue ?? [], after: sessions[id]?.lastBeatSent)[...]
        var partOrder = SyncEngine.turn(sessions[id]?.partQueue ?? [], after: sessions[id]?.lastPartSent)[...]
        while byteCount < byteLimit, !beatOrder.isEmpty || !partOrder.isEmpty {
            // Whichever went last gives way, also where a frame has room for one alone.
            let isPartNext = !partOrder.isEmpty && (beatOrder.isEmpty || sessions[id]?.wasBeatSentLast == true)
            sessions[id]?.wasBeatSentLast = !isPartNext
            if isPartNext, let key = partOrder.popFirst() {
                sessions[id]?.partQueue.remove(key)
                sessions[id]?.lastPartSent = key
                guard mayHave(key.audience, on: id), let kept = parts[key],
                    let signed = try? WireSignedBeatPart(serializedBytes: kept.bytes)
                else { continue }
                frame.parts.append(signed)
                byteCount += kept.bytes.count
            } else if let node = beatOrder.popFirst() {
                sessions[id]?.beatQueue.remove(node)
                sessions[id]?.lastBeatSent = node
                guard let kept = beats[node], let signed = try? WireSignedBeat(serializedBytes: kept.bytes) else {
                    continue
                }
                frame.beats.append(signed)
                byteCount += kept.bytes.count
            }
        }
        return frame
    }

    /// In ascending order, beginning behind the one that was last.
    private static func turn<Key: Comparable & Hashable>(_ keys: Set<Key>, after last: Key?) -> [Key] {
        let sorted = keys.sorted()
        guard let last, let start = sorted.firstIndex(where: { $0 > last }) else { return sorted }
        return Array(sorted[start...] + sorted[..<start])
    }
}
