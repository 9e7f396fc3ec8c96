import LiandongCore
import LiandongIngest
import Testing

@Suite("Sequences")
struct SequenceTests {
    func note(_ log: inout SequenceLog, _ number: UInt64, boot: String = "a", at: Int64? = nil) -> SequenceLog.Verdict {
        log.note(.init(boot: boot, number: number), at: at.map(Instant.init(milliseconds:))).verdict
    }

    @Test("In whatever order numbers come, each is new once", arguments: 1...10)
    func once(seed: UInt64) {
        var state = seed
        var numbers = Array(UInt64(0)..<60) + Array(UInt64(0)..<60)
        for index in numbers.indices.reversed() {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            numbers.swapAt(index, Int((state >> 33) % UInt64(index + 1)))
        }
        var log = SequenceLog()
        var new: Set<UInt64> = []
        for number in numbers {
            let verdict = note(&log, number)
            #expect(verdict == (new.insert(number).inserted ? .new : .duplicate))
        }
        #expect(log.missing == 0 && log.latest == 59 && log.resets == 0)
    }

    @Test("Gaps are counted, and filled when what lacked comes")
    func gaps() {
        var log = SequenceLog()
        for number in [1, 2, 5, 9] as [UInt64] { #expect(note(&log, number) == .new) }
        #expect(log.missing == 5)
        #expect(note(&log, 4) == .new)
        #expect(note(&log, 3) == .new)
        #expect(log.missing == 3)
        #expect(note(&log, 3) == .duplicate)
    }

    @Test("A new boot begins anew; what is sent again of the one before is still known")
    func boots() {
        var log = SequenceLog()
        #expect(note(&log, 1, boot: "a") == .new)
        #expect(note(&log, 1, boot: "b") == .new)
        #expect(note(&log, 1, boot: "a") == .duplicate)
        #expect(log.resets == 1)
    }

    @Test("Without boots a smaller number at a later time is another run, at its own time the same")
    func times() {
        var log = SequenceLog()
        #expect(note(&log, 1, boot: "", at: 100) == .new)
        #expect(note(&log, 2, boot: "", at: 200) == .new)
        #expect(note(&log, 1, boot: "", at: 100) == .duplicate)
        #expect(note(&log, 1, boot: "", at: 300) == .new)
        #expect(log.resets == 1)
        #expect(note(&log, 1, boot: "", at: 300) == .duplicate)
        #expect(note(&log, 2, boot: "", at: 200) == .duplicate, "of the run before")
        #expect(note(&log, 2, boot: "", at: 400) == .new)
    }

    @Test("Without boots, a restart with a clock behind is no copy", arguments: [Int64(951_001), 970_000, 999_999, 5])
    func clockBehind(at: Int64) {
        var log = SequenceLog()
        for number in 1...50 as ClosedRange<UInt64> {
            #expect(note(&log, number, boot: "", at: 950_000 + Int64(number) * 1_000) == .new)
        }
        for number in 1...10 as ClosedRange<UInt64> {
            #expect(note(&log, number, boot: "", at: at + Int64(number - 1) * 900) == .new)
        }
        #expect(log.resets == 1)
        for number in 1...10 as ClosedRange<UInt64> {
            #expect(note(&log, number, boot: "", at: at + Int64(number - 1) * 900) == .duplicate)
        }
        // Where both runs were at the same number at the same time, it counts as new.
        guard at != 951_001 else { return }
        for number in 11...50 as ClosedRange<UInt64> {
            let sent = 950_000 + Int64(number) * 1_000
            #expect(note(&log, number, boot: "", at: sent) == .duplicate, "of the run before")
        }
    }

    @Test("A first number that was lost does not make copies of a restart's")
    func firstLost() {
        var log = SequenceLog()
        for number in 0...500 as ClosedRange<UInt64> {
            #expect(note(&log, number, boot: "", at: 1_000_000 + Int64(number) * 1_000) == .new)
        }
        for number in 1...20 as ClosedRange<UInt64> {
            #expect(note(&log, number, boot: "", at: 1_400_000 + Int64(number) * 1_000) == .new)
        }
    }

    @Test("A clock that is set back within a run makes nothing twice")
    func setBack() {
        var log = SequenceLog()
        var sent: [(UInt64, Int64)] = []
        for number in 1...30 as ClosedRange<UInt64> {
            sent.append((number, 2_000_000 + Int64(number) * 1_000 - (number > 20 ? 60_000 : 0)))
        }
        for (number, at) in sent { #expect(note(&log, number, boot: "", at: at) == .new) }
        for (number, at) in sent.suffix(5) { #expect(note(&log, number, boot: "", at: at) == .duplicate) }
        #expect(log.resets == 0)
    }

    @Test("Of what lies behind too many gaps nobody says that it is new, nor that it came")
    func tooOld() {
        var log = SequenceLog()
        for index in 0..<100 as Range<UInt64> { #expect(note(&log, index * 2) == .new) }
        #expect(note(&log, 1) == .tooOld)
        #expect(note(&log, 197) == .new)
    }
}
