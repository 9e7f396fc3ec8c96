import Foundation
import SwiftProtobuf

/// What a node says of its own health.
package enum BeatHealth: Int, Sendable {
    case unknown = 0
    case ok = 1
    case degraded = 2
    case readOnly = 3
}

/// What a node's newest beat says.
package struct BeatState: Sendable {
    package let node: NodeID
    package let incarnation: Incarnation
    package let number: UInt64
    /// The author's wall clock.
    package let time: Instant
    package let version: String
    package let health: BeatHealth
    package let addresses: [String]
    package let links: [Link]
    package let startedAt: Instant
    package let clockOffsetMilliseconds: Int64
    package let districtHeight: UInt64

    /// A connection to a peer, as the beat's author sees it.
    package struct Link: Sendable, Hashable {
        package let peer: NodeID
        package let isUp: Bool
        package let since: Instant
        package let isPaused: Bool
    }

    init(_ wire: WireBeat) {
        node = NodeID(wire.node) ?? NodeID(raw: .greatest)
        incarnation = Incarnation(raw: wire.incarnation)
        number = wire.number
        time = Instant(milliseconds: Int64(clamping: wire.time))
        version = String(wire.version.prefix(64))
        health = BeatHealth(rawValue: wire.health.rawValue) ?? .unknown
        addresses = wire.addresses.prefix(8).map { String($0.prefix(255)) }
        links = wire.links.prefix(1_024).compactMap { link in
            NodeID(link.peer).map {
                Link(
                    peer: $0,
                    isUp: link.up,
                    since: Instant(milliseconds: Int64(clamping: link.since)),
                    isPaused: link.paused
                )
            }
        }
        startedAt = Instant(milliseconds: Int64(clamping: wire.started))
        clockOffsetMilliseconds = wire.clockOffsetMilliseconds
        districtHeight = wire.districtHeight
    }

    /// Reads a beat that was checked when it came.
    init?(kept: KeptBeat) {
        guard let signed = try? WireSignedBeat(serializedBytes: kept.bytes),
            let beat = try? WireBeat(serializedBytes: signed.beat)
        else { return nil }
        self.init(beat)
    }
}

extension SyncEngine {
    /// The most bytes of beats in one frame, on links that carry that much.
    static let relayByteLimit = 64 * 1024
    /// What a beat's signature is over, before the beat; and a part's, before the part.
    package static let beatMessage = Array("liandong/beat/1".utf8)
    package static let partMessage = Array("liandong/beat-part/1".utf8)

    // MARK: Links

    /// The peers that this node should be connected to, or is.
    package var links: [BeatState.Link] {
        var peers = Set(sessions.values.filter { $0.hello != nil }.map(\.peer))
        peers.formUnion(dialled.map(\.node))
        peers.formUnion(paused)
        peers.formUnion(lateral)
        if let place = authority.place(of: node) {
            for child in authority.children(of: place) { peers.formUnion(authority.nodes(of: child)) }
        }
        return peers.filter { authority.nodes[$0] != nil && authority.revocations[$0] == nil }.sorted().map { peer in
            let session = session(with: peer).flatMap { sessions[$0] }
            let isUp = session?.phase == .exchanging
            return BeatState.Link(
                peer: peer,
                isUp: isUp,
                since: isUp ? session?.openedAt ?? startedAt : downSince[peer] ?? startedAt,
                isPaused: paused.contains(peer)
            )
        }
    }

    /// Whether some node above was heard to its end at least once since the session opened.
    package var isCaughtUp: Bool {
        guard let place = authority.place(of: node) else { return false }
        guard authority.places[place]?.parent != nil else { return true }
        let parents = sessions.values.filter { servesAbove($0.peer) && $0.phase == .exchanging }
        return parents.contains { session in
            !session.waitsForPass && DeltaClass.allCases.allSatisfy { session.incoming[$0]?.isCaughtUp == true }
        }
    }

    /// What another node's newest beat says; nil when none came.
    package func beatState(of node: NodeID) -> BeatState? { beatStates[node] }

    /// The lane positions of an audience that a node said it had committed.
    package func positions(of node: NodeID, audience: AudienceID) -> KeptBeatPart? {
        parts[BeatPartKey(node: node, audience: audience)]
    }

