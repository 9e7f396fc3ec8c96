import HTTPTypes
import Hummingbird

/// Tells a request of this node's own pages from one that another site's page had a browser make.
///
/// Browsers name the page's origin with every request that is to change something. Programs name none; they have no
/// cookies that somebody else could use.
/// - SeeAlso: https://www.w3.org/TR/fetch-metadata/
struct RequestOrigin: Sendable {
    /// Scheme, host and port of the public address; nil where there is none.
    private let publicOrigin: String?

    init(publicAddress: String?) {
        publicOrigin = publicAddress.map { address in
            let parts = address.lowercased().split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            return parts.prefix(3).joined(separator: "/")
        }
    }

    func isOurs(_ request: Request) -> Bool {
        let origin = request.headers[values: .origin]
        if let first = origin.first {
            let named = first.lowercased()
            return origin.count == 1 && (named == publicOrigin || isOfHost(named, request.head.authority))
        }
        guard let site = request.headers[.secFetchSite] else { return true }
        return site == "same-origin" || site == "none"
    }

    /// Whether an origin is the host that the request itself is for.
    private func isOfHost(_ origin: String, _ authority: String?) -> Bool {
        guard let authority = authority?.lowercased(), !authority.isEmpty else { return false }
        return origin == "http://\(authority)" || origin == "https://\(authority)"
    }
}
