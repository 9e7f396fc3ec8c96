import LiandongCore
import LiandongDomain
import LiandongStore
import Synchronization
import Testing

/// What is told of a transaction to those who follow the store.
@Suite("What changed")
final class RecordChangesTests: Sendable {
    private let told = Mutex<[RecordChanges]>([])

    /// What was told since this was asked last.
    private func news() -> [RecordChanges] {
        told.withLock { told in
            defer { told = [] }
            return told
        }
    }

    private func follow(_ store: ReplicaStore) {
        _ = news()
        store.onEvent { [self] event in
            if case .changed(let changes) = event { told.withLock { $0.append(changes) } }
        }
    }

    @Test("An order that is offered and not any more has left the place that it was offered to")
    func left() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        follow(store)
        let street = PlaceID(raw: 2)
        let submit = SubmitWorkOrder(service: "0101", description: "path blocked", channel: "test")
        let order = try await store.commit(submit, as: site.actor)
        func act(_ action: ActOnWorkOrder.Action) async throws -> [RecordID: [PlaceID]] {
            _ = news()
            _ = try await store.commit(ActOnWorkOrder(.number(order.number), action, text: "again"), as: site.actor)
            let changes = news()
            #expect(changes.map(\.records) == [[order.record]])
            return try #require(changes.first).left
        }
        #expect(news().map(\.left) == [[:]])
        #expect(try await act(.accept) == [:])
        #expect(try await act(.offer(to: street)) == [:])
        #expect(try await act(.note) == [:])
        #expect(try await act(.withdraw(to: street)) == [order.record: [street]])
        #expect(try await act(.note) == [:])
        try await store.close()
    }

    @Test("Devices and their rules are told apart from all else")
    func devices() async throws {
        let site = try CommunitySite()
        defer { site.remove() }
        let store = try await site.found()
        follow(store)
        let before = store.statistics.deviceChanges
        let submit = SubmitWorkOrder(service: "0101", description: "path blocked", channel: "test")
        _ = try await store.commit(submit, as: site.actor)
        #expect(news().map(\.hasDevices) == [false] && store.statistics.deviceChanges == before)
        let device = try await site.device(store)
        #expect(news().map(\.hasDevices) == [true])
        _ = try await store.commit(BlockDevice(.record(device), isBlocked: true, reason: "test"), as: site.actor)
        #expect(news().map(\.hasDevices) == [true])
        let rules = DeviceRules.builtIn(.smoke)
        let set = SetDeviceRules(.smoke, at: CommunitySite.community, rules: rules.rules, silentAfterSeconds: 7_200)
        _ = try await store.commit(set, as: site.actor)
        #expect(news().map(\.hasDevices) == [true] && store.statistics.deviceChanges == before + 3)
        try await store.close()
    }
}
