import Foundation
import LiandongNode

/// Makes submissions of rows, and says which column keeps a row from being one.
struct ImportRows {
    private typealias Bounds = AdminRequest.Submission.Bounds

    /// Why a row cannot be taken.
    struct Fault: Error {
        var column: String?
        var value: String?
        let reason: String
    }

    private let map: ImportMap
    private let places: Set<String>
    private let requested: Reader?
    private let closed: Reader?

    /// - Parameter places: the codes of the district's places.
    init(_ map: ImportMap, places: Set<String>) throws {
        self.map = map
        self.places = places
        self.requested = try map.requested.map(Reader.init)
        self.closed = try map.closed.map(Reader.init)
    }

    /// - Throws: ``Fault``.
    func submission(_ row: [String: String]) throws -> AdminRequest.Submission {
        let texts = map.text.compactMap { row[$0] }.filter { !$0.isEmpty }
        let service = try chosen(map.service, row, "service")
        guard Bounds.isService(service) else {
            throw fault(
                map.service.column,
                row,
                "the map gives the service \(service), which is none of the list of services"
            )
        }
        var form = AdminRequest.Submission(
            service: service,
            place: try place(row),
            text: try bounded(texts.joined(separator: ": "), map.text.joined(separator: ", "), Bounds.textLimit),
            channel: "import"
        )
        form.externalSystem = map.system
        form.externalIdentifier = try identifier(row)
        form.address = try optional(map.address, row, Bounds.addressLimit)
        guard !form.text.isEmpty || form.address?.isEmpty == false else {
            throw Fault(
                column: map.text.joined(separator: ", "),
                value: "",
                reason: "the request says nothing: text and address are empty"
            )
        }
        (form.latitude, form.longitude) = try location(row)
        form.requestedAt = try requested?.milliseconds(row)
        form.closedAt = try closed?.milliseconds(row)
        form.outcome = try optional(map.outcome, row, Bounds.outcomeLimit)
        return form
    }

    // MARK: Columns

    private func identifier(_ row: [String: String]) throws -> String {
        let identifier = try bounded(row[map.identifier] ?? "", map.identifier, Bounds.identifierLimit)
        guard !identifier.isEmpty else {
            throw fault(map.identifier, row, "it is empty; without it the row could be imported twice")
        }
        return identifier
    }

    private func place(_ row: [String: String]) throws -> String? {
        guard let choice = map.place else { return nil }
        let code = try chosen(choice, row, "place")
        guard places.contains(code) else {
            throw fault(choice.column, row, "the map gives the place \(code), which is none of this district's")
        }
        return code
    }

    private func location(_ row: [String: String]) throws -> (Double?, Double?) {
        let latitude = try degrees(map.latitude, row, Bounds.latitudes)
        let longitude = try degrees(map.longitude, row, Bounds.longitudes)
        switch (latitude, longitude) {
        case (nil, .some): throw fault(map.latitude ?? "", row, "a longitude is given without a latitude")
        case (.some, nil): throw fault(map.longitude ?? "", row, "a latitude is given without a longitude")
        default: return (latitude, longitude)
        }
    }

    // MARK: Values

    private func fault(_ column: String, _ row: [String: String], _ reason: String) -> Fault {
        let value = row[column] ?? ""
        return Fault(column: column, value: value, reason: "\"\(value)\": \(reason)")
    }

    private func chosen(_ choice: ImportMap.Choice, _ row: [String: String], _ what: String) throws -> String {
        if let known = choice.values[row[choice.column] ?? ""] ?? choice.otherwise { return known }
        throw fault(choice.column, row, "the map gives no \(what) for it; add it to values, or give otherwise")
    }

    private func optional(_ column: String?, _ row: [String: String], _ limit: Int) throws -> String? {
        guard let column, let text = row[column] else { return nil }
        return try bounded(text, column, limit)
    }

    private func bounded(_ text: String, _ column: String, _ limit: Int) throws -> String {
        let count = text.unicodeScalars.count
        guard count <= limit else {
            throw Fault(
                column: column,
                value: String(text.prefix(60)) + "…",
                reason: "\(count) characters, at most \(limit) are allowed"
            )
        }
        return text
    }

    private func degrees(
        _ column: String?,
        _ row: [String: String],
        _ allowed: ClosedRange<Double>
    ) throws -> Double? {
        guard let column, let text = row[column], !text.isEmpty else { return nil }
        guard let number = Double(text), allowed.contains(number) else {
            let bounds = "\(Int(allowed.lowerBound)) to \(Int(allowed.upperBound))"
            throw fault(column, row, "it is no number of degrees; \(bounds) are allowed")
        }
        return number
    }

    /// Reads the times of one column.
    private struct Reader {
        private let moment: ImportMap.Moment
        private let formatter: DateFormatter

        init(_ moment: ImportMap.Moment) throws {
            guard let zone = TimeZone(identifier: moment.zone) else {
                throw NodeError(.usage, "the map's zone \(moment.zone) is unknown; give one such as Asia/Shanghai")
            }
            self.moment = moment
            formatter = DateFormatter()
            formatter.locale = Locale(identifier: "en_US_POSIX")
            formatter.dateFormat = moment.format
            formatter.timeZone = zone
        }

        /// Milliseconds since 1970; nil when the column is empty.
        func milliseconds(_ row: [String: String]) throws -> Int64? {
            guard let text = row[moment.column], !text.isEmpty else { return nil }
            guard let date = formatter.date(from: text) else {
                throw Fault(
                    column: moment.column,
                    value: text,
                    reason: "\"\(text)\" is no time of the form \(moment.format) in \(moment.zone)"
                )
            }
            return Int64(date.timeIntervalSince1970 * 1_000)
        }
    }
}