    /// How much of what this node knows another has not said that it committed.
    ///
    /// - Complexity: O(lanes held).
    package func behind(_ other: NodeID) -> (ops: UInt64, oldest: Instant?) {
        var deltas: UInt64 = 0
        var oldest: Instant?
        for lane in lanes.values where mayHold(other, lane.key.audience) {
            let theirs = positions(of: other, audience: lane.key.audience)?.positions[lane.id] ?? 0
            guard lane.highest > theirs else { continue }
            deltas += lane.highest - theirs
            if let stamp = lane.headStamp {
                let at = Instant(milliseconds: stamp.milliseconds)
                oldest = min(oldest ?? at, at)
            }
        }
        return (deltas, oldest)
    }

    private func mayHold(_ other: NodeID, _ audience: AudienceID) -> Bool {
        audiences[audience].map { authority.isEntitled(other, to: $0) } ?? false
    }

    // MARK: This node's own

    mutating func beat(at now: Instant, into effects: inout [SyncEffect]) {
        guard authority.nodes[node] != nil, !isStopping else { return }
        let age = lastBeat.map { now.milliseconds(since: $0) } ?? .max
        if age >= configuration.beatInterval
            || ((beatIsDue || !dirtyAudiences.isEmpty) && age >= configuration.beatSpacing)
        {
            makeBeat(at: now)
        }
        relayBeats(at: now, into: &effects)
        if sinceBeatCommit(now) >= 2 * SyncEngine.beatCommitSpacing, !unsavedBeats.isEmpty || !unsavedParts.isEmpty {
            var batch = PersistBatch(peer: node)
            addBeats(to: &batch, at: now)
            batch.cursors = heardCursors
            effects.append(.persist(takeTicket(), batch))
        }
    }

    /// How far each peer was heard: progress alone is not committed when it comes, so it rides with the beats.
    private var heardCursors: [Cursor] {
        guard resets.isEmpty else { return [] }
        return sessions.values.sorted { $0.id < $1.id }.flatMap { session -> [Cursor] in
            guard let hello = session.hello, session.committing == nil, !session.waitsForPass else { return [] }
            return session.incoming.sorted { $0.key < $1.key }.map { deltaClass, stream in
                Cursor(
                    peer: session.peer,
                    storeEpoch: hello.storeEpoch,
                    deltaClass: deltaClass,
                    lsn: stream.committed
                )
            }
        }
    }

    /// Makes the beat that is due, whenever the last one was.
    mutating func beatNow(at now: Instant) {
        guard authority.nodes[node] != nil, beatIsDue || !dirtyAudiences.isEmpty else { return }
        makeBeat(at: now)
    }

    private mutating func makeBeat(at now: Instant) {
        lastBeat = now
        beatIsDue = false
        beatNumber += 1
        let wire = WireBeat.with {
            $0.cluster = Data(authority.cluster?.bytes ?? [])
            $0.node = Data(node.bytes)
            $0.incarnation = incarnation.raw
            $0.number = beatNumber
            $0.time = UInt64(clamping: now.milliseconds)
            $0.version = configuration.version
            $0.health = WireHealth(rawValue: health.rawValue) ?? .unspecified
            $0.addresses = configuration.addresses
            $0.links = links.map { link in
                .with {
                    $0.peer = Data(link.peer.bytes)
                    $0.up = link.isUp
                    $0.since = UInt64(clamping: link.since.milliseconds)
                    $0.paused = link.isPaused
                }
            }
            $0.storeEpoch = storeEpoch.raw
            $0.started = UInt64(clamping: startedAt.milliseconds)
            $0.clockOffsetMilliseconds = clockOffsetMilliseconds
            $0.districtHeight = authority.height
        }
        let bytes = wire.canonicalBytes
        let signed = WireSignedBeat.with {
            $0.beat = Data(bytes)
            $0.signature = Data(signer.sign(SyncEngine.beatMessage + bytes))
        }
        keep(
            KeptBeat(
                node: node,
                incarnation: incarnation,
                number: beatNumber,
                time: now,
                bytes: signed.canonicalBytes
            ),
            BeatState(wire),
            from: nil
        )
        for audience in dirtyAudiences.sorted() { makePart(of: audience, at: now) }
        dirtyAudiences = []
        updateHandOvers()
    }

