import LiandongCore
import LiandongDomain
import LiandongStore
import LiandongTransport
import Logging
import ServiceLifecycle

/// Runs the engine, and hands it the node's own commits.
struct EngineService: ServiceLifecycle.Service {
    let node: Node

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await node.engine.run() }
                group.addTask(executorPreference: node.transport.executor) { await node.forwardCommits() }
            }
        }
    }
}

/// Holds the links: dials those to be dialled and takes those that dial.
struct PeerService: ServiceLifecycle.Service {
    let node: Node
    let listener: PeerListener

    func run() async throws {
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                await withDiscardingTaskGroup { group in
                    group.addTask { await node.dialPool.run { await node.engine.converse(over: $0) } }
                    group.addTask { await listener.run { await node.engine.converse(over: $0) } }
                }
            }
        } onGracefulShutdown: {
            Task { await node.close() }
        }
        await listener.close()
    }
}

/// What is looked after now and then: due ops, free space, residents registered in two places.
struct MaintenanceService: ServiceLifecycle.Service {
    let node: Node

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await lookAfter() }
                group.addTask { await linkResidents() }
                group.addTask { await finishErasures() }
            }
        }
    }

    private func lookAfter() async {
        var round = 0
        while !Task.isCancelled {
            node.store.checkFreeSpace()
            if round.isMultiple(of: 12) {
                do { try await node.store.wake() } catch {
                    node.logger.error("waking failed", metadata: ["error": "\(error)"])
                }
            }
            round += 1
            try? await Task.sleep(for: .seconds(5))
        }
    }

    /// Takes from the disk what was erased, soon after it was, and says so while it cannot.
    private func finishErasures() async {
        while !Task.isCancelled {
            var pause = Duration.seconds(1)
            if node.store.isErasing {
                do { try await node.store.finishErasures() } catch {
                    pause = .seconds(10)
                    node.logger.warning("what was erased is still on the disk", metadata: ["error": "\(error)"])
                }
            }
            try? await Task.sleep(for: pause)
        }
    }

    /// Tells two communities of a resident that both registered, where this node is above both.
    private func linkResidents() async {
        guard let tier = node.place?.tier, tier < .community else { return }
        for await records in node.changedRegistrations.stream {
            guard let actor = try? node.actor(role: "linkage") else { continue }
            for record in await shared(among: records) {
                do { _ = try await node.store.commit(NotifyElsewhere(record), as: actor) } catch {
                    node.logger.warning("notice not written", metadata: ["record": "\(record)", "error": "\(error)"])
                }
            }
        }
    }

    /// Those that have a match tag which another registration has too: few of many, so all are asked about at once.
    private func shared(among records: [RecordID]) async -> [RecordID] {
        do { return try await node.store.read { try $0.registrations(sharingTagsAmong: records) } } catch {
            node.logger.warning("registrations not compared", metadata: ["error": "\(error)"])
            return []
        }
    }
}
