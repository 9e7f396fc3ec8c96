import HTTPTypes

// Names of header fields that swift-http-types has no word for.
extension HTTPField.Name {
    static let secFetchSite = known("Sec-Fetch-Site")
    static let idempotencyKey = known("Idempotency-Key")
    /// The code that a requester got with the receipt; not in the address, which is logged on the way.
    static let queryCode = known("Query-Code")
    /// On what a page asks by itself to stay up to date.
    static let liveRefresh = known("Live-Refresh")
    static let formToken = known("X-CSRF-Token")
    static let forwardedFor = known("X-Forwarded-For")
    static let referrerPolicy = known("Referrer-Policy")
    static let crossOriginOpenerPolicy = known("Cross-Origin-Opener-Policy")
    static let permissionsPolicy = known("Permissions-Policy")

    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no name of a field") }
        return name
    }
}
