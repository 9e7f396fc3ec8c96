import Foundation

/// Makes the write-ahead log as long as it will become before it is first started over, with zeros behind its frames.
///
/// A file that does not grow needs one write a flush; one that grows needs its inode and its extents written too, which
/// doubled what a commit took. SQLite reads frames up to the first whose checksum is wrong, as a zero's is, and goes on
/// writing right behind the last good one (SQLite, "WAL-mode File Format", §4).
enum WALPadding {
    /// Pages in the log after which it is copied into the database and started over.
    static let pages = 4_000
    private static let frameByteCount = 24 + 4_096
    private static let chunk = [UInt8](repeating: 0, count: 1 << 20)

    /// - Parameters:
    ///   - path: of the log, while nobody writes it.
    ///   - pages: that it will come to hold.
    /// - Throws: ``StoreError`` when the disk has no room for it.
    static func pad(_ path: String, pages: Int = pages) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(.cannotOpen, "cannot open \(path): errno \(errno)") }
        defer { close(descriptor) }
        let end = lseek(descriptor, 0, SEEK_END)
        let missing = pages * frameByteCount - Int(end)
        guard end >= 0, missing > 0 else { return }
        var left = missing
        while left > 0 {
            let written = unsafe write(descriptor, chunk, min(left, chunk.count))
            guard written > 0 else {
                let reason = "cannot make \(path) \(missing) bytes longer: errno \(errno); free some disk"
                throw StoreError(.cannotOpen, reason)
            }
            left -= written
        }
        guard fsync(descriptor) == 0 else { throw StoreError(.notDurable, "cannot flush \(path): errno \(errno)") }
    }
}
