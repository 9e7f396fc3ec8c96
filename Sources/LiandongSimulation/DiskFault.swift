/// What is wrong with a disk for a while.
enum DiskFault: String, Error, CaseIterable, CustomStringConvertible {
    /// Nothing can be written.
    case full
    /// Every other write ends in an error.
    case unreliable

    var description: String {
        switch self {
        case .full: "the disk is full"
        case .unreliable: "the disk reports an I/O error"
        }
    }
}
