import LiandongCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that holds one 32-byte secret as a line of hexadecimal, for its owner's eyes alone.
struct KeyFile {
    let folder: String
    let path: String

    private static let byteCount = 32
    private static let ownerOnly: mode_t = 0o600

    init(_ folder: String, _ name: String) {
        self.folder = folder
        self.path = "\(folder)/\(name)"
    }

    func load() throws(SigningError) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw errno == ENOENT ? .keyMissing(path) : .keyUnreadable(path, lastError()) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw .keyUnreadable(path, lastError()) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .keyUnreadable(path, "it is not a regular file") }
        guard status.st_mode & 0o077 == 0 else { throw .keyExposed(path, mode: UInt32(status.st_mode & 0o777)) }

        let limit = KeyFile.byteCount * 2 + 2
        var text = [UInt8](repeating: 0, count: limit)
        let count = unsafe read(file, &text, limit)
        guard count >= 0 else { throw .keyUnreadable(path, lastError()) }
        let line = String(decoding: text.prefix(count).filter { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        guard let key = bytes(hexadecimal: line), key.count == KeyFile.byteCount else {
            throw .keyUnreadable(path, "it is not \(KeyFile.byteCount * 2) hexadecimal digits")
        }
        return key
    }

    /// Creates the file, whole or not at all, and never overwrites one.
    func store(_ key: [UInt8]) throws(SigningError) {
        if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST { throw .keyUnwritable(path, lastError()) }
        let draft = path + ".new"
        defer { _ = unsafe unlink(draft) }
        try writeDraft(key, to: draft)
        guard unsafe link(draft, path) == 0 else {
            throw errno == EEXIST ? .keyExists(path) : .keyUnwritable(path, lastError())
        }
        try syncFolder()
    }

    private func writeDraft(_ key: [UInt8], to draft: String) throws(SigningError) {
        _ = unsafe unlink(draft)  // left by a crash
        let file = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, KeyFile.ownerOnly)
        guard file >= 0 else { throw .keyUnwritable(path, lastError()) }
        defer { close(file) }
        let line = Array((hexadecimal(key) + "\n").utf8)
        guard unsafe write(file, line, line.count) == line.count, fsync(file) == 0 else {
            throw .keyUnwritable(path, lastError())
        }
    }

    /// The file's name has to be as durable as its bytes.
    private func syncFolder() throws(SigningError) {
        let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .keyUnwritable(path, lastError()) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw .keyUnwritable(path, lastError()) }
    }

    private func lastError() -> String { unsafe String(cString: strerror(errno)) }
}
