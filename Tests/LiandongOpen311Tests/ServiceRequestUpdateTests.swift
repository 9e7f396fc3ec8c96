import LiandongCore
import LiandongDomain
import LiandongOpen311
import Testing

@Suite("Service request updates")
struct ServiceRequestUpdateTests {
    private let afternoon = Instant(milliseconds: 1_795_241_100_000)  // 2026-11-21T14:05:00+08:00

    private func form(_ text: String) throws -> FormParameters { try FormParameters(text.utf8) }

    @Test("Each tells its request, the status after it, and what was said or done")
    func document() throws {
        let dispatched = ServiceRequestUpdate(
            id: "0a",
            requestID: "12",
            status: .actionScheduled,
            updatedAt: afternoon,
            text: nil,
            title: Localized("派单", "dispatched")
        )
        let list = ServiceRequestUpdateList([dispatched], in: .chinese)
        #expect(
            String(decoding: try GeoReportFormat.json.encode(list), as: UTF8.self)
                == #"[{"description":"派单","service_request_id":"12","status":"action_scheduled","#
                + #""update_id":"0a","updated_datetime":"2026-11-21T14:05:00+08:00"}]"#
        )
        let xml = String(decoding: try GeoReportFormat.xml.encode(list), as: UTF8.self)
        #expect(xml.contains("<service_request_updates><request_update><update_id>0a</update_id>"))
        let answer = String(decoding: try GeoReportFormat.xml.encode(UpdateAnswer(id: "0a")), as: UTF8.self)
        let inside = "<request_update><update_id>0a</update_id></request_update>"
        #expect(answer.hasSuffix("<service_request_updates>\(inside)</service_request_updates>"))
    }

    @Test("Without dates all of a request is asked for, and of all requests the last 90 days")
    func filter() throws {
        let named = try ServiceRequestUpdateFilter(try form("service_request_id=1,2"), now: afternoon)
        #expect(named.numbers == ["1", "2"] && named.period == nil)
        let all = try ServiceRequestUpdateFilter(try form(""), now: afternoon)
        #expect(all.period == afternoon.advanced(byMilliseconds: -90 * 86_400_000)...afternoon)
        let since = try ServiceRequestUpdateFilter(
            try form("service_request_id=1&start_date=2026-11-21T14:05:00%2B08:00"),
            now: afternoon
        )
        #expect(since.period?.lowerBound == afternoon)
        for wrong in ["start_date=x", "start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z"] {
            #expect(throws: GeoReportError.self) { try ServiceRequestUpdateFilter(try form(wrong), now: afternoon) }
        }
    }

    @Test("A requester says more, or asks for reopening; a status is not theirs to set")
    func submission() throws {
        let base = "service_request_id=12&query_code=12345678&description=%E8%BF%98%E6%B2%A1%E4%BF%AE"
        let more = try ServiceRequestUpdateSubmission(try form(base + "&update_id=u1&status=open"))
        #expect(more.number == "12" && more.queryCode == "12345678" && more.text == "还没修" && more.updateID == "u1")
        #expect(!more.asksReopening)
        #expect(try ServiceRequestUpdateSubmission(try form(base + "&status=REOPEN")).asksReopening)
        for name in ["service_request_id", "query_code", "description"] {
            let rest = base.split(separator: "&").filter { !$0.hasPrefix(name) }.joined(separator: "&")
            let error = #expect(throws: GeoReportError.self) { try ServiceRequestUpdateSubmission(try form(rest)) }
            #expect(error?.code == 400 && error?.description.hasPrefix(name) == true)
        }
        let error = #expect(throws: GeoReportError.self) {
            try ServiceRequestUpdateSubmission(try form(base + "&status=closed"))
        }
        #expect(error?.description.contains("reopen") == true)
    }

    @Test("Every status of an order has one of the extension's, closed or not as GeoReport's own")
    func statuses() {
        let ended: Set<ServiceRequestUpdate.Status> = [.closed, .noFurtherAction]
        for status in [
            WorkOrder.Status.submitted, .accepted, .reopened, .filed, .dispatched, .signedFor, .handling, .handled,
            .verified, .revisited, .declined, .closed, .archived,
        ] {
            #expect(ended.contains(ServiceRequestUpdate.Status(status)) == !status.isOpen, "\(status)")
        }
    }
}
