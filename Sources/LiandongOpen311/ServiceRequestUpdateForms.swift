package import LiandongCore

/// Which updates GET Service Request Updates asks for.
package struct ServiceRequestUpdateFilter: Sendable, Hashable {
    /// Of these requests; empty: of all.
    package var numbers: [String] = []
    /// By `updated_datetime`, both ends included; nil only beside ``numbers``: all of theirs.
    package var period: ClosedRange<Instant>?

    /// The most that are answered, newest first.
    package static let limit = 1_000

    /// Reads a query.
    ///
    /// Without dates it asks for all updates of the requests named, or else for those of the last 90 days; with one of
    /// them, for the 90 days after or before it.
    ///
    /// - Throws: error 400 naming the parameter, its value, the bound and the way out.
    package init(_ query: FormParameters, now: Instant) throws(GeoReportError) {
        numbers = try query.list("service_request_id", limit: 100)
        let (start, end) = (try query.instant("start_date"), try query.instant("end_date"))
        guard numbers.isEmpty || start != nil || end != nil else { return }
        period = try ServiceRequestFilter.period(start: start, end: end, now: now)
    }

    package init() {}
}

/// What POST Service Request Update hands in: more from whoever made the request.
package struct ServiceRequestUpdateSubmission: Sendable, Hashable {
    package let number: String
    /// The digits that the receipt of the request told; they say that its requester speaks.
    package let queryCode: String
    package let text: String
    /// Whether it is asked to take the request up again.
    package let asksReopening: Bool
    /// The sender's own name of it: the same sent again is not written again.
    package let updateID: String?

    /// Reads a form.
    ///
    /// - Throws: error 400 naming the parameter, its value, the bound and the way out.
    package init(_ form: FormParameters) throws(GeoReportError) {
        guard let number = try form.value("service_request_id", limit: 100) else {
            throw .missing("service_request_id", wayOut: "give the number that the request was answered with")
        }
        guard let queryCode = try form.value("query_code", limit: 20) else {
            throw .missing(
                "query_code",
                wayOut: "give the 8 digits of the service_notice that the request was answered with"
            )
        }
        guard let text = try form.value("description", limit: ServiceRequestSubmission.descriptionLimit) else {
            throw .missing("description", wayOut: "say what there is to add")
        }
        self.number = number
        self.queryCode = queryCode
        self.text = text
        self.asksReopening = try form.asksReopening()
        self.updateID = try form.value("update_id", limit: 100)
    }
}

extension FormParameters {
    fileprivate func asksReopening() throws(GeoReportError) -> Bool {
        guard let status = try value("status", limit: 40) else { return false }
        guard ["reopen", "open"].contains(status.lowercased()) else {
            throw .invalid(
                "status",
                status,
                "a requester does not set it; give reopen to ask for that, or leave it out"
            )
        }
        return status.lowercased() == "reopen"
    }
}
