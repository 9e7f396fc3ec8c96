package import LiandongCore

/// Which requests GET Service Requests asks for.
package struct ServiceRequestFilter: Sendable, Hashable {
    /// Numbers; when there are any, nothing else is looked at.
    package var numbers: [String]
    /// Empty: every service.
    package var serviceCodes: Set<String>
    /// By `requested_datetime`, both ends included; nil only beside ``numbers``.
    package var period: ClosedRange<Instant>?
    /// Empty: both.
    package var statuses: Set<ServiceRequest.Status>
    /// The most that are answered, newest first.
    package var limit: Int

    /// The longest span and the greatest number that the specification lets one request ask for.
    package static let longestDays: Int64 = 90
    package static let greatestCount = 1000

    package init(
        numbers: [String] = [],
        serviceCodes: Set<String> = [],
        period: ClosedRange<Instant>? = nil,
        statuses: Set<ServiceRequest.Status> = [],
        limit: Int = ServiceRequestFilter.greatestCount
    ) {
        self.numbers = numbers
        self.serviceCodes = serviceCodes
        self.period = period
        self.statuses = statuses
        self.limit = limit
    }

    /// Reads a query.
    ///
    /// Without dates it asks for the last 90 days; with one of them, for the 90 days after or before it.
    ///
    /// - Throws: error 400 naming the parameter, its value, the bound and the way out.
    package init(_ query: FormParameters, now: Instant) throws(GeoReportError) {
        self.init()
        numbers = try query.list("service_request_id", limit: ServiceRequestFilter.greatestCount)
        // "This overrides all other arguments."
        guard numbers.isEmpty else { return }
        serviceCodes = Set(try query.list("service_code", limit: 200))
        statuses = try query.statuses()
        period = try ServiceRequestFilter.period(
            start: try query.instant("start_date"),
            end: try query.instant("end_date"),
            now: now
        )
    }

    static func period(
        start: Instant?,
        end: Instant?,
        now: Instant
    ) throws(GeoReportError) -> ClosedRange<Instant> {
        let span = longestDays * 86_400_000
        switch (start, end) {
        case (nil, nil):
            return now.advanced(byMilliseconds: -span)...now
        case (.some(let start), nil):
            return start...start.advanced(byMilliseconds: span)
        case (nil, .some(let end)):
            return end.advanced(byMilliseconds: -span)...end
        case (.some(let start), .some(let end)):
            guard start <= end else {
                throw .invalid(
                    "end_date",
                    GeoReportTime.text(end),
                    "it is before start_date \(GeoReportTime.text(start)); exchange them"
                )
            }
            guard end.milliseconds(since: start) <= span else {
                throw .invalid(
                    "end_date",
                    GeoReportTime.text(end),
                    "start_date and end_date may not span more than \(longestDays) days; ask in several requests"
                )
            }
            return start...end
        }
    }
}

extension FormParameters {
    fileprivate func statuses() throws(GeoReportError) -> Set<ServiceRequest.Status> {
        var statuses: Set<ServiceRequest.Status> = []
        for word in try list("status", limit: 10) {
            guard let status = ServiceRequest.Status(rawValue: word.lowercased()) else {
                throw .invalid("status", word, "it is no status; give open, closed or open,closed")
            }
            statuses.insert(status)
        }
        return statuses
    }

    func instant(_ name: String) throws(GeoReportError) -> Instant? {
        guard let text = try value(name) else { return nil }
        guard let instant = GeoReportTime.instant(text) else {
            throw .invalid(name, text, "it is no time of ISO 8601; give one such as 2026-01-31T08:00:00+08:00")
        }
        return instant
    }
}