    private mutating func makePart(of audience: AudienceID, at now: Instant) {
        guard let definition = audiences[audience], authority.isEntitled(node, to: definition) else { return }
        let held = lanes.values.filter { $0.key.audience == audience && $0.contiguous > 0 }.sorted { $0.id < $1.id }
        let wire = WireBeatPart.with {
            $0.cluster = Data(authority.cluster?.bytes ?? [])
            $0.node = Data(node.bytes)
            $0.incarnation = incarnation.raw
            $0.number = beatNumber
            $0.time = UInt64(clamping: now.milliseconds)
            $0.audience = Data(audience.bytes)
            $0.lanes = held.map { lane in
                .with {
                    $0.lane = Data(lane.id.bytes)
                    $0.seq = lane.contiguous
                }
            }
            $0.erases = true
            $0.unfinished = held.compactMap { lane in
                unfinishedErasures[lane.key]?.min().map { seq in
                    .with {
                        $0.lane = Data(lane.id.bytes)
                        $0.seq = seq
                    }
                }
            }
        }
        let bytes = wire.canonicalBytes
        let signed = WireSignedBeatPart.with {
            $0.part = Data(bytes)
            $0.signature = Data(signer.sign(SyncEngine.partMessage + bytes))
        }
        let positions = Dictionary(held.map { ($0.id, $0.contiguous) }, uniquingKeysWith: { first, _ in first })
        keep(
            KeptBeatPart(
                node: node,
                incarnation: incarnation,
                number: beatNumber,
                time: now,
                audience: audience,
                positions: positions,
                erases: wire.erases,
                unfinishedErasures: wire.unfinishedErasures,
                bytes: signed.canonicalBytes
            ),
            from: nil
        )
    }

    // MARK: Kept and relayed

    private mutating func keep(_ beat: KeptBeat, _ state: BeatState, from source: SessionID?) {
        beats[beat.node] = beat
        beatStates[beat.node] = state
        unsavedBeats.insert(beat.node)
        for id in sessions.keys where id != source && sessions[id]?.phase == .exchanging {
            sessions[id]?.beatQueue.insert(beat.node)
        }
    }

    private mutating func keep(_ part: KeptBeatPart, from source: SessionID?) {
        let key = BeatPartKey(node: part.node, audience: part.audience)
        parts[key] = part
        unsavedParts.insert(key)
        for id in sessions.keys where id != source && sessions[id]?.phase == .exchanging {
            sessions[id]?.partQueue.insert(key)
        }
    }

    /// Beats ride with commits this far apart, in milliseconds: with each they would touch more pages than its deltas do.
    private static let beatCommitSpacing: Int64 = 1_000

    private func sinceBeatCommit(_ now: Instant) -> Int64 {
        lastBeatCommit.map { now.milliseconds(since: $0) } ?? .max
    }

    /// What of beats rides with a commit.
    mutating func addBeats(to batch: inout PersistBatch, at now: Instant) {
        guard sinceBeatCommit(now) >= SyncEngine.beatCommitSpacing else { return }
        batch.beats = unsavedBeats.sorted().compactMap { beats[$0] }
        batch.parts = unsavedParts.sorted().compactMap { parts[$0] }
        unsavedBeats = []
        unsavedParts = []
        lastBeatCommit = now
    }

    mutating func beatsReceived(_ frame: WireBeats, on id: SessionID, at now: Instant, into effects: inout [SyncEffect])
    {
        for signed in frame.beats { beatReceived(signed, on: id, at: now) }
        for signed in frame.parts { partReceived(signed, on: id, at: now) }
    }

    /// Keeps a beat that is newer than the one kept, by a node of the cluster, with its signature.
    mutating func beatReceived(_ signed: WireSignedBeat, on id: SessionID, at now: Instant) {
        guard signed.beat.count <= 128 * 1024, let wire = try? WireBeat(serializedBytes: signed.beat),
            let author = NodeID(wire.node), author != node, ClusterID(wire.cluster) == authority.cluster,
            authority.nodes[author] != nil
        else { return }
        let state = BeatState(wire)
        guard isNewer(state.incarnation, state.number, state.time, than: beats[author], at: now),
            cryptography.verify(
                Array(signed.signature),
                SyncEngine.beatMessage + Array(signed.beat),
                author.bytes
            )
        else { return }
        keep(
            KeptBeat(
                node: author,
                incarnation: state.incarnation,
                number: state.number,
                time: state.time,
                bytes: signed.canonicalBytes
            ),
            state,
            from: id
        )
    }

