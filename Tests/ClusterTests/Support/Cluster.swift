import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Real nodes on loopback, brought up by `liandong cluster` in a folder of their own.
actor Cluster {
    /// What `cluster status` says of one node.
    struct Node: Sendable, Hashable {
        let name: String
        let tier: String
        let placeCode: String
        let data: String
        let http: URL
        let peer: String
        /// host:port of its broker, where it has one.
        let mqtt: String?
        let pid: Int32?
        let state: String
    }

    private let folder: TemporaryFolder
    private let topology: String
    /// Nodes that were killed and started again here; `cluster` does not look after these.
    private var restarted: [Process] = []
    /// By place code, the first node of each.
    private(set) var nodes: [String: Node] = [:]
    private var named: [String: Node] = [:]

    private init(_ topology: String) throws {
        self.folder = try TemporaryFolder()
        self.topology = topology
    }

    /// Brings a cluster up, hands it to the test, and ends every process whatever happened.
    static func with(_ topology: String, _ body: (Cluster) async throws -> Void) async throws {
        let cluster = try Cluster(topology)
        do {
            try await cluster.up()
            try await body(cluster)
        } catch {
            await cluster.down()
            throw error
        }
        await cluster.down()
    }

    private func up() async throws {
        let file = Liandong.repository.appending(path: "cluster/\(topology).yaml").path
        let output = try await cluster(["up", file], seconds: 300)
        guard output.status == 0 else { throw Liandong.Unexpected("cluster up: \(output.errors)") }
        try await refresh()
    }

    private func down() async {
        for process in restarted where process.isRunning { kill(process.processIdentifier, SIGKILL) }
        _ = try? await cluster(["down"])
        // What an `up` that failed had begun is in nobody's list: find it by this test's own folder. (The brackets
        // keep pkill from finding its own caller.)
        _ = try? await Liandong.run(
            URL(filePath: "/usr/bin/pkill"),
            ["-KILL", "-f", "--", "[s]erve --data \(folder.url.path)/"]
        )
        folder.remove()
    }

    @discardableResult
    private func cluster(_ arguments: [String], seconds: Int = 60) async throws -> Liandong.Output {
        try await Liandong.run(["cluster"] + arguments + ["--dir", folder.url.path], seconds: seconds)
    }

    /// How often a test kills a node: `LIANDONG_KILLS` where it is set, as `scripts/check --full` does.
    static func killCount(_ usual: Int) -> Int {
        ProcessInfo.processInfo.environment["LIANDONG_KILLS"].flatMap { Int($0) } ?? usual
    }

    // MARK: What is asked of it

    /// Reads names, addresses and processes anew.
    func refresh() async throws {
        let status = try await cluster(["status", "--json"])
        let object = try status.json()
        try #require(object["schema"] as? String == "liandong.cluster/1")
        for entry in object["nodes"] as? [[String: Any]] ?? [] {
            let http = try #require((entry["http"] as? String).flatMap { URL(string: $0) })
            let node = Node(
                name: try #require(entry["name"] as? String),
                tier: try #require(entry["tier"] as? String),
                placeCode: try #require(entry["place_code"] as? String),
                data: try #require(entry["data_dir"] as? String),
                http: http,
                peer: try #require(entry["peer"] as? String),
                mqtt: entry["mqtt"] as? String,
                pid: (entry["pid"] as? NSNumber)?.int32Value,
                state: entry["state"] as? String ?? "unknown"
            )
            named[node.name] = node
            if nodes[node.placeCode].map({ $0.name == node.name }) ?? true { nodes[node.placeCode] = node }
        }
    }

    /// The first node of a place, or the one of a name.
    func node(_ placeCode: String) throws -> Node {
        guard let node = nodes[placeCode] ?? named[placeCode] else {
            throw Liandong.Unexpected("no node of \(placeCode)")
        }
        return node
    }

    /// Takes the link between two places out of service.
    func cut(_ a: String, _ b: String) async throws {
        let output = try await cluster(["cut", try node(a).name, try node(b).name])
        guard output.status == 0 else { throw Liandong.Unexpected("cluster cut: \(output.errors)") }
    }

    /// Puts every link of a place back.
    func heal(_ a: String, _ b: String) async throws {
        let output = try await cluster(["heal", try node(a).name, try node(b).name])
        guard output.status == 0 else { throw Liandong.Unexpected("cluster heal: \(output.errors)") }
    }

    /// Runs a command against a place's node.
    func run(_ placeCode: String, _ command: [String], _ rest: [String] = []) async throws -> Liandong.Output {
        try await Liandong.run(command + ["--data", try node(placeCode).data] + rest)
    }

    /// Ends a node without a word, as a power cut would.
    func kill9(_ placeCode: String) async throws {
        if let process = restarted.first(where: { $0.isRunning && $0.arguments?.last == nodes[placeCode]?.data }) {
            kill(process.processIdentifier, SIGKILL)
        } else if let pid = try node(placeCode).pid {
            kill(pid, SIGKILL)
        }
    }

    /// The same, and waits until neither the node nor its broker uses a file of it any more.
    func end(_ placeCode: String) async throws {
        try await kill9(placeCode)
        let data = try node(placeCode).data
        let isGone = try await eventually(within: .seconds(30)) {
            // The brackets keep pgrep from finding its own caller.
            try await Liandong.run(
                URL(filePath: "/usr/bin/pgrep"),
                ["-f", "--", "[s]erve --data \(data)$|[m]osquitto -c \(data)/"]
            ).status == 1
        }
        guard isGone else { throw Liandong.Unexpected("\(placeCode) runs still, 30 s after it was killed") }
    }

    /// Starts a node that was killed, and waits until it is ready.
    func restart(_ placeCode: String) async throws {
        let data = try node(placeCode).data
        let process = Process()
        process.executableURL = Liandong.binary
        process.arguments = ["serve", "--data", data]
        let log = URL(filePath: data).appending(component: "restart.log")
        if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        try handle.close()
        restarted.append(process)
        let isReady = try await eventually(within: .seconds(30)) {
            try await refresh()
            return try await HTTP.status(try node(placeCode).http.appending(path: "readyz")) == 200
        }
        guard isReady else {
            throw Liandong.Unexpected("\(placeCode) is not ready 30 s after its start; see \(log.path)")
        }
    }
}

/// HTTP as a resident's program would speak it.
enum HTTP {
    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 30
        configuration.httpMaximumConnectionsPerHost = 8
        return URLSession(configuration: configuration)
    }()

    /// The status code of a GET; nil when nobody answers.
    static func status(_ url: URL) async throws -> Int? {
        try? await ask(URLRequest(url: url)).status
    }

    static func get(_ url: URL) async throws -> (status: Int, body: Data) {
        try await ask(URLRequest(url: url))
    }

    /// Posts a form.
    static func post(
        _ url: URL,
        _ form: [(String, String)],
        idempotencyKey: String? = nil
    ) async throws -> (status: Int, body: Data) {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
        if let idempotencyKey { request.setValue(idempotencyKey, forHTTPHeaderField: "Idempotency-Key") }
        request.httpBody = Data(form.map { "\(escape($0.0))=\(escape($0.1))" }.joined(separator: "&").utf8)
        return try await ask(request)
    }

    /// In a task of its own, as URLSession on Linux traps when a transfer is cancelled while it ends.
    private static func ask(_ request: URLRequest) async throws -> (status: Int, body: Data) {
        let (data, response) = try await Task { try await session.data(for: request) }.value
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, data)
    }

    private static func escape(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
}
