import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongJSON
import LiandongOpen311
import LiandongReports

// Notices: public to read; published and withdrawn by clerks of the place.
extension APIRoutes {
    private static let write = TokenScope(.notices, .write)
    private static let id = APIParameter.path("id", "Of a notice.", Schemas.text(atMost: 64, atLeast: 1))

    var noticeOperations: [APIOperation] { [listing, one, publish, withdraw] }

    private var listing: APIOperation {
        APIOperation(
            id: "listNotices",
            method: .get,
            path: "/notices",
            tag: "notices",
            summary: "The notices for whoever lives in a place, the newest first",
            right: .anyoneMoreForStaff,
            parameters: [
                .query("place", "The code of the place; this node's when left out.", Schemas.placeCode),
                .query("current", "false: those that are to come, over or withdrawn, too; staff only.", Schemas.flag),
                .query("limit", "50 when left out.", Schemas.integer(1...200)),
                .query("after", "`next` of the page before.", Schemas.string),
            ],
            answer: .ok(Schemas.reference("Notices"), "Of the place and those above it, as this node holds them."),
            refusals: [.notFound]
        ) { request in
            guard let place = try request.place("place", desk.authority) ?? desk.place else {
                throw Problem.missing("place")
            }
            // What is to come and what was taken back is for staff.
            let isCurrent = try request.flag("current") ?? true
            var query = NoticeQuery(.line(place), isCurrent: isCurrent || request.visitor.staff == nil)
            query.limit = try request.integer("limit", in: 1...200) ?? 50
            query.after = try request.cursor("after")
            return try .report(try await desk.notices(query))
        }
    }

    private var one: APIOperation {
        APIOperation(
            id: "getNotice",
            method: .get,
            path: "/notices/{id}",
            tag: "notices",
            summary: "One notice",
            right: .anyoneMoreForStaff,
            parameters: [APIRoutes.id],
            answer: .ok(Schemas.reference("Notice"), "As this node knows it.")
        ) { request in try .report(try await notice(request).report) }
    }

    private var publish: APIOperation {
        APIOperation(
            id: "publishNotice",
            method: .post,
            path: "/notices",
            tag: "notices",
            summary: "Let the people of a place know something",
            right: .staff([.clerk], token: APIRoutes.write),
            body: Schemas.object(
                [
                    "title": Schemas.text(atMost: Notice.Limit.title, atLeast: 1),
                    "text": Schemas.text(atMost: Notice.Limit.text, atLeast: 1), "until": Schemas.time,
                ],
                optional: ["from": Schemas.time, "place": Schemas.placeCode]
            ),
            isRepeatable: true,
            answer: .created(Schemas.reference("Notice"), "As it was written.", headers: [.location])
        ) { request in
            let staff = try request.staff()
            let command = try request.body(NoticeForm.self).command(desk.authority, at: desk.place ?? staff.scope)
            guard staff.sees(command.place, desk.authority) else { throw Problem.missing("place") }
            let receipt = try await desk.perform(
                Recorded(command) { "\($0.record)" },
                by: Performer(staff, orElse: .resident),
                idempotency: try request.idempotencyKey()
            )
            let id = bytes(hexadecimal: receipt.id).flatMap { RecordID($0) }
            guard let id, let written = try await desk.notice(id) else { throw Problem.missing("notice") }
            return try .report(
                written,
                status: .created,
                headers: [.location: "\(APIRoutes.base)/notices/\(receipt.id)"]
            )
        }
    }

    private var withdraw: APIOperation {
        APIOperation(
            id: "withdrawNotice",
            method: .post,
            path: "/notices/{id}/withdraw",
            tag: "notices",
            summary: "Take a notice back",
            right: .staff([.clerk], token: APIRoutes.write),
            parameters: [APIRoutes.id],
            body: Schemas.object([:]),
            isRepeatable: true,
            answer: .ok(Schemas.reference("Notice"), "As it is now.")
        ) { request in
            let staff = try request.staff()
            let (id, found) = try await notice(request)
            guard staff.sees(found, desk.authority) else { throw Problem.missing("notice") }
            _ = try await desk.perform(
                Recorded(WithdrawNotice(id)) { "\($0.record)" },
                by: Performer(staff, orElse: .resident),
                idempotency: try request.idempotencyKey()
            )
            return try .report(try await notice(request).report)
        }
    }

    private func notice(_ request: APIRequest) async throws -> (id: RecordID, report: NoticeReport) {
        guard let id = request.recordID("id"), let found = try await desk.notice(id),
            request.visitor.staff != nil || found.isPublic
        else { throw Problem.missing("notice") }
        return (id, found)
    }
}

extension NoticeReport {
    /// Whether everyone may read it: not before its time, and not once it was taken back.
    var isPublic: Bool { [.current, .over].contains(Notice.State(rawValue: state)) }
}

extension StaffMember {
    /// Whether a notice is of their scope, so that they may take it back.
    func sees(_ notice: NoticeReport, _ authority: AuthorityState) -> Bool {
        authority.place(code: notice.place.code).map { sees($0.id, authority) } ?? false
    }
}

/// Something to let people know.
struct NoticeForm: Codable, Sendable {
    var title: String
    var text: String
    var from: String?
    var until: String
    var place: String?

    func command(_ authority: AuthorityState, at here: PlaceID) throws -> PublishNotice {
        PublishNotice(
            place: try place.map { try authority.requirePlace(code: $0).id } ?? here,
            title: title,
            text: text,
            from: try from.map { try GeoReportTime.required("from", $0) },
            until: try GeoReportTime.required("until", until)
        )
    }
}

extension GeoReportTime {
    /// - Parameter name: the field's, for the refusal.
    static func required(_ name: String, _ text: String) throws(Problem) -> Instant {
        guard let time = instant(text) else {
            throw .invalid(name, "\(text) is no time", wayOut: "give one like 2026-12-01T18:00:00+08:00")
        }
        return time
    }
}

extension Schemas {
    static let notice = object(
        [
            "schema": string, "as_of": time, "id": recordID, "place": reference("Place"), "title": string,
            "text": string, "published_at": time, "from": time, "until": time,
            "state": words(Notice.State.allCases.map(\.rawValue)), "verifying": flag,
        ],
        optional: ["withdrawn_at": time]
    )

    static let notices = object(
        [
            "schema": string, "as_of": time,
            "notices": list(
                object([
                    "id": recordID, "place": reference("Place"), "title": string, "published_at": time, "from": time,
                    "until": time, "state": words(Notice.State.allCases.map(\.rawValue)), "verifying": flag,
                ])
            ),
        ],
        optional: ["next": string]
    )
}