    mutating func partReceived(_ signed: WireSignedBeatPart, on id: SessionID, at now: Instant) {
        guard signed.part.count <= 512 * 1024, let wire = try? WireBeatPart(serializedBytes: signed.part),
            let author = NodeID(wire.node), author != node, ClusterID(wire.cluster) == authority.cluster,
            let audience = AudienceID(wire.audience)
        else { return }
        if audiences[audience] == nil { keepEarly(signed, of: audience, on: id) }
        guard mayHold(author, audience), mayHold(node, audience) else { return }
        let incarnation = Incarnation(raw: wire.incarnation)
        let time = Instant(milliseconds: Int64(clamping: wire.time))
        let kept = parts[BeatPartKey(node: author, audience: audience)].map {
            KeptBeat(node: author, incarnation: $0.incarnation, number: $0.number, time: $0.time, bytes: [])
        }
        guard isNewer(incarnation, wire.number, time, than: kept, at: now),
            cryptography.verify(
                Array(signed.signature),
                SyncEngine.partMessage + Array(signed.part),
                author.bytes
            )
        else { return }
        var positions: [LaneID: UInt64] = [:]
        for lane in wire.lanes {
            if let laneID = LaneID(lane.lane) { positions[laneID] = lane.seq }
        }
        keep(
            KeptBeatPart(
                node: author,
                incarnation: incarnation,
                number: wire.number,
                time: time,
                audience: audience,
                positions: positions,
                erases: wire.erases,
                unfinishedErasures: wire.unfinishedErasures,
                bytes: signed.canonicalBytes
            ),
            from: id
        )
    }

    /// Keeps a part that came between its audience's definition and the first delta of it, within a bound: the next
    /// beat says the same.
    private mutating func keepEarly(_ signed: WireSignedBeatPart, of audience: AudienceID, on id: SessionID) {
        guard let session = sessions[id], session.definition(of: audience) != nil,
            session.earlyParts.reduce(signed.part.count, { $0 + $1.part.count }) <= SyncEngine.relayByteLimit
        else { return }
        sessions[id]?.earlyParts.append(signed)
    }

    /// Takes the parts that waited for their audience.
    mutating func takeEarlyParts(of id: SessionID, at now: Instant) {
        let early = sessions[id]?.earlyParts ?? []
        sessions[id]?.earlyParts = []
        for signed in early { partReceived(signed, on: id, at: now) }
    }

    /// Within an incarnation the higher number is newer, between two the later time; a time a day ahead is no beat.
    private func isNewer(
        _ incarnation: Incarnation,
        _ number: UInt64,
        _ time: Instant,
        than kept: KeptBeat?,
        at now: Instant
    ) -> Bool {
        guard time.milliseconds(since: now) < ClockGuard.farFuture else { return false }
        guard let kept else { return true }
        return kept.incarnation == incarnation ? number > kept.number : time > kept.time
    }
}

extension KeptBeatPart {
    /// Takes back a part that was checked when it came; nil when its bytes do not read.
    package init?(
        node: NodeID,
        audience: AudienceID,
        incarnation: Incarnation,
        number: UInt64,
        time: Instant,
        signed bytes: [UInt8]
    ) {
        guard let signed = try? WireSignedBeatPart(serializedBytes: bytes),
            let wire = try? WireBeatPart(serializedBytes: signed.part)
        else { return nil }
        var positions: [LaneID: UInt64] = [:]
        for lane in wire.lanes {
            if let laneID = LaneID(lane.lane) { positions[laneID] = lane.seq }
        }
        self.init(
            node: node,
            incarnation: incarnation,
            number: number,
            time: time,
            audience: audience,
            positions: positions,
            erases: wire.erases,
            unfinishedErasures: wire.unfinishedErasures,
            bytes: bytes
        )
    }
}
