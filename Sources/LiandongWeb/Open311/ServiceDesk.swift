package import LiandongCore
package import LiandongDomain
package import LiandongOpen311

/// What the Open311 routes ask of a node: values in, values out, and no HTTP.
///
/// Every function may throw a ``ServiceDeskError`` for an expected refusal; anything else is taken for a fault of this
/// node and answered with 500.
package protocol ServiceDesk: Sendable {
    /// Whom this node answers for.
    var jurisdiction: Jurisdiction { get }

    /// The services that can be requested, with their definitions.
    var catalogue: ServiceCatalogue { get }

    /// Takes a request in.
    ///
    /// Returns after the request is on this node's disk: what it returns has been promised.
    /// - Parameter idempotency: The same key with the same body gives the same receipt, for at least a day; with
    ///   another body, ``ServiceDeskError/conflict(_:)``.
    func submit(
        _ submission: ServiceRequestSubmission,
        idempotency: IdempotencyKey?
    ) async throws -> SubmissionReceipt

    /// - Returns: nil for a number that this node holds no request of.
    func request(_ number: String) async throws -> ServiceRequest?

    /// Newest first, at most `filter.limit`.
    func requests(_ filter: ServiceRequestFilter) async throws -> [ServiceRequest]

    /// What was done about requests, newest first, at most ``ServiceRequestUpdateFilter/limit``.
    ///
    /// - Throws: ``ServiceDeskError/invalid(_:_:)`` for a period in which too many requests were worked on.
    func updates(_ filter: ServiceRequestUpdateFilter) async throws -> [ServiceRequestUpdate]

    /// - Returns: nil for a token that was never given here.
    func number(token: String) async throws -> String?

    /// Whether this node can serve; asked by `/readyz`.
    func readiness() async -> Readiness
}

/// Whom a node answers for, as GeoReport v2's discovery tells it.
package struct Jurisdiction: Sendable, Hashable {
    /// The district's code or domain name; another's is answered with 404.
    package let id: String
    package let contact: String
    package let keyService: String
    /// When what this node serves last changed.
    package let changeset: Instant

    package init(id: String, contact: String, keyService: String = "no key is needed", changeset: Instant) {
        self.id = id
        self.contact = contact
        self.keyService = keyService
        self.changeset = changeset
    }
}

/// What a requester takes home.
package struct SubmissionReceipt: Sendable, Hashable {
    package let record: RecordID
    /// 25 digits; nil when only ``token`` can be given yet.
    package let number: String?
    /// 8 digits with which the requester sees their own request; never shown again.
    package let queryCode: String?
    /// Stands for the number at `tokens/{token}`.
    package let token: String

    package init(record: RecordID, number: String?, queryCode: String?, token: String) {
        self.record = record
        self.number = number
        self.queryCode = queryCode
        self.token = token
    }
}

/// Whether a node can serve.
package enum Readiness: Sendable, Hashable {
    case ready
    /// In words: what is not there yet.
    case unready(String)
}
