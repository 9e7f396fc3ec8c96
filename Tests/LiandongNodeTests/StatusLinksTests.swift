import LiandongSigning
import Testing

@testable import LiandongCore
@testable import LiandongReports

/// What becomes of the words of both ends of a link.
@Suite("The links of a status report") struct StatusLinksTests {
    typealias Link = StatusReport.Link

    private let now = Instant(milliseconds: 1_795_310_000_000)
    private let a: NodeID
    private let b: NodeID

    init() {
        let (first, second) = (NodeKeys.generate().nodeID, NodeKeys.generate().nodeID)
        (a, b) = (min(first, second), max(first, second))
    }

    private func says(
        _ author: NodeID,
        of peer: NodeID,
        isUp: Bool,
        isPaused: Bool = false,
        secondsAgo: Int64,
        startedSecondsAgo: Int64 = 3_600,
        place: UInt64 = 1
    ) -> Link.Telling {
        let since = now.advanced(byMilliseconds: -600_000)
        let link = BeatState.Link(peer: peer, isUp: isUp, since: since, isPaused: isPaused)
        let at = now.advanced(byMilliseconds: -secondsAgo * 1_000)
        let startedAt = now.advanced(byMilliseconds: -startedSecondsAgo * 1_000)
        return Link.Telling(author: author, place: PlaceID(raw: place), at: at, startedAt: startedAt, links: [link])
    }

    private func links(_ told: [Link.Telling]) -> [Link] { Link.all(told, AuthorityState(), at: now) }

    @Test("A link that both ends tell of is there once, by the newer word, in whatever order they come")
    func newer() {
        let told = [
            says(a, of: b, isUp: true, secondsAgo: 20), says(b, of: a, isUp: false, secondsAgo: 2),
        ]
        for order in [told, told.reversed()] {
            let found = links(order)
            #expect(found.map(\.state) == [.down] && found.map(\.toldBy) == ["\(b)"])
            #expect(found.map(\.upper) == ["\(a)"] && found.map(\.lower) == ["\(b)"] && found.map(\.kind) == [.sibling])
        }
    }

    @Test("A pause outweighs the newer word of the end that knows of a silence alone")
    func paused() {
        let told = [
            says(a, of: b, isUp: false, isPaused: true, secondsAgo: 25), says(b, of: a, isUp: false, secondsAgo: 1),
        ]
        for order in [told, told.reversed()] { #expect(links(order).map(\.state) == [.paused]) }
    }

    @Test(
        "A word is of no use once it is older than beats may be apart",
        arguments: [(45, StatusReport.Link.State.up), (46, .unknown)] as [(Int64, StatusReport.Link.State)]
    )
    func old(seconds: Int64, state: Link.State) {
        let told = [
            says(a, of: b, isUp: true, secondsAgo: seconds, place: 1),
            Link.Telling(author: b, place: PlaceID(raw: 2), at: now, startedAt: now, links: []),
        ]
        #expect(links(told).map(\.state) == [state] && links(told).map(\.kind) == [.lateral])
    }

    @Test(
        "A link that was never up in this run is down since the other end was last heard of",
        arguments: [(600, false, 7_200), (600, true, 600), (3_600, false, 600)] as [(Int64, Bool, Int64)]
    )
    func restarted(startedSecondsAgo: Int64, isUp: Bool, seconds: Int64) {
        let told = [
            says(a, of: b, isUp: isUp, secondsAgo: 0, startedSecondsAgo: startedSecondsAgo),
            says(b, of: a, isUp: true, secondsAgo: 7_200, startedSecondsAgo: 10_000),
        ]
        #expect(links(told).map(\.since) == [now.advanced(byMilliseconds: -seconds * 1_000).iso8601])
    }

    @Test("A link to a node that is not of the report, or to itself, is none")
    func nobody() {
        #expect(links([says(a, of: b, isUp: true, secondsAgo: 0)]).isEmpty)
        #expect(links([says(a, of: a, isUp: true, secondsAgo: 0)]).isEmpty)
    }
}
