import LiandongCore
import LiandongDomain
import LiandongOpen311
import Testing

/// What forms and queries are read as, and how each parameter is refused.
struct ParameterTests {
    private let now = Instant(milliseconds: 1_795_241_100_000)

    private func submission(_ text: String) throws -> ServiceRequestSubmission {
        try ServiceRequestSubmission(try FormParameters(Array(text.utf8)))
    }

    private func filter(_ text: String) throws -> ServiceRequestFilter {
        try ServiceRequestFilter(try FormParameters(Array(text.utf8)), now: now)
    }

    @Test("Reads a whole form")
    func wholeForm() throws {
        let read = try submission(
            "service_code=0103&lat=23.05&long=-112.5&address_string=%E5%BB%BA%E8%AE%BE+1&address_id=441202001001"
                + "&description=a%26b&email=a@b.c&device_id=d&account_id=7&first_name=%E4%BC%9F&last_name=%E9%99%88"
                + "&phone=0758-2234567&media_url=https://e.org/a.jpg&attribute[volume]=3&attribute[kind][]=x"
                + "&attribute[kind][]=y&unknown=1&api_key=z"
        )
        #expect(read.serviceCode == "0103")
        #expect(read.location == GeoPoint(latitude: 23.05, longitude: -112.5))
        #expect(read.address == "建设 1")
        #expect(read.addressID == "441202001001")
        #expect(read.description == "a&b")
        #expect(read.name == "陈伟")
        #expect(
            read.attributes == [
                AttributeValue(code: "volume", value: "3"), AttributeValue(code: "kind", value: "x"),
                AttributeValue(code: "kind", value: "y"),
            ]
        )
    }

    @Test(
        "Refuses each parameter by its name, with 400",
        arguments: [
            ("lat=1&long=1", "service_code"),
            ("service_code=0103", "a location"),
            ("service_code=%20&lat=1&long=1", "service_code"),
            ("service_code=1&lat=1", "long"),
            ("service_code=1&long=1", "lat"),
            ("service_code=1&lat=91&long=1", "lat"),
            ("service_code=1&lat=1&long=-180.1", "long"),
            ("service_code=1&lat=nan&long=1", "lat"),
            ("service_code=1&lat=0x10&long=1", "lat"),
            ("service_code=1&lat=1e1&long=1", "lat"),
            ("service_code=1&address_id=1&email=nobody", "email"),
            ("service_code=1&address_id=1&phone=none", "phone"),
            ("service_code=1&address_id=1&media_url=javascript:1", "media_url"),
            ("service_code=1&address_id=1&address_id=2", "address_id"),
            ("service_code=1&address_id=1&attribute[]=2", "attribute[]"),
            ("service_code=1&address_id=1&attribute[a]b=2", "attribute[a]b"),
            ("service_code=1&address_id=1&description=%FF", "description"),
            ("service_code=1&address_id=1&description=%4", "description"),
            ("service_code=1&address_id=1&description=\(String(repeating: "x", count: 4001))", "description"),
            ("service_code=1&address_id=\(String(repeating: "1", count: 41))", "address_id"),
        ]
    )
    func refusals(form: String, parameter: String) throws {
        let error = try #require(throws: GeoReportError.self) { try submission(form) }
        #expect(error.code == 400)
        #expect(error.description.contains(parameter))
        #expect(error.description.unicodeScalars.count < 400)
    }

    @Test("Takes a description of exactly 4,000 characters, and the same value twice")
    func bounds() throws {
        let text = String(repeating: "%E5%AD%97", count: 4000)
        #expect(try submission("service_code=1&address_id=1&description=\(text)").description?.count == 4000)
        #expect(try submission("service_code=1&service_code=1&address_id=1").serviceCode == "1")
    }

    @Test("Refuses more than 200 parameters")
    func count() throws {
        let form = String(repeating: "a=1&", count: 201)
        let error = try #require(throws: GeoReportError.self) { try FormParameters(Array(form.utf8)) }
        #expect(error.code == 400)
    }

    @Test("Without dates asks for the last 90 days; with one, for the 90 beside it")
    func periods() throws {
        let span: Int64 = 90 * 86_400_000
        #expect(try filter("").period == now.advanced(byMilliseconds: -span)...now)
        let start = try #require(GeoReportTime.instant("2026-01-01T00:00:00+08:00"))
        #expect(try filter("start_date=2026-01-01T00:00:00%2B08:00").period?.lowerBound == start)
        #expect(
            try filter("start_date=2026-01-01T00:00:00+08:00").period == start...start.advanced(byMilliseconds: span)
        )
        #expect(try filter("end_date=2026-01-01T00:00:00Z").period?.upperBound.milliseconds == 1_767_225_600_000)
        #expect(try filter("start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:00Z").period != nil)
    }

    @Test("Numbers override the other filters")
    func numbers() throws {
        let read = try filter("service_request_id=12,%2013,12&status=nonsense&service_code=1")
        #expect(read == ServiceRequestFilter(numbers: ["12", "13"]))
    }

    @Test("Reads lists of codes and statuses")
    func lists() throws {
        let read = try filter("service_code=0103,0104&status=Open,closed")
        #expect(read.serviceCodes == ["0103", "0104"])
        #expect(read.statuses == [.open, .closed])
        #expect(read.limit == 1000)
    }

    @Test(
        "Refuses each filter by its name",
        arguments: [
            ("status=done", "status"), ("start_date=yesterday", "start_date"), ("end_date=1", "end_date"),
            ("start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z", "end_date"),
            ("start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:01Z", "90 days"),
        ]
    )
    func filterRefusals(query: String, parameter: String) throws {
        let error = try #require(throws: GeoReportError.self) { try filter(query) }
        #expect(error.code == 400)
        #expect(error.description.contains(parameter))
    }

    @Test("Random bytes are read or refused, never more", arguments: 0..<50)
    func hostile(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        let alphabet = Array("&=%+[]attribute,\u{0}lat0179é".utf8) + [0xFF, 0xC0, 0x80]
        for _ in 0..<200 {
            let bytes = (0..<60).map { _ -> UInt8 in
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return alphabet[Int(state % UInt64(alphabet.count))]
            }
            guard let form = try? FormParameters(bytes) else { continue }
            _ = try? ServiceRequestSubmission(form)
            _ = try? ServiceRequestFilter(form, now: now)
        }
    }
}
