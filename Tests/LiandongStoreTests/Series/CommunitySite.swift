import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import Testing

@testable import LiandongStore

/// The folder and store of a community's node, with devices; its district is on paper only.
struct CommunitySite: Sendable {
    static let community = PlaceID(raw: 3)
    let site: Site
    private let district = SigningKey.generate()

    init() throws { self.site = try Site(tier: .street) }

    func remove() { site.remove() }

    var actor: Actor { Actor(node: site.node, place: Self.community) }

    func found(_ change: (inout StoreConfiguration) -> Void = { _ in }) async throws -> ReplicaStore {
        let store = try open(change)
        let root = site.root
        let top = Place(id: PlaceID(raw: 1), tier: .district, parent: nil, code: "441202000000", name: "端州区")
        let street = Place(id: PlaceID(raw: 2), tier: .street, parent: top.id, code: "441202001000", name: "城东街道")
        let own = Place(id: Self.community, tier: .community, parent: street.id, code: "441202001001", name: "东一社区")
        let signer = try #require(NodeID(district.signer.publicKey))
        let enrolment = Enrolment(
            node: site.node,
            sealingKey: site.keys.sealingKey,
            place: own.id,
            name: "node",
            ordinal: 1,
            addresses: []
        )
        _ = try await store.appendAuthority(by: district.signer, root: root.signer) { _ in
            [
                .genesis(root: root.publicKey, signer: signer, district: top), .place(street), .place(own),
                .enrol(enrolment, invite: nil),
            ]
        }
        return store
    }

    func open(_ change: (inout StoreConfiguration) -> Void = { _ in }) throws -> ReplicaStore {
        var configuration = site.configuration
        change(&configuration)
        return try ReplicaStore(configuration)
    }

    func device(_ store: ReplicaStore, _ code: String = "S1", reported: [String] = []) async throws -> RecordID {
        try await store.commit(RegisterDevice(code: code, kind: .smoke, .init(reported: reported)), as: actor).record
    }

    /// Readings with the numbers given as their values, at one time.
    func batch(_ device: RecordID, _ values: [Int], at: Instant) -> ReadingBatch {
        ReadingBatch(
            device: device,
            receivedAt: at,
            readings: values.map { .init(series: "n", at: at, quality: .device, value: .number(Double($0))) }
        )
    }

    /// Takes in what a sequence of its own kind says: known numbers are left out.
    ///
    /// The state is the last number, in 8 bytes.
    func take(
        _ store: ReplicaStore,
        _ device: RecordID,
        number: UInt64,
        at: Instant,
        raises: Bool = false,
        isUrgent: Bool = false,
        key: IdempotencyKey? = nil
    ) async throws -> Int {
        try await store.ingest(as: actor, isUrgent: isUrgent, idempotencyKey: key) { scope in
            let last = try scope.reader.deviceState(device).flatMap { UInt64(bigEndianBytes: $0) } ?? 0
            guard number > last else { return IngestEffects(receipt: 0) }
            var effects = IngestEffects(receipt: 1)
            effects.states = [.init(device: device, bytes: number.bigEndianBytes, due: nil)]
            effects.batches = [batch(device, [Int(number)], at: at)]
            guard raises else { return effects }
            let signal = AlarmSignal(
                device: device,
                type: "fire",
                .raised,
                firstInput: number.bigEndianBytes,
                input: number.bigEndianBytes,
                at: at,
                receivedAt: at,
                quality: .device,
                series: "smoke",
                value: "true",
                severity: .life,
                service: "0701"
            )
            effects.drafts = try SignalAlarms([signal]).plan(scope.reader, scope.context).drafts
            return effects
        }
    }
}
