import LiandongCore
import LiandongDomain
import Synchronization

/// Photos of requests that are being looked at before they are handed in: a browser sends a file once, with the form.
///
/// In memory alone, for half an hour, and so many bytes of all; beyond that the oldest go, and whoever comes back to them
/// is asked to choose again.
final class PhotoStash: Sendable {
    private struct Kept {
        let token: String
        let photos: [Photo]
        let until: Instant
    }

    private static let lifetime: Int64 = 30 * 60_000

    private let byteLimit: Int
    /// The oldest first.
    private let kept = Mutex<[Kept]>([])

    init(byteLimit: Int = 64 << 20) { self.byteLimit = byteLimit }

    /// - Returns: what the photos are found by; nobody can guess it.
    func keep(_ photos: [Photo], at now: Instant) -> String {
        let token = PageRequest.newKey()
        kept.withLock { kept in
            kept.removeAll { $0.until <= now }
            kept.append(Kept(token: token, photos: photos, until: now.advanced(byMilliseconds: PhotoStash.lifetime)))
            var byteCount = kept.reduce(0) { $0 + $1.photos.byteCount }
            while byteCount > byteLimit, kept.count > 1 { byteCount -= kept.removeFirst().photos.byteCount }
        }
        return token
    }

    /// - Returns: nil for what is not kept any more.
    func photos(_ token: String, at now: Instant) -> [Photo]? {
        kept.withLock { $0.first { $0.token == token && $0.until > now }?.photos }
    }
}

extension [Photo] {
    /// Of all of them.
    var byteCount: Int { reduce(0) { $0 + $1.bytes.count } }
}
