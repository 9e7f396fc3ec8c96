/// How much may be on its way to a peer: as much as its link carries in about a second, by what its acknowledgements show.
///
/// Credit bounds what a peer has to keep; it says nothing of the link. On one of 64 kbit/s a megabyte of bulk would lie
/// two minutes in the buffers of sockets and routers, with everything that is urgent behind it. So deltas stay in the
/// store, where interactive goes before bulk, until what was sent before has been acknowledged.
///
/// The window follows the delay of acknowledgements above the least one seen (as LEDBAT does, RFC 6817): it doubles in
/// a round trip while they come promptly, and shrinks to what the delay allows when they come late.
package struct LinkPace: Sendable {
    /// The bounds of the window, and where it begins: two seconds of a link of 64 kbit/s.
    package static let leastWindow = 4 * 1024
    package static let firstWindow = 16 * 1024
    package static let greatestWindow = 4 << 20
    /// How much longer than the least an acknowledgement may take, in milliseconds.
    static let patience: Int64 = 1_000
    /// The least delay is at most this much, in milliseconds: a link on which only whole deltas were ever seen would
    /// seem slow to answer where it is only thin.
    static let leastDelayLimit: Int64 = 1_000
    /// What is measured with fewer bytes under way says more of the way's length than of its width.
    static let measurableByteCount = 8 * 1024
    /// A measurement counts for so long, in milliseconds.
    static let rateLifetime: Int64 = 60_000
    /// The part of a link that beats may take.
    static let beatShare: Int64 = 20

    /// What has frames on the way, each flow with an order of its own that its acknowledgements follow.
    package enum Flow: Hashable, Sendable, CaseIterable {
        case interactive, bulk
        /// Deltas that a pass found the peer to lack.
        case repairs
        /// Pages of a snapshot.
        case pages

        package init(_ deltaClass: DeltaClass) {
            switch deltaClass {
            case .interactive: self = .interactive
            case .bulk: self = .bulk
            }
        }
    }

    /// One frame on its way.
    private struct Flight: Sendable {
        let number: Int64
        let byteCount: Int
        /// What was under way when it was sent, itself included.
        let underWay: Int
        var sentAt: Instant
    }

    /// Bytes that may be sent and not acknowledged; the delta, or the record, that fills it may go beyond.
    package private(set) var window = LinkPace.firstWindow
    /// What the link carried when it was last measured, in bytes a second.
    package private(set) var rate: Int64?
    private var measuredAt: Instant?
    private var leastDelay = LinkPace.leastDelayLimit
    private var flights: [Flow: [Flight]] = [:]
    private var underWay: [Flow: Int] = [:]
    /// Whether the window was full since the last acknowledgement: else it says nothing of the link.
    private var wasFull = false
    /// Flights sent before this were in the queue that the window was last shrunk for.
    private var shrunkAt: Instant?
    private var beatBudget: Int64 = 0
    private var beatBudgetAt: Instant?

    package init() {}

    /// Bytes sent and not acknowledged.
    package var bytesUnderWay: Int { underWay.values.reduce(0, +) }

    /// How many bytes of a flow may be sent now.
    ///
    /// What is interactive waits for nothing else. Deltas do not wait for pages, which the peer may have no more use for.
    package func room(for flow: Flow) -> Int {
        let waitsFor: [Flow] =
            switch flow {
            case .interactive: [.interactive]
            case .bulk, .repairs: [.interactive, .bulk, .repairs]
            case .pages: Flow.allCases
            }
        return max(0, window - waitsFor.reduce(0) { $0 + underWay[$1, default: 0] })
    }

    /// A frame was handed to the transport.
    ///
    /// - Parameter number: greater than the ones before in its flow; of a stream, the LSN of the frame's last delta.
    package mutating func sent(_ flow: Flow, upTo number: Int64, byteCount: Int, at now: Instant) {
        underWay[flow, default: 0] += byteCount
        let total = bytesUnderWay
        flights[flow, default: []].append(
            Flight(number: number, byteCount: byteCount, underWay: total, sentAt: now)
        )
        if total >= window { wasFull = true }
    }

    /// The peer has committed everything of a flow up to a number.
    package mutating func acknowledged(_ flow: Flow, upTo number: Int64, at now: Instant) {
        let count = flights[flow, default: []].prefix { $0.number <= number }.count
        guard count > 0, let newest = flights[flow]?[count - 1] else { return }
        let byteCount = flights[flow]?.prefix(count).reduce(0) { $0 + $1.byteCount } ?? 0
        flights[flow]?.removeFirst(count)
        underWay[flow, default: 0] -= byteCount
        let delay = max(1, now.milliseconds(since: newest.sentAt))
        leastDelay = min(leastDelay, delay)
        measure(newest, delay: delay, at: now)
        adjust(after: newest, acknowledged: byteCount, delay: delay, at: now)
    }

    /// A flow begins elsewhere: what was under way is not acknowledged any more.
    package mutating func forget(_ flow: Flow) {
        flights[flow] = nil
        underWay[flow] = nil
    }

    private mutating func measure(_ flight: Flight, delay: Int64, at now: Instant) {
        guard flight.underWay >= LinkPace.measurableByteCount else { return }
        let sample = Int64(flight.underWay) * 1_000 / delay
        rate = rate.map { ($0 * 3 + sample) / 4 } ?? sample
        measuredAt = now
    }

    private mutating func adjust(after flight: Flight, acknowledged byteCount: Int, delay: Int64, at now: Instant) {
        let queueing = delay - leastDelay
        if queueing > LinkPace.patience {
            guard shrunkAt.map({ flight.sentAt >= $0 }) ?? true else { return }
            let fitting = Int64(window) * (leastDelay + LinkPace.patience) / delay
            window = max(LinkPace.leastWindow, Int(clamping: fitting))
            shrunkAt = now
        } else if queueing <= LinkPace.patience / 2, wasFull {
            window = min(LinkPace.greatestWindow, window + byteCount)
        }
        wasFull = bytesUnderWay >= window
    }

    /// No moment is left in the future.
    mutating func clockWentBack(to now: Instant) {
        for flow in Flow.allCases {
            for index in flights[flow]?.indices ?? 0..<0 {
                let sentAt = flights[flow]?[index].sentAt ?? now
                flights[flow]?[index].sentAt = min(sentAt, now)
            }
        }
        measuredAt = measuredAt.map { min($0, now) }
        shrunkAt = shrunkAt.map { min($0, now) }
        beatBudgetAt = beatBudgetAt.map { min($0, now) }
    }

    // MARK: Beats

    /// How many bytes of beats may be sent now; at least one beat when it is above 0.
    ///
    /// Nil while nothing is known of the link: then it is not busy either.
    package mutating func beatAllowance(at now: Instant) -> Int? {
        guard let rate, let measuredAt, now.milliseconds(since: measuredAt) < LinkPace.rateLifetime else {
            beatBudgetAt = nil
            return nil
        }
        let elapsed = beatBudgetAt.map { max(0, min(now.milliseconds(since: $0), 5_000)) } ?? 1_000
        // Fractions of a byte a step would be lost: on a link that thin the step is taken later.
        let earned = rate * elapsed / (LinkPace.beatShare * 1_000)
        if earned > 0 {
            beatBudget = min(beatBudget + earned, rate * 5 / LinkPace.beatShare)
            beatBudgetAt = now
        }
        return Int(clamping: beatBudget)
    }

    package mutating func beatsSent(_ byteCount: Int) { beatBudget -= Int64(byteCount) }
}
