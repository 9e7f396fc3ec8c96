import Foundation

/// What keeps two brokers off the same files: a lock that the broker itself holds, until it is really gone.
///
/// A broker whose node was killed still writes its sessions down when the next node begins another.
final class BrokerLock: Sendable {
    /// Handed to the child, which holds the lock by it; ours is let go of with this object.
    let descriptor: Int32

    /// - Returns: nil while another holds it.
    /// - Throws: ``BrokerError`` with `misconfigured` where the file cannot be opened.
    init?(_ file: URL) throws(BrokerError) {
        descriptor = unsafe open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw BrokerError(.misconfigured, "mqtt: cannot open \(file.path): errno \(errno)")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
