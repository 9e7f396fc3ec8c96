package import Foundation

/// The files that mosquitto runs by: what it listens on, who may come, and who may say what.
package struct BrokerFiles: Sendable, Hashable {
    /// Where devices come.
    package struct Listener: Sendable, Hashable {
        package let host: String
        package let port: Int
        /// PEM files; nil: no TLS.
        package let certificate: String?
        package let key: String?

        package init(host: String, port: Int, certificate: String? = nil, key: String? = nil) {
            self.host = host
            self.port = port
            self.certificate = certificate
            self.key = key
        }
    }

    /// Who may come in, under a name, with what ``BrokerSecret`` made of their secret.
    package struct User: Sendable, Hashable {
        package let name: String
        package let digest: String

        package init(name: String, digest: String) {
            self.name = name
            self.digest = digest
        }
    }

    /// The node's own name at the broker, which is no device's code.
    package static let node = "@node"

    /// For its owner alone.
    package let folder: URL
    /// The Unix socket by which the node comes.
    package let socket: URL
    package let listener: Listener
    /// Whether each connection of a client stands in the broker's log.
    package let logsConnections: Bool

    package init(folder: URL, socket: URL, listener: Listener, logsConnections: Bool = false) {
        self.folder = folder
        self.socket = socket
        self.listener = listener
        self.logsConnections = logsConnections
    }

    package var configuration: URL { folder.appendingPathComponent("mosquitto.conf") }
    package var pidFile: URL { folder.appendingPathComponent("mosquitto.pid") }
    private var rights: URL { folder.appendingPathComponent("rights") }
    private var passwords: URL { folder.appendingPathComponent("passwords") }

    // MARK: What stands in them

    /// - Parameter isRoot: who runs it is root, whom mosquitto would become another user to.
    func configurationText(isRoot: Bool, connections: Int = BrokerLimits.connections) -> String {
        var lines = ["# Written by liandong at each start of the node: what is changed here is lost."]
        // The files are their owner's alone.
        if isRoot { lines.append("user root") }
        lines += [
            "per_listener_settings false",
            "allow_anonymous false",
            "password_file \(passwords.path)",
            "acl_file \(rights.path)",
            "pid_file \(pidFile.path)",
            "",
            "# What waits is on the disk two seconds later. Not at each change: the whole file is written each time.",
            "persistence true",
            "persistence_location \(folder.path)/",
            "persistence_file mosquitto.db",
            "autosave_on_changes false",
            "autosave_interval 1",
            "",
            "max_inflight_messages \(BrokerLimits.batch)",
            "max_inflight_bytes \(BrokerLimits.batchBytes)",
            "max_queued_messages \(BrokerLimits.queued)",
            "max_queued_bytes \(BrokerLimits.queuedBytes)",
            "# Not message_size_limit, which acknowledges what it drops: this one ends the connection.",
            "max_packet_size \(BrokerLimits.packetBytes)",
            "# An answer comes just behind the acknowledgement, and is not to wait until that was heard.",
            "set_tcp_nodelay true",
            "sys_interval 0",
            "",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
        ]
        if logsConnections { lines.append("log_type notice") }
        // A client's id is its user's name: nobody takes over the session of another.
        lines += ["", "listener 0 \(socket.path)", "use_username_as_clientid true"]
        lines += [
            "", "listener \(listener.port) \(listener.host)", "use_username_as_clientid true",
            "max_connections \(connections)",
        ]
        if let certificate = listener.certificate { lines.append("certfile \(certificate)") }
        if let key = listener.key { lines.append("keyfile \(key)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Each device its own topics, the node all of them; whatever is not named is nobody's.
    static var rightsText: String {
        """
        user \(node)
        topic read \(DeviceTopics.filter)
        topic write \(DeviceTopics.answerFilter)

        pattern write \(DeviceTopics.readings(of: "%u"))
        pattern read \(DeviceTopics.answer(to: "%u"))

        """
    }

    static func passwordsText(_ users: [User]) -> String {
        users.map { "\($0.name):\($0.digest)\n" }.sorted().joined()
    }

    // MARK: Writing

    /// Makes the folder and all files in it.
    ///
    /// - Throws: ``BrokerError`` with `misconfigured` for a path that the files cannot name, a certificate that cannot be
    ///   read, a folder that is not the node's alone; what the disk says.
    package func write(_ users: [User]) throws {
        let paths = [folder.path, socket.path] + [listener.certificate, listener.key].compactMap(\.self)
        for path in paths {
            guard !path.contains(where: \.isNewline), path.trimmingCharacters(in: .whitespaces) == path else {
                throw BrokerError(.misconfigured, "mqtt: \(path.debugDescription) cannot stand in mosquitto.conf")
            }
        }
        guard (listener.certificate == nil) == (listener.key == nil) else {
            throw BrokerError(.misconfigured, "mqtt: certificate and key are given together, or neither")
        }
        for file in [listener.certificate, listener.key].compactMap(\.self) {
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw BrokerError(.misconfigured, "mqtt: \(file) cannot be read by the node's user; chown or chmod it")
            }
        }
        try PrivateFolder.make(folder)
        try PrivateFolder.make(socket.deletingLastPathComponent())
        let files = OpenFiles.allow(BrokerLimits.connections + BrokerLimits.otherFiles)
        let connections = max(1, min(BrokerLimits.connections, files - BrokerLimits.otherFiles))
        try put(configurationText(isRoot: geteuid() == 0, connections: connections), configuration)
        try put(BrokerFiles.rightsText, rights)
        try put(BrokerFiles.passwordsText(users), passwords)
    }

    /// Lets these in, and nobody else.
    ///
    /// - Returns: whether that is another list than before: the broker has to read it again (SIGHUP).
    package func admit(_ users: [User]) throws -> Bool {
        let text = BrokerFiles.passwordsText(users)
        guard (try? String(contentsOf: passwords, encoding: .utf8)) != text else { return false }
        try put(text, passwords)
        return true
    }

    private func put(_ text: String, _ file: URL) throws {
        try Data(text.utf8).write(to: file, options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    }
}
