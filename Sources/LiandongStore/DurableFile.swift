import Foundation

/// Replaces small files so that after a power cut the old or the new one is there, whole.
enum DurableFile {
    /// Writes a temporary file, flushes it, renames it over the old one and flushes the folder.
    static func replace(_ url: URL, with data: Data) throws {
        let temporary = url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).new")
        try data.write(to: temporary)
        try flush(temporary.path)
        guard unsafe rename(temporary.path, url.path) == 0 else {
            throw StoreError(.cannotOpen, "cannot replace the file \(url.path): errno \(errno)")
        }
        try flush(url.deletingLastPathComponent().path)
    }

    private static func flush(_ path: String) throws {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { throw StoreError(.cannotOpen, "cannot open \(path) to flush it: errno \(errno)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(.notDurable, "cannot flush \(path): errno \(errno)")
        }
    }
}
