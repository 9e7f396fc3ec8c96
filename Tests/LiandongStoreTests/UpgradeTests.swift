import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Synchronization
import Testing

/// A file written by a build one schema back, opened by this one.
@Suite("A store one schema behind")
struct UpgradeTests {
    /// What the build before did not know.
    enum Unknown: CaseIterable { case fields, kind }

    /// Knows nothing of work orders, or neither their descriptions nor their events.
    private func older(_ unknown: Unknown) -> Schema {
        let missing = [WorkOrderField.description, WorkOrderField.events, WorkOrderField.eventTexts]
        let fields = LiandongSchema.current.fields.filter { field, _ in
            switch unknown {
            case .fields: !missing.contains(field)
            case .kind: field.kind != WorkOrderField.creation.kind
            }
        }
        // Of another version, but not of one from which everything is folded anew.
        return Schema(version: LiandongSchema.current.version + 1, fields: fields, acceptableForOthers: [])
    }

    /// Of two corrections the later one wins in it, and nothing is known of the other.
    private var withRegisters: Schema {
        var fields = LiandongSchema.current.fields
        fields[WorkOrderField.address] = FieldSpecification(
            rule: .register,
            deltaClass: .interactive,
            isPersonal: true
        )
        return Schema(
            version: LiandongSchema.current.foldedAnewSince - 1,
            fields: fields,
            acceptableForOthers: LiandongSchema.current.acceptableForOthers
        )
    }

    @Test("Where a field's rule was another, everything is folded anew: what the older build left out is there again")
    func otherRule() async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let source = try await here.found(with: there)
        var behind = there.configuration
        behind.schema = withRegisters
        var target = try ReplicaStore(behind)
        func bring(_ from: ReplicaStore, of site: Site, to other: ReplicaStore, _ reader: NodeID) async throws {
            var batch = PersistBatch(peer: site.node)
            batch.authority = try await source.read { try $0.authorityEntries() }
            batch.audiences = Array(try await from.syncStart().audiences.values)
            batch.deltas = try await deltas(from, of: reader)
            _ = try await other.persist(batch)
        }
        try await bring(source, of: here, to: target, here.node)
        let receipt = try await target.commit(there.order("request"), as: there.actor)
        try await bring(target, of: there, to: source, here.node)
        let address = { AmendWorkOrder(.number(receipt.number), address: $0) }
        _ = try await source.commit(address("here"), as: here.actor)
        _ = try await target.commit(address("there"), as: there.actor)
        try await bring(source, of: here, to: target, here.node)
        let record = receipt.record
        #expect(try await target.read { try $0.workOrder(record) }?.conflicts.isEmpty == true)
        try await target.close()

