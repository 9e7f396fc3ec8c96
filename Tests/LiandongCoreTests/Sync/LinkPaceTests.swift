import LiandongCore
import Testing

/// How much is sent ahead, over links that are only numbers.
@Suite struct LinkPaceTests {
    /// A link with a buffer that never overflows: what is sent waits its turn, is carried, and acknowledged.
    private struct Link {
        let bytesPerSecond: Int64
        /// There and back.
        let roundTrip: Int64
        var pace = LinkPace()
        private(set) var now = Instant(milliseconds: 1_700_000_000_000)
        private(set) var delivered = 0
        private var busyUntil = Instant(milliseconds: 1_700_000_000_000)
        private var underWay: [(lsn: LSN, byteCount: Int, back: Instant)] = []
        private var lsn: LSN = 0

        init(bytesPerSecond: Int64, roundTrip: Int64) {
            self.bytesPerSecond = bytesPerSecond
            self.roundTrip = roundTrip
        }

        /// How long something handed over now would wait for what is before it, in milliseconds.
        var queue: Int64 { max(0, busyUntil.milliseconds(since: now)) }

        /// Sends bulk as the pace allows for so long; tells the longest queue there was.
        mutating func run(seconds: Int64, frame: Int) -> Int64 {
            let end = now.advanced(byMilliseconds: seconds * 1_000)
            var longest: Int64 = 0
            while now < end {
                while pace.room(for: .bulk) > 0 {
                    lsn += 1
                    busyUntil = max(busyUntil, now)
                        .advanced(byMilliseconds: max(1, Int64(frame) * 1_000 / bytesPerSecond))
                    underWay.append((lsn, frame, busyUntil.advanced(byMilliseconds: roundTrip)))
                    pace.sent(.bulk, upTo: lsn, byteCount: frame, at: now)
                }
                longest = max(longest, queue)
                guard !underWay.isEmpty else { break }
                let next = underWay.removeFirst()
                now = max(now, next.back)
                delivered += next.byteCount
                pace.acknowledged(.bulk, upTo: next.lsn, at: now)
            }
            return longest
        }
    }

    @Test("A link of 64 kbit/s is kept busy, and what is urgent never waits longer than three seconds for it")
    func thin() {
        var link = Link(bytesPerSecond: 8_000, roundTrip: 200)
        #expect(link.run(seconds: 120, frame: 4_096) <= 3_000)
        #expect(link.delivered >= 120 * 8_000 * 85 / 100)
    }

    @Test("Where one delta is as much as a thin link carries in two seconds, one or two are on it at a time")
    func largeDeltas() {
        var link = Link(bytesPerSecond: 8_000, roundTrip: 200)
        #expect(link.run(seconds: 120, frame: 16 * 1_024) <= 4_100)
        #expect(link.delivered >= 120 * 8_000 * 85 / 100)
    }

    @Test(
        "A link that carries much is filled within seconds, however long the way",
        arguments: [(Int64(10_000_000), Int64(1)), (10_000_000, 60), (2_000_000, 600)]
    )
    func wide(bytesPerSecond: Int64, roundTrip: Int64) {
        var link = Link(bytesPerSecond: bytesPerSecond, roundTrip: roundTrip)
        _ = link.run(seconds: 10, frame: 16 * 1_024)
        let before = link.delivered
        _ = link.run(seconds: 10, frame: 16 * 1_024)
        let carried = min(bytesPerSecond, Int64(LinkPace.greatestWindow) * 1_000 / (roundTrip + 1))
        #expect(Int64(link.delivered - before) >= carried * 10 * 80 / 100)
    }

    @Test("Interactive has room while bulk has filled the window, and bulk has none while interactive has")
    func classes() {
        var pace = LinkPace()
        let now = Instant(milliseconds: 0)
        pace.sent(.bulk, upTo: 1, byteCount: LinkPace.firstWindow, at: now)
        #expect(pace.room(for: .bulk) == 0)
        #expect(pace.room(for: .interactive) == LinkPace.firstWindow)
        pace.sent(.interactive, upTo: 2, byteCount: LinkPace.firstWindow, at: now)
        pace.acknowledged(.bulk, upTo: 1, at: now.advanced(byMilliseconds: 10))
        #expect(pace.room(for: .interactive) == pace.window - LinkPace.firstWindow)
        #expect(pace.room(for: .bulk) == pace.window - LinkPace.firstWindow)
    }

    @Test("A window that was never filled does not grow: it has shown nothing of the link")
    func idle() {
        var pace = LinkPace()
        for lsn in 1...100 {
            let now = Instant(milliseconds: Int64(lsn) * 1_000)
            pace.sent(.interactive, upTo: LSN(lsn), byteCount: 300, at: now)
            pace.acknowledged(.interactive, upTo: LSN(lsn), at: now.advanced(byMilliseconds: 5))
        }
        #expect(pace.window == LinkPace.firstWindow)
        #expect(pace.bytesUnderWay == 0)
    }

    @Test("Acknowledgements that were never asked for, or come twice, change nothing")
    func strayAcknowledgements() {
        var pace = LinkPace()
        let now = Instant(milliseconds: 0)
        pace.acknowledged(.bulk, upTo: 9, at: now)
        pace.sent(.bulk, upTo: 20, byteCount: 100, at: now)
        pace.acknowledged(.bulk, upTo: 19, at: now)
        #expect(pace.bytesUnderWay == 100)
        pace.acknowledged(.bulk, upTo: 20, at: now)
        pace.acknowledged(.bulk, upTo: 20, at: now)
        #expect(pace.bytesUnderWay == 0)
    }

    @Test("Beats take a twentieth of what a busy link was seen to carry; of a link that shows nothing no part")
    func beats() {
        var link = Link(bytesPerSecond: 8_000, roundTrip: 200)
        #expect(link.pace.beatAllowance(at: link.now) == nil)
        var sent = 0
        for _ in 0..<120 {
            _ = link.run(seconds: 1, frame: 4_096)
            if let room = link.pace.beatAllowance(at: link.now), room > 0 {
                link.pace.beatsSent(350)
                sent += 350
            }
        }
        let seconds = Int(link.now.milliseconds(since: Instant(milliseconds: 1_700_000_000_000)) / 1_000)
        #expect(sent <= seconds * 8_000 / 20 + 5_000)
        #expect(sent >= seconds * 8_000 / 20 / 2)
        #expect(link.pace.beatAllowance(at: link.now.advanced(byMilliseconds: 60_000)) == nil)
    }
}
