import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import LiandongWeb
import Logging
import Synchronization
import Testing

@testable import LiandongNode

/// A community's store in a folder of its own, with its desk for devices and a clock that a test turns.
struct DeskSite: Sendable {
    static let community = PlaceID(raw: 3)
    static let start = Instant(milliseconds: 1_790_000_000_000)

    /// Milliseconds after the start.
    final class Clock: Sendable {
        private let elapsed = Mutex<Int64>(0)
        var now: Instant { DeskSite.start.advanced(byMilliseconds: elapsed.withLock { $0 }) }
        func advance(seconds: Int64) { elapsed.withLock { $0 += seconds * 1_000 } }
    }

    let folder: URL
    let store: ReplicaStore
    let desk: IngestDesk
    let clock = Clock()
    let actor: Actor

    static func with(
        _ change: (inout StoreConfiguration) -> Void = { _ in },
        _ body: (DeskSite) async throws -> Void
    ) async throws {
        let site = try await DeskSite(change)
        defer { try? FileManager.default.removeItem(at: site.folder) }
        try await body(site)
        try await site.store.close()
    }

    private init(_ change: (inout StoreConfiguration) -> Void) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("desk-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (keys, root, district, clock) = (NodeKeys.generate(), SigningKey.generate(), SigningKey.generate(), clock)
        var configuration = DeskSite.configuration(named: "replica", in: folder, keys, clock)
        change(&configuration)
        store = try ReplicaStore(configuration)
        let top = Place(id: PlaceID(raw: 1), tier: .district, parent: nil, code: "441202000000", name: "端州区")
        let street = Place(id: PlaceID(raw: 2), tier: .street, parent: top.id, code: "441202001000", name: "城东街道")
        let own = Place(id: Self.community, tier: .community, parent: street.id, code: "441202001001", name: "东一社区")
        let signer = try #require(NodeID(district.signer.publicKey))
        let enrolment = Enrolment(
            node: keys.nodeID,
            sealingKey: keys.sealingKey,
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
        actor = Actor(node: keys.nodeID, place: own.id)
        desk = IngestDesk(
            store: store,
            nodeID: keys.nodeID,
            readingDays: 35,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            now: { clock.now }
        )
    }

    private static func configuration(
        named name: String,
        in folder: URL,
        _ keys: NodeKeys,
        _ clock: Clock
    ) -> StoreConfiguration {
        StoreConfiguration(
            database: folder.appendingPathComponent("\(name).sqlite"),
            anchor: folder.appendingPathComponent("\(name).anchor"),
            node: keys.nodeID,
            signer: keys.signer,
            cryptography: .sodium,
            purposes: { _ in .none },
            now: { clock.now },
            random: { secureRandomBytes($0) }
        )
    }

    /// Of one more store, of a node that nobody knows.
    func configuration(named name: String) -> StoreConfiguration {
        DeskSite.configuration(named: name, in: folder, .generate(), clock)
    }

    /// A registered device, and the token that speaks for it.
    func device(_ kind: DeviceKind, code: String = "S1") async throws -> (record: RecordID, token: String) {
        let record = try await store.commit(RegisterDevice(code: code, kind: kind), as: actor).record
        return (record, try await desk.makeToken(for: record, replacing: false))
    }

    @discardableResult
    func send(
        _ text: String,
        _ token: String,
        key: LiandongWeb.IdempotencyKey? = nil
    ) async throws -> DeviceReceipt {
        let delivery = DeviceDelivery(
            token: token,
            bytes: Array(text.utf8),
            format: "application/json",
            idempotency: key
        )
        return try await desk.take(delivery)
    }

    func quarantined() async throws -> [QuarantinedMessage] { try await store.read { try $0.quarantinedMessages() } }

    func alarms() async throws -> [DeviceAlarm] {
        try await store.read { reader in try reader.alarms(.init()).compactMap { try reader.alarm($0) } }
    }

    /// All that was acknowledged lies in the days' files.
    func readingCount() async throws -> Int {
        while try await store.drainJournal() > 0 {}
        return try await store.readingCount()
    }
}
