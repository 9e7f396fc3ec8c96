import Foundation
import LiandongCore
import LiandongDomain
import LiandongOpen311
import Testing

/// Golden texts of every answer, after the examples of GeoReport v2.
struct DocumentTests {
    private static let header = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    private let afternoon = Instant(milliseconds: 1_795_241_100_000)  // 2026-11-21T14:05:00+08:00

    private func texts(_ document: some GeoReportDocument) throws -> (json: String, xml: String) {
        (
            String(decoding: try GeoReportFormat.json.encode(document), as: UTF8.self),
            String(decoding: try GeoReportFormat.xml.encode(document), as: UTF8.self)
        )
    }

    @Test("Errors are a list of codes and descriptions")
    func errors() throws {
        let (json, xml) = try texts(GeoReportErrors([GeoReportError(code: 404, description: "a < b & \u{1}")]))
        #expect(json == #"[{"code":404,"description":"a < b & \u0001"}]"#)
        #expect(
            xml == Self.header
                + "<errors><error><code>404</code><description>a &lt; b &amp; \u{FFFD}</description></error></errors>"
        )
    }

    @Test("A submission is answered with its number, or with a token alone")
    func submission() throws {
        let (json, xml) = try texts(SubmissionAnswer(.number("0123"), notice: "n", accountID: nil))
        #expect(json == #"[{"account_id":null,"service_notice":"n","service_request_id":"0123"}]"#)
        #expect(
            xml == Self.header
                + "<service_requests><request><service_request_id>0123</service_request_id>"
                + "<service_notice>n</service_notice><account_id /></request></service_requests>"
        )
        let token = try texts(SubmissionAnswer(.token("t"), notice: nil, accountID: "7"))
        #expect(token.json == #"[{"account_id":"7","service_notice":null,"token":"t"}]"#)
    }

    @Test("A token is answered with the number it stands for")
    func token() throws {
        let (json, xml) = try texts(TokenAnswer(number: "01", token: "t"))
        #expect(json == #"[{"service_request_id":"01","token":"t"}]"#)
        #expect(
            xml == Self.header
                + "<service_requests><request><service_request_id>01</service_request_id><token>t</token>"
                + "</request></service_requests>"
        )
    }

    @Test("Discovery lists its endpoints and their formats")
    func discovery() throws {
        let discovery = Discovery(
            changeset: afternoon,
            contact: "c",
            keyService: "k",
            endpoints: ["http://h/open311/v2"]
        )
        let (json, xml) = try texts(discovery)
        #expect(
            json == #"{"changeset":"2026-11-21T14:05:00+08:00","contact":"c","endpoints":[{"#
                + #""changeset":"2026-11-21T14:05:00+08:00","formats":["text/xml","application/json"],"#
                + #""specification":"http://wiki.open311.org/GeoReport_v2","type":"production","#
                + #""url":"http://h/open311/v2"}],"key_service":"k"}"#
        )
        #expect(
            xml == Self.header
                + "<discovery><changeset>2026-11-21T14:05:00+08:00</changeset><contact>c</contact>"
                + "<key_service>k</key_service><endpoints><endpoint>"
                + "<specification>http://wiki.open311.org/GeoReport_v2</specification>"
                + "<url>http://h/open311/v2</url><changeset>2026-11-21T14:05:00+08:00</changeset>"
                + "<type>production</type><formats><format>text/xml</format><format>application/json</format></formats>"
                + "</endpoint></endpoints></discovery>"
        )
    }

    @Test("A request is told with every field, absent ones as null or empty")
    func request() throws {
        var request = ServiceRequest(
            id: "4412020010010126112100001",
            status: .open,
            serviceCode: "0103",
            requestedAt: afternoon,
            updatedAt: afternoon
        )
        request.latitude = 23.05
        request.longitude = 112.46
        let (json, xml) = try texts(ServiceRequestList([request]))
        #expect(
            json == #"[{"address":null,"address_id":null,"agency_responsible":null,"description":null,"#
                + #""expected_datetime":null,"lat":23.05,"long":112.46,"media_url":null,"#
                + #""requested_datetime":"2026-11-21T14:05:00+08:00","service_code":"0103","service_name":null,"#
                + #""service_notice":null,"service_request_id":"4412020010010126112100001","status":"open","#
                + #""status_notes":null,"updated_datetime":"2026-11-21T14:05:00+08:00","zipcode":null}]"#
        )
        #expect(
            xml == Self.header
                + "<service_requests><request><service_request_id>4412020010010126112100001</service_request_id>"
                + "<status>open</status><status_notes /><service_name /><service_code>0103</service_code>"
                + "<description /><agency_responsible /><service_notice />"
                + "<requested_datetime>2026-11-21T14:05:00+08:00</requested_datetime>"
                + "<updated_datetime>2026-11-21T14:05:00+08:00</updated_datetime><expected_datetime />"
                + "<address /><address_id /><zipcode /><lat>23.05</lat><long>112.46</long><media_url />"
                + "</request></service_requests>"
        )
        let none = try texts(ServiceRequestList([]))
        #expect(none.json == "[]")
        #expect(
            none.xml.hasSuffix("<service_requests />") || none.xml.hasSuffix("<service_requests></service_requests>")
        )
    }

    @Test("A definition numbers its questions and names their values")
    func definition() throws {
        let service = try #require(
            ServiceCatalogue.current.services.first { $0.attributes.contains { !$0.values.isEmpty } }
        )
        let (json, xml) = try texts(ServiceDefinition(service, in: .english))
        #expect(json.hasPrefix(#"{"attributes":[{"code":"#))
        #expect(json.contains(#""datatype_description":null"#))
        #expect(json.contains(#""order":1"#))
        #expect(json.hasSuffix(#""service_code":"\#(service.code)"}"#))
        #expect(xml.contains("<service_definition><service_code>\(service.code)</service_code><attributes><attribute>"))
        #expect(xml.contains("<variable>true</variable>"))
        #expect(xml.contains("<values><value><key>"))
    }

    @Test("The service list has every service, in either language")
    func services() throws {
        let catalogue = ServiceCatalogue.current
        let list = try texts(ServiceList(catalogue, in: .english))
        let parsed = try #require(
            try JSONSerialization.jsonObject(with: Data(list.json.utf8)) as? [[String: Any]]
        )
        #expect(parsed.count == catalogue.services.count)
        #expect(parsed.first?["service_code"] as? String == catalogue.services.first?.code)
        #expect(parsed.first?["type"] as? String == "realtime")
        #expect(parsed.first?["metadata"] is Bool)
        #expect(list.xml.hasPrefix(Self.header + "<services><service><service_code>"))
        let first = try #require(catalogue.services.first)
        #expect(try texts(ServiceList(catalogue, in: .chinese)).json.contains(first.name.zh))
    }

    @Test(
        "Reads times with every offset and refuses the rest",
        arguments: [
            ("2026-11-21T14:05:00+08:00", 1_795_241_100_000 as Int64?),
            ("2026-11-21T14:05:00 08:00", 1_795_241_100_000),
            ("2026-11-21T06:05:00Z", 1_795_241_100_000),
            ("2026-11-21T01:05:00-0500", 1_795_241_100_000),
            ("2026-11-21T06:05:00.25Z", 1_795_241_100_250),
            ("2026-02-30T06:05:00Z", nil), ("2026-11-21T24:05:00Z", nil), ("2026-11-21T06:05:00", nil),
            ("2026-11-21", nil), ("", nil), ("2026-11-21T06:05:00.Z", nil), ("2026-11-21T06:05:00+8", nil),
            ("２026-11-21T06:05:00Z", nil), ("2026-11-21T06:05:00+99:00", nil),
        ]
    )
    func times(text: String, milliseconds: Int64?) {
        #expect(GeoReportTime.instant(text)?.milliseconds == milliseconds)
    }

    @Test("Picks the first language of the header that is kept")
    func languages() {
        #expect(Language(accepting: nil) == .chinese)
        #expect(Language(accepting: "fr, en-US;q=0.9, zh") == .english)
        #expect(Language(accepting: "zh-CN,en") == .chinese)
    }
}
