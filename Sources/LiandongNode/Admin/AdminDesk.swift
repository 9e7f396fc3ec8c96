import Foundation
import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongSigning
import LiandongStore
import LiandongTransport

/// Carries out what the command line asks, and reports.
struct AdminDesk {
    let node: Node

    var authority: AuthorityState { node.store.authority }
    var now: Instant { Node.now() }

    func report(_ request: AdminRequest) async throws -> Data {
        switch request {
        case .ping: try encode(done(node.isServing ? "ready" : "starting"))
        case .status: try encode(await node.statusReport())
        case .trace(let number): try encode(await trace(number))
        case .submit(let form): try encode(await submit(form))
        case .orders(let query): try encode(await orders(query))
        case .order(let number): try encode(await order(number))
        case .act(let action): try encode(await act(action))
        case .amend(let amendment): try encode(await amend(amendment))
        case .addPhoto(let form): try encode(await addPhoto(form))
        case .savePhoto(let form, let digest): try encode(await savePhoto(form, named: digest))
        case .narrow(let number, let code, let name): try encode(await narrow(number, queryCode: code, by: name))
        case .takeOver(let record): try encode(await takeOver(record))
        case .addResident(let form): try encode(await addResident(form))
        case .resident(let id): try encode(await person(of: try await registrationID(id)))
        case .findResidents(let text): try encode(await findResidents(text))
        case .createConsultation(let form): try encode(await createConsultation(form))
        case .consultation(let id): try encode(await consultation(id))
        case .consultations: try encode(await consultations())
        case .opine(let id, let text): try encode(await opine(id, text))
        case .vote(let vote): try encode(await self.vote(vote))
        case .closeConsultation(let id): try encode(await closeConsultation(id))
        case .publishNotice(let form): try encode(await publishNotice(form))
        case .notices(let isCurrent): try encode(await notices(isCurrent: isCurrent))
        case .notice(let id): try encode(await notice(id))
        case .withdrawNotice(let id): try encode(await withdrawNotice(id))
        case .rollCodes(let id, let entries): try encode(await rollCodes(id, entries))
        case .peers: try encode(await peers())
        case .pausePeer(let name): try encode(await setPaused(true, name))
        case .resumePeer(let name): try encode(await setPaused(false, name))
        case .linkPeer(let name): try encode(await setLinked(true, name))
        case .unlinkPeer(let name): try encode(await setLinked(false, name))
        case .invite(let form): try encode(await invite(form))
        case .places: try encode(places())
        case .addPlace(let form): try encode(await addPlace(form))
        case .renamePlace(let code, let name): try encode(await renamePlace(code, name))
        case .setBoundary(let code, let ring): try encode(await setBoundary(code, ring))
        case .revoke(let form): try encode(await revoke(form))
        case .moveSigner(let name, let file): try encode(await moveSigner(to: name, rootKey: file))
        case .forks(let limit): try encode(await forks(limit))
        case .dismissFork(let subject, let name): try encode(await dismissFork(subject, by: name))
        case .held(let query): try encode(await held(query))
        case .erase(let form): try encode(await erase(form))
        case .erasures(let record): try encode(await erasures(record))
        case .quotas: try encode(await quotas())
        case .letIn(let origin): try encode(await letIn(origin))
        case .mute(let origin): try encode(await mute(origin))
        case .setQuota(let records, let bytes, let bulkBytes):
            try encode(await setQuota(records: records, bytes: bytes, bulkBytes: bulkBytes))
        case .splitGrid(let form): try encode(await splitGrid(form))
        case .movePlace(let code, let parent, let isDryRun):
            try encode(await movePlace(code, under: parent, isDryRun: isDryRun))
        case .rebuild: try encode(await rebuild())
        case .exportDeltas(let file): try encode(await export(to: file))
        case .exportBundle(let form): try encode(await exportBundle(form))
        case .importBundle(let file): try encode(await importBundle(file))
        case .device(let request): try await device(request)
        case .verify(let peer, let onlyCompares): try encode(await verify(peer, onlyCompares: onlyCompares))
        case .staff(let request): try await staff(request)
        }
    }

    private func encode(_ report: some Encodable) throws -> Data { try ReportCoding.encoder.encode(report) }

    func done(_ what: String, id: String? = nil) -> DoneReport {
        DoneReport(asOf: now.iso8601, what: what, id: id)
    }

    func place(_ id: PlaceID) -> PlaceReport {
        PlaceReport(id, authority)
    }

    /// The record that an id, or the beginning of one, names.
    func record(_ text: String) async throws -> RecordID {
        guard text.count >= 4, text.allSatisfy(\.isHexDigit) else {
            throw NodeError(.usage, "\"\(text)\" is no record id: give at least 4 of its hexadecimal digits")
        }
        let found = try await node.store.read { try $0.records(prefix: text) }
        guard let first = found.first else { throw NodeError(.notFound, "this node holds no record \(text)") }
        guard found.count == 1 else {
            throw NodeError(.refused, "\(found.count) records begin with \(text); give more of its digits")
        }
        return first
    }

