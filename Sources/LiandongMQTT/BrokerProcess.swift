import Dispatch
package import Foundation
package import Logging
import Synchronization

/// Runs mosquitto for as long as it is wanted: starts it again where it ends, and ends it with the node.
package final class BrokerProcess: Sendable {
    private struct State {
        var pid: Int32?
        var starts = 0
        var isWanted = true
    }

    private let program: URL
    private let configuration: URL
    private let logger: Logger
    private let state = Mutex(State())

    /// - Throws: ``BrokerError`` with `misconfigured` where mosquitto is not installed.
    package init(configuration: URL, logger: Logger) throws(BrokerError) {
        guard let program = BrokerProcess.find("mosquitto") else {
            throw BrokerError(
                .misconfigured,
                "mqtt: mosquitto is not installed; apt-get install mosquitto, or take mqtt out of config.json"
            )
        }
        self.program = program
        self.configuration = configuration
        self.logger = logger
    }

    /// Whether this machine has mosquitto.
    package static var isInstalled: Bool { find("mosquitto") != nil }

    /// How often it was started.
    package var starts: Int { state.withLock { $0.starts } }

    /// Has mosquitto read its passwords again; who may not come any more is sent away.
    package func reload() { signal(SIGHUP) }

    // MARK: Running

    private static let shortestPause = Duration.milliseconds(200)
    private static let longestPause = Duration.seconds(10)
    private static let lockPause = Duration.milliseconds(50)
    /// How long it may take to write its sessions down when it is told to end, in seconds.
    private static let patience = 20.0

    /// Until the task is cancelled.
    ///
    /// - Parameter beforeStart: what is to be done before each start, while no other broker uses the files.
    package func run(beforeStart: @Sendable () throws -> Void = {}) async {
        var pause = BrokerProcess.shortestPause
        while !Task.isCancelled {
            guard let lock = await lock() else { break }
            let began = ContinuousClock.now
            let outcome: String
            do {
                try beforeStart()
                outcome = await withTaskCancellationHandler {
                    await once(lock)
                } onCancel: {
                    end()
                }
            } catch { outcome = "\(error)" }
            guard !Task.isCancelled else { break }
            logger.error("mosquitto has ended; it is started again", metadata: ["how": "\(outcome)"])
            let wasUp = ContinuousClock.now - began > BrokerProcess.longestPause
            pause = wasUp ? BrokerProcess.shortestPause : min(pause * 2, BrokerProcess.longestPause)
            try? await Task.sleep(for: pause)
        }
    }

    /// Waits until no other broker uses the files; nil once the task is cancelled.
    private func lock() async -> BrokerLock? {
        let file = configuration.deletingLastPathComponent().appendingPathComponent("lock")
        var pause = BrokerProcess.lockPause
        while !Task.isCancelled {
            do {
                if let lock = try BrokerLock(file) { return lock }
                if pause == BrokerProcess.lockPause {
                    logger.notice(
                        "another mosquitto has not ended yet; it is waited for",
                        metadata: ["lock": "\(file.path)"]
                    )
                }
            } catch { logger.error("mosquitto cannot be started", metadata: ["error": "\(error)"]) }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, BrokerProcess.longestPause)
        }
        return nil
    }

    /// One life of it.
    ///
    /// - Returns: how it ended.
    private func once(_ lock: BrokerLock) async -> String {
        await withCheckedContinuation { continuation in
            // The kernel ends a child with the thread that began it, see below: this thread lives as long as its child.
            Thread { continuation.resume(returning: self.live(lock)) }.start()
        }
    }

    private func live(_ lock: BrokerLock) -> String {
        var command = [program.path, "-c", configuration.path]
        // A node that is killed leaves no broker behind that would acknowledge for it.
        if let setpriv = BrokerProcess.find("setpriv") {
            command = [setpriv.path, "--pdeathsig", "TERM", "--"] + command
        }
        let pid: pid_t
        do {
            pid = try ChildProcess.start(command[0], Array(command.dropFirst()), keeping: lock.descriptor)
        } catch { return error.reason }
        let isWanted = state.withLock { state in
            state.pid = pid
            state.starts += 1
            return state.isWanted
        }
        if !isWanted { signal(SIGTERM) }
        return ChildProcess.wait(for: pid) { state.withLock { $0.pid = nil } }
    }

    private func signal(_ number: Int32) {
        state.withLock { state in if let pid = state.pid { kill(pid, number) } }
    }

    /// Ends it in order, or by force where it does not end.
    private func end() {
        state.withLock { $0.isWanted = false }
        signal(SIGTERM)
        DispatchQueue.global().asyncAfter(deadline: .now() + BrokerProcess.patience) { self.signal(SIGKILL) }
    }

    private static func find(_ name: String) -> URL? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        // Where Debian puts it, which is not on the path of everybody.
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin", "/usr/bin"]
        return folders.lazy.map { URL(fileURLWithPath: $0).appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }
}
