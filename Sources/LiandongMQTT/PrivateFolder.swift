package import Foundation

/// A folder that nobody else can put anything into.
package enum PrivateFolder {
    /// Makes a folder for its owner alone, or makes sure that one is.
    ///
    /// - Throws: ``BrokerError`` with `misconfigured` where it is another's, or open to others; what the disk says.
    package static func make(_ folder: URL) throws {
        if unsafe mkdir(folder.path, 0o700) != 0, errno == ENOENT {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
        var status = stat()
        guard unsafe lstat(folder.path, &status) == 0 else {
            throw BrokerError(.misconfigured, "\(folder.path) cannot be made: errno \(errno)")
        }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
            throw BrokerError(.misconfigured, "\(folder.path) is no folder of the node's user; name another")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw BrokerError(
                .misconfigured,
                "\(folder.path) is open to others (mode \(mode), 700 is needed); chmod 700 it, or name another"
            )
        }
    }
}