    // MARK: The cluster

    /// The record that the number of an order or an id means.
    func record(numberOrID text: String) async throws -> RecordID {
        let found = try await node.store.read { try $0.workOrders(number: text) }
        if let first = found.first { return first }
        return try await record(text)
    }

    private func trace(_ number: String) async throws -> TraceReport {
        let ids = try await node.store.read { reader in
            let found = try reader.workOrders(number: number)
            return found.isEmpty ? try reader.records(prefix: number) : found
        }
        guard let record = ids.first else {
            throw NodeError(.notFound, "this node holds no record with the number or id \(number)")
        }
        guard let trace = try await node.traceReport(record) else {
            throw NodeError(.notFound, "this node holds no record \(record)")
        }
        return trace
    }

    private func peers() async -> PeersReport {
        let engine = await node.engine.inspect { $0 }
        return PeersReport(
            asOf: now.iso8601,
            peers: engine.links.map { link in
                let enrolment = authority.nodes[link.peer]
                return PeersReport.Row(
                    node: "\(link.peer)",
                    name: enrolment?.name ?? "",
                    placeCode: enrolment.map { authority.code(of: $0.place) } ?? "",
                    kind: engine.linkKind(of: link.peer).rawValue,
                    state: link.isPaused ? "paused" : link.isUp ? "up" : "down",
                    since: link.since.iso8601,
                    addresses: engine.addresses(of: link.peer)
                )
            }
        )
    }

    /// The node that a name, a place code or the beginning of an id means.
    func nodeID(_ text: String) throws -> NodeID {
        let found = authority.nodes.values
            .filter { $0.name == text || "\($0.node)".hasPrefix(text) || authority.code(of: $0.place) == text }
            .map(\.node).sorted()
        guard let first = found.first else { throw NodeError(.notFound, "no node is called \(text)") }
        guard found.count == 1 else {
            throw NodeError(
                .refused,
                "\(found.count) nodes are called \(text): \(found.map { "\($0)".prefix(12) }); give an id"
            )
        }
        return first
    }

    private func setPaused(_ isPaused: Bool, _ name: String) async throws -> DoneReport {
        let peer = try nodeID(name)
        guard peer != node.keys.nodeID else { throw NodeError(.refused, "\(name) is this node itself") }
        try await node.store.setPaused(isPaused, peer: peer)
        await node.engine.handle(isPaused ? .paused(peer) : .resumed(peer))
        if !isPaused { node.dialPool.wakeNow(peer) }
        return done(isPaused ? "paused" : "resumed", id: "\(peer)")
    }

    /// Names a neighbour to hold a connection to, or no longer: a shortcut, and a second way when a parent is down.
    private func setLinked(_ isLinked: Bool, _ name: String) async throws -> DoneReport {
        let peer = try nodeID(name)
        guard peer != node.keys.nodeID else { throw NodeError(.refused, "\(name) is this node itself") }
        let (known, kind) = await node.engine.inspect { ($0.lateral, $0.linkKind(of: peer)) }
        guard isLinked || known.contains(peer) else {
            throw NodeError(
                .notFound,
                "there is no link to \(name) that an operator made; this one is its \(kind.rawValue), see peer list"
            )
        }
        guard !isLinked || known.contains(peer) || known.count < AdminDesk.lateralLimit else {
            throw NodeError(
                .refused,
                "this node has \(known.count) links that operators made, at most \(AdminDesk.lateralLimit) are allowed; "
                    + "unlink one first"
            )
        }
        try await node.store.setLinked(isLinked, peer: peer)
        await node.engine.handle(isLinked ? .linked(peer) : .unlinked(peer))
        return done(isLinked ? "linked" : "unlinked", id: "\(peer)")
    }

    /// The most links of a node that operators made.
    private static let lateralLimit = 64

    private func rebuild() async throws -> DoneReport {
        let before = try await node.store.readModelDump()
        try await node.store.rebuild()
        let after = try await node.store.readModelDump()
        guard before == after else {
            throw NodeError(
                .failed,
                "the rebuilt read models differ from those before: they had gone wrong, and are right now"
            )
        }
        return done("rebuilt, \(after.count) rows equal")
    }

    /// The chain and every delta, for a second implementation to check: messages, each behind a 4-byte length.
    private func export(to file: String) async throws -> DoneReport {
        let url = URL(fileURLWithPath: file)
        let count = try await node.store.read { reader in
            var data = Data()
            var count = 0
            try reader.export { item in
                data.append(contentsOf: item.framedBytes)
                count += 1
            }
            try data.write(to: url)
            return count
        }
        return done("\(count) messages exported", id: file)
    }
}
