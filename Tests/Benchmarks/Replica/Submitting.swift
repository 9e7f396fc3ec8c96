import Foundation
import LiandongCore
import LiandongDomain
import LiandongNode
import LiandongSigning
import LiandongStore

/// Work orders handed in within the process, by so many callers at once, each waiting for its own to be durable.
enum Submitting {
    /// - Returns: how many seconds it took.
    static func run(_ folder: String, callers: Int, count: Int) async throws -> Double {
        try await Replicas.with([folder]) { stores in
            let store = stores[0]
            let node = try NodeFolder(folder).loadKeys().nodeID
            guard let place = store.authority.place(of: node) else { throw BenchError("\(folder) is not enrolled") }
            let actor = Actor(node: node, place: place, name: "bench", role: "clerk")
            let began = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<callers {
                    group.addTask {
                        for index in stride(from: caller, to: count, by: callers) {
                            _ = try await store.commit(order(index), as: actor)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let spent = ContinuousClock.now - began
            return Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18
        }
    }

    /// Eleven fields: what opened it, service, description, address, location, number, contact, media, attributes and
    /// the two events that submitting writes.
    private static func order(_ index: Int) -> SubmitWorkOrder {
        SubmitWorkOrder(
            service: "0303",
            description: "包公路 \(index) 号门前路灯不亮，已经第 \(index % 9 + 2) 天",
            address: "包公路 \(index) 号",
            location: GeoPoint(latitude: 23.05 + Double(index % 1_000) * 1e-5, longitude: 112.46),
            channel: "counter",
            contact: Contact(name: "王秀英", phone: "1380000\(1_000 + index % 9_000)"),
            media: ["https://example.org/photo/\(index).jpg"]
        )
    }
}
