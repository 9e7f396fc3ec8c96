/// Events in the order of their time, then of their making: a binary heap.
struct Schedule<Event> {
    private var heap: [Item] = []
    private var made: UInt64 = 0

    private struct Item {
        let at: Int64
        let number: UInt64
        let event: Event

        func precedes(_ other: Item) -> Bool { (at, number) < (other.at, other.number) }
    }

    mutating func add(_ event: Event, at: Int64) {
        heap.append(Item(at: at, number: made, event: event))
        made += 1
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The next event, unless it comes after an end.
    mutating func next(until end: Int64) -> (at: Int64, event: Event)? {
        guard let first = heap.first, first.at <= end else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].precedes(heap[least]) { least = child }
            }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.at, first.event)
    }
}