        let told = Mutex<[Int64]>([])
        var telling = there.configuration
        telling.willFoldAnew = { deltas in told.withLock { $0.append(deltas) } }
        target = try ReplicaStore(telling)
        let counts = told.withLock(\.self)
        #expect(counts.count == 1 && counts[0] > 2)
        try await bring(target, of: there, to: source, here.node)
        let order = try #require(try await target.read { try $0.workOrder(record) })
        #expect(order.conflicts.map(\.versions.count) == [2])
        #expect(try await source.read { try $0.workOrder(record) } == order)
        #expect(try await target.readModelDump() == source.readModelDump())
        try await target.close()
        // Once: a second start finds nothing to do.
        target = try ReplicaStore(telling)
        let all = told.withLock(\.self)
        #expect(all == counts)
        #expect(try await target.read { try $0.workOrder(record) } == order)
        try await target.close()
        try await source.close()
    }

    /// Every delta of a store, by the eyes of its own node.
    private func deltas(_ store: ReplicaStore, of node: NodeID) async throws -> [Delta] {
        var found: [Delta] = []
        for deltaClass in DeltaClass.allCases {
            let request = ScanRequest(
                session: SessionID(raw: 1),
                deltaClass: deltaClass,
                after: 0,
                byteLimit: 1 << 24,
                countLimit: 10_000,
                filter: EntitlementFilter(authority: store.authority, peer: node)
            )
            found += try await store.scan(request).deltas.map(\.delta)
        }
        return found
    }

    @Test(
        "What it could not read it kept, counted and passed on; opened by this build it is merged, and nothing is sent again",
        arguments: Unknown.allCases
    )
    func upgrade(_ unknown: Unknown) async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let source = try await here.found(with: there)
        for index in 0..<10 {
            let receipt = try await source.commit(here.order("request \(index)"), as: here.actor)
            let note = ActOnWorkOrder(.number(receipt.number), .note, text: "note \(index)")
            _ = try await source.commit(note, as: here.actor)
        }
        var behind = there.configuration
        behind.schema = older(unknown)
        var target = try ReplicaStore(behind)
        var chain = PersistBatch(peer: here.node)
        chain.authority = try await source.read { try $0.authorityEntries() }
        _ = try await target.persist(chain)
        var batch = PersistBatch(peer: here.node)
        batch.audiences = Array(try await source.syncStart().audiences.values)
        batch.deltas = try await deltas(source, of: here.node)
        _ = try await target.persist(batch)
        let parked = try await target.read { try $0.counts().parked }
        #expect(parked > 20)
        #expect(try await target.readModelDump() != source.readModelDump())
        #expect(try await deltas(target, of: here.node) == batch.deltas)
        let lsn = try await target.syncStart().lastLSN
        try await target.close()

        // A start of the same build changes nothing.
        target = try ReplicaStore(behind)
        #expect(try await target.read { try $0.counts().parked } == parked)
        try await target.close()

        target = try ReplicaStore(there.configuration)
        #expect(try await target.read { try $0.counts().parked } == 0)
        #expect(try await target.readModelDump() == source.readModelDump())
        #expect(try await target.syncStart().lastLSN == lsn)
        let merged = try await target.readModelDump()
        try await target.rebuild()
        #expect(try await target.readModelDump() == merged)
        try await target.close()
        try await source.close()
    }

    @Test("What arrives at the older build after this one had the file open is merged when this one opens it again")
    func thereAndBack() async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let source = try await here.found(with: there)
        try await ReplicaStore(there.configuration).close()
        var behind = there.configuration
        behind.schema = older(.fields)
        var target = try ReplicaStore(behind)
        _ = try await source.commit(here.order("request"), as: here.actor)
        var batch = PersistBatch(peer: here.node)
        batch.authority = try await source.read { try $0.authorityEntries() }
        batch.audiences = Array(try await source.syncStart().audiences.values)
        batch.deltas = try await deltas(source, of: here.node)
        _ = try await target.persist(batch)
        #expect(try await target.read { try $0.counts().parked } > 0)
        try await target.close()
        target = try ReplicaStore(there.configuration)
        #expect(try await target.readModelDump() == source.readModelDump())
        try await target.close()
        try await source.close()
    }

    /// Gives an order to the district, by somebody who has not heard that it was erased.
    private struct GiveUp: Command {
        let record: RecordID
        let audience: Audience

        func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Void> {
            let view = try #require(try reader.record(record))
            let kind = WorkOrderField.creation.kind
            return Plan(drafts: [.give(record, of: kind, from: view.home, to: audience)], receipt: ())
        }
    }

    @Test(
        "An erasure follows its record, also where the build before could not read that it was given on",
        arguments: [false, true]
    )
    func following(isBehind: Bool) async throws {
        let (here, there) = (try Site(), try Site(tier: .street))
        defer {
            here.remove()
            there.remove()
        }
        let source = try await here.found(with: there)
        var target = try ReplicaStore(there.configuration)
        var chain = PersistBatch(peer: here.node)
        chain.authority = try await source.read { try $0.authorityEntries() }
        _ = try await target.persist(chain)
        let record = try await target.commit(there.order("planted text"), as: there.actor).record
        var up = PersistBatch(peer: there.node)
        up.audiences = Array(try await target.syncStart().audiences.values)
        up.deltas = try await deltas(target, of: there.node)
        _ = try await source.persist(up)
        _ = try await target.commit(EraseRecord(.workOrder(.record(record)), reason: .byLaw), as: there.actor)
        let both = try #require(Audience(lines: [here.place, there.place]))
        _ = try await source.commit(GiveUp(record: record, audience: both), as: here.actor)
        #expect(try await source.read { try $0.workOrder(record) }?.description == "planted text")

        if isBehind {
            try await target.close()
            var behind = there.configuration
            behind.schema = older(.kind)
            target = try ReplicaStore(behind)
        }
        let known = Set(try await deltas(target, of: there.node).map(\.id))
        var down = PersistBatch(peer: here.node)
        down.audiences = Array(try await source.syncStart().audiences.values)
        down.deltas = try await deltas(source, of: there.node).filter { $0.lane.origin == here.node }
        #expect(!down.deltas.isEmpty)
        let taken = Set(try await target.persist(down).stored.map(\.delta.id))
        if isBehind {
            #expect(try await deltas(target, of: there.node).count == known.count + taken.count)
            try await target.close()
            target = try ReplicaStore(there.configuration)
        }
        let written = try await deltas(target, of: there.node).filter {
            !known.contains($0.id) && !taken.contains($0.id)
        }
        #expect(written.map(\.lane.audience) == [AudienceID(both, .sodium)])
        let lsn = try await target.syncStart().lastLSN
        try await target.rebuild()
        #expect(try await target.syncStart().lastLSN == lsn, "nothing is written twice")

        var last = PersistBatch(peer: there.node)
        last.audiences = Array(try await target.syncStart().audiences.values)
        last.deltas = try await deltas(target, of: there.node).filter { $0.lane.origin == there.node }
        _ = try await source.persist(last)
        let order = try #require(try await source.read { try $0.workOrder(record) })
        #expect(order.erasedAt != nil && order.description != "planted text")
        #expect(try await target.read { try $0.workOrder(record) } == order)
        try await target.close()
        try await source.close()
    }
}
