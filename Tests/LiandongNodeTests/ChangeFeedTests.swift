import LiandongCore
import LiandongStore
import Testing

@testable import LiandongNode

@Suite("Change feed", .timeLimit(.minutes(1)))
struct ChangeFeedTests {
    private let feed = ChangeFeed()

    private func record(_ number: Int) throws -> RecordID {
        try #require(RecordID([UInt8](repeating: 0, count: 14) + [UInt8(number / 256), UInt8(number % 256)]))
    }

    @Test("Everyone hears each record once, in order, from when they began to listen")
    func order() async throws {
        let (a, b) = (try record(1), try record(2))
        let first = try #require(feed.listen(by: "anna"))
        feed.put(RecordChanges([a, b, a]))
        let second = try #require(feed.listen(by: "anna"))
        feed.put(RecordChanges([a]))
        #expect(await first.next(within: .seconds(60)) == .init(records: [a, b], isOverrun: false))
        #expect(await second.next(within: .seconds(60)) == .init(records: [a], isOverrun: false))
        #expect(await first.next(within: .zero) == .init(records: [], isOverrun: false), "and not again")
    }

    @Test("The places that an order has left are told with it, all of them since the last time")
    func left() async throws {
        let place = try #require(feed.listen(by: "anna"))
        let order = try record(1)
        for number in [3, 4] as [UInt64] {
            var changes = RecordChanges([order])
            changes.left = [order: [PlaceID(raw: number)]]
            feed.put(changes)
        }
        let batch = try #require(await place.next(within: .seconds(60)))
        #expect(batch.records == [order] && batch.left == [order: [PlaceID(raw: 3), PlaceID(raw: 4)]])
        feed.put(RecordChanges([order]))
        #expect(await place.next(within: .seconds(60))?.left == [:])
    }

    @Test("Who waits is woken by a change, by the end of patience, and by the node's stop")
    func waking() async throws {
        let place = try #require(feed.listen(by: "anna"))
        let changed = try record(1)
        async let heard = place.next(within: .seconds(60))
        feed.put(RecordChanges([changed]))
        #expect(await heard == .init(records: [changed], isOverrun: false))
        #expect(await place.next(within: .milliseconds(1)) == .init(records: [], isOverrun: false))
        async let last = place.next(within: .seconds(60))
        feed.close()
        #expect(await last == nil)
        #expect(feed.listen(by: "anna") == nil)
    }

    @Test("Who falls behind keeps nobody waiting: they are told that more changed, and go on from there")
    func overrun() async throws {
        let place = try #require(feed.listen(by: "anna"))
        for number in 0..<ChangeFeed.room { feed.put(RecordChanges([try record(number)])) }
        #expect(await place.next(within: .zero)?.records.count == ChangeFeed.room, "what fits is told")
        for number in 0...ChangeFeed.room { feed.put(RecordChanges([try record(number)])) }
        feed.put(RecordChanges([try record(0)]))
        #expect(await place.next(within: .zero) == .init(records: [], isOverrun: true))
        feed.put(RecordChanges([try record(7)]))
        #expect(await place.next(within: .zero) == .init(records: [try record(7)], isOverrun: false))
    }

    @Test("There is room for so many, of one account for fewer; a place let go of is free again")
    func places() throws {
        var places = (0..<ChangeFeed.listenersOfAccount).compactMap { _ in feed.listen(by: "anna") }
        #expect(places.count == ChangeFeed.listenersOfAccount)
        #expect(feed.listen(by: "anna") == nil)
        places.removeLast()
        let again = feed.listen(by: "anna")
        #expect(again != nil)
        var others: [ChangeFeed.Place] = []
        for number in 0..<ChangeFeed.listenerLimit {
            if let place = feed.listen(by: "account \(number)") { others.append(place) }
        }
        #expect(others.count == ChangeFeed.listenerLimit - ChangeFeed.listenersOfAccount)
        #expect(!places.isEmpty)
    }
}
