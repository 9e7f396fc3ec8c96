import CSimulatedDisk
import Foundation

/// A folder whose SQLite files can fail, lose power and be torn, at moments that a seed draws.
@safe final class SimulatedDisk {
    /// How SQLite calls what it meets.
    enum Fault: Int32 {
        case ioError = 10
        case full = 13
    }

    private let handle: OpaquePointer

    let folder: URL

    /// Makes the folder.
    init(folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // SQLite asks for files by the path that links lead to.
        self.folder = folder.resolvingSymlinksInPath()
        guard simulated_disk_install() == 0, let handle = unsafe simulated_disk_create(self.folder.path) else {
            throw CocoaError(.fileNoSuchFile)
        }
        unsafe self.handle = handle
    }

    deinit {
        unsafe simulated_disk_free(handle)
        try? FileManager.default.removeItem(at: folder)
    }

    var operations: Int64 { unsafe simulated_disk_operations(handle) }

    /// Lets some operations fail, after some more have gone well.
    func fail(_ fault: Fault, after operations: Int64, count: Int64) {
        unsafe simulated_disk_fail(handle, fault.rawValue, operations, count)
    }

    func mend() { fail(.ioError, after: 0, count: 0) }

    /// After so many more operations nothing is written any more, until ``settle(seed:keepsAll:)``.
    func cutPower(after operations: Int64) { unsafe simulated_disk_cut_power(handle, operations) }

    /// A disk that says of flushes that they were done, and does none.
    func forgetFlushes() { unsafe simulated_disk_forget_flushes(handle, 1) }

    /// What is left of the files, all of them closed.
    ///
    /// - Parameter keepsAll: only the process is gone, not what it had written.
    /// - Returns: how many writes were lost or torn.
    func settle(seed: UInt64, keepsAll: Bool) -> Int {
        let lost = unsafe simulated_disk_settle(handle, seed, keepsAll ? 1 : 0)
        precondition(lost >= 0, "the files of a simulated disk could not be put right")
        return Int(lost)
    }
}
