import LiandongCore
import LiandongDomain
import LiandongStore
import LiandongWeb
import Synchronization

// What changes, for those who may read it.
extension NodeCases {
    func listen(to kinds: Set<Change.Kind>, in scope: PlaceID, by account: String) throws -> any ChangeListener {
        guard let place = node.changes.listen(by: account) else {
            throw ServiceDeskError.busy("too many listen at the moment", retryAfterSeconds: 30)
        }
        return NodeListener(cases: self, place: place, kinds: kinds, scope: scope)
    }

    /// What records are called that are of these kinds and a matter of the scope, or were one before the change.
    fileprivate func changes(
        _ batch: ChangeFeed.Batch,
        _ kinds: Set<Change.Kind>,
        in scope: PlaceID
    ) async throws -> [Change] {
        try await node.store.read { reader in
            try batch.records.compactMap { record -> Change? in
                switch try reader.listed(record) {
                case .workOrder(let number)? where kinds.contains(.order):
                    let hasLeft = batch.left[record, default: []].contains { isWithin($0, scope) }
                    guard try hasLeft || isSeen(order: record, in: scope, reader) else { return nil }
                    return Change(.order, number)
                case .registration(let community)? where kinds.contains(.resident):
                    return reader.authority.isWithin(community, scope) ? Change(.resident, "\(record)") : nil
                case .consultation? where kinds.contains(.consultation): return Change(.consultation, "\(record)")
                case .notice? where kinds.contains(.notice): return Change(.notice, "\(record)")
                case .device(let community)? where kinds.contains(.device):
                    return isWithin(community, scope) ? Change(.device, "\(record)") : nil
                case .alarm(let community)? where kinds.contains(.alarm):
                    return isWithin(community, scope) ? Change(.alarm, "\(record)") : nil
                case .workOrder, .registration, .consultation, .device, .alarm, .notice, nil: return nil
                }
            }
        }
    }

    /// Folds an order only where the scope is less than all that this node holds.
    private func isSeen(order record: RecordID, in scope: PlaceID, _ reader: StoreReader) throws -> Bool {
        guard !seesAll(scope) else { return true }
        return try reader.workOrder(record).map { concerns($0, scope) } ?? false
    }
}

/// One who listens, told at once, and then four times a second at most: what changes again and again is told once.
private final class NodeListener: ChangeListener {
    private static let pace = Duration.milliseconds(250)

    private let cases: NodeCases
    private let place: ChangeFeed.Place
    private let kinds: Set<Change.Kind>
    private let scope: PlaceID
    /// When something was told last.
    private let toldAt = Mutex<ContinuousClock.Instant?>(nil)

    init(cases: NodeCases, place: ChangeFeed.Place, kinds: Set<Change.Kind>, scope: PlaceID) {
        self.cases = cases
        self.place = place
        self.kinds = kinds
        self.scope = scope
    }

    func next(within limit: Duration) async throws -> ChangeNews? {
        if let toldAt = toldAt.withLock({ $0 }) {
            try await Task.sleep(until: toldAt.advanced(by: NodeListener.pace), clock: .continuous)
        }
        guard let batch = await place.next(within: limit) else { return nil }
        toldAt.withLock { $0 = .now }
        if batch.isOverrun { return .resync }
        guard !batch.records.isEmpty else { return .quiet }
        return .changed(try await cases.changes(batch, kinds, in: scope))
    }
}
