import LiandongCore
import LiandongDomain
import Synchronization

/// How many bytes of photos those who are not signed in may hand in within a day, one address and all together: nobody
/// fills the node's disk from outside.
///
/// In memory alone; a node that was begun again counts from nothing. Complexity: O(1) a photo.
final class PhotoAllowance: Sendable {
    /// Of one address; many a household may share one.
    static let addressBytes = 256 << 20
    static let allBytes = 2 << 30
    /// Beyond so many in a day, those that come first today count as one.
    static let addressLimit = 10_000

    private struct Day {
        var number = 0
        var all = 0
        var addresses: [String: Int] = [:]
    }

    private let day = Mutex(Day())

    /// - Parameter address: as ``ClientAddress`` writes it.
    /// - Throws: ``Problem`` with status 429, and counts nothing, where it is more than is left for today.
    func take(_ byteCount: Int, from address: String, at now: Instant) throws(Problem) {
        let today = CivilDate(now)
        let isLeft = day.withLock { day in
            if day.number != today.number { day = Day(number: today.number) }
            let isKnown = day.addresses[address] != nil || day.addresses.count < PhotoAllowance.addressLimit
            let name = isKnown ? address : ""
            let ofAddress = day.addresses[name, default: 0] + byteCount
            guard ofAddress <= PhotoAllowance.addressBytes, day.all + byteCount <= PhotoAllowance.allBytes else {
                return false
            }
            day.addresses[name] = ofAddress
            day.all += byteCount
            return true
        }
        guard !isLeft else { return }
        let rest = CivilDate(number: today.number + 1).start.milliseconds(since: now)
        throw .photosOfToday(retryAfterSeconds: Int(clamping: rest / 1_000 + 1))
    }
}

extension Problem {
    static func photosOfToday(retryAfterSeconds: Int) -> Problem {
        Problem(
            "refusal:photos_of_today",
            "Too many photos today",
            status: 429,
            Localized(
                "今天从本网络地址或向本节点提交的照片已太多",
                "too many photos were handed in today, from this address or at this node"
            ),
            wayOut: Localized(
                "诉求仍可不附照片提交；照片请明天添加，或到窗口办理",
                "hand the request in without; add the photo tomorrow, or at the counter"
            ),
            retryAfterSeconds: retryAfterSeconds
        )
    }
}

extension CaseDesk {
    /// Takes a photo into an order, of whoever is not signed in within the day's allowance.
    ///
    /// - Throws: ``Problem`` with status 429 beyond it; what ``add(_:to:by:)`` throws.
    func add(
        _ photo: Photo,
        to order: RecordID,
        by performer: Performer,
        within allowance: PhotoAllowance,
        from address: String,
        at now: Instant
    ) async throws {
        if performer == .resident { try allowance.take(photo.bytes.count, from: address, at: now) }
        try await add(photo, to: order, by: performer)
    }
}
