import LiandongCore
import Testing

@Suite("Hybrid logical clock")
struct HLCTests {
    @Test("Stamps grow while the wall clock stands still or goes back")
    func monotonic() {
        var clock = HybridClock()
        var last = HLC(raw: 0)
        for milliseconds in [1_000, 1_000, 900, 1_001, 0] as [Int64] {
            let stamp = clock.tick(at: Instant(milliseconds: milliseconds))
            #expect(stamp > last)
            last = stamp
        }
    }

    @Test("A counter that overflows carries into the milliseconds")
    func overflow() {
        let stamp = HLC(milliseconds: 5, counter: .max)
        #expect(stamp.successor == HLC(milliseconds: 6, counter: 0))
    }

    @Test("Remote time moves the clock at most a minute past the wall", arguments: [59_999, 60_000, 60_001, 9_000_000])
    func remote(lead: Int64) {
        var clock = HybridClock()
        clock.observe(HLC(milliseconds: 1_000 + lead), at: Instant(milliseconds: 1_000))
        #expect(clock.last.milliseconds == 1_000 + min(lead, 60_000))
    }

    @Test("Guards: what is how far ahead is merged, waits, or is held for a day")
    func guards() {
        let now = Instant(milliseconds: 1_000_000)
        func verdict(_ lead: Int64, _ rule: CellRule, creation: Bool = false) -> ClockGuard.Verdict {
            ClockGuard.verdict(
                stamp: HLC(milliseconds: now.milliseconds + lead),
                rule: rule,
                isCreation: creation,
                at: now
            )
        }
        #expect(verdict(120_000, .register) == .merge)
        #expect(verdict(120_001, .register) == .wait(.notDue, until: HLC(milliseconds: 1_000_001)))
        #expect(verdict(120_001, .log) == .merge)
        #expect(verdict(120_001, .register, creation: true) == .merge)
        #expect(verdict(86_400_001, .log) == .wait(.farFuture, until: HLC(milliseconds: 1_000_001)))
    }

    @Test("Extreme wall clocks do not trap", arguments: [Int64.min, -1, 0, .max])
    func extremes(milliseconds: Int64) {
        var clock = HybridClock()
        _ = clock.tick(at: Instant(milliseconds: milliseconds))
        clock.observe(HLC(raw: .max), at: Instant(milliseconds: milliseconds))
        _ = clock.tick(at: Instant(milliseconds: milliseconds))
    }
}
