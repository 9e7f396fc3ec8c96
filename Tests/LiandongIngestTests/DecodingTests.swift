import LiandongCore
import LiandongDomain
import LiandongIngest
import Testing

@Suite("Decoding what devices send")
struct DecodingTests {
    static let now = Instant(milliseconds: 1_790_000_000_000)

    func decode(_ text: String, _ format: MessageFormat = .json) throws -> [DeviceMessage] {
        try DeviceMessage.decode(Array(text.utf8), as: format, now: Self.now)
    }

    @Test("A message, a list of them and an object of them say the same")
    func shapes() throws {
        let one = #"{"seq": 7, "boot": "b1", "t": 1790000000, "values": {"smoke": true, "battery": 88.5, "s": "x"}}"#
        let expected = DeviceMessage(
            sequence: .init(boot: "b1", number: 7),
            items: [
                .init(series: "smoke", at: Self.now, value: .flag(true)),
                .init(series: "battery", at: Self.now, value: .number(88.5)),
                .init(series: "s", at: Self.now, value: .text("x")),
            ]
        )
        #expect(try decode(one) == [expected])
        #expect(try decode("[\(one), \(one)]") == [expected, expected])
        #expect(try decode("{\"messages\": [\(one)]}") == [expected])
    }

    @Test(
        "Times are seconds, milliseconds or RFC 3339, and a reading's own stands before its message's",
        arguments: ["1790000000", "1790000000000", "\"2026-09-21T22:13:20+08:00\"", "\"2026-09-21T14:13:20.000Z\""]
    )
    func times(_ text: String) throws {
        let message = try #require(
            try decode("{\"t\": 5, \"readings\": [{\"n\": \"a\", \"v\": 1, \"t\": \(text)}, {\"n\": \"b\", \"v\": 2}]}")
                .first
        )
        #expect(message.items.map(\.at) == [Self.now, Instant(milliseconds: 5_000)])
    }

    @Test(
        "Refuses what is not of the form, and says where",
        arguments: [
            "", "{", "[]", "1", "{}", "{\"values\": {}}", "{\"values\": {\"a\": null}}", "{\"values\": {\"a b\": 1}}",
            "{\"values\": {\"a\": 1}, \"values\": {\"a\": 2}}", "{\"valeus\": {\"a\": 1}}",
            "{\"values\": {\"a\": 1e101}}",
            "{\"values\": {\"a\": 01}}", "{\"values\": {\"a\": 1}} x", "{\"values\": {\"a\": \"\\u0001\"}}",
            "{\"seq\": 1, \"values\": {\"a\": 1}}", "{\"seq\": -1, \"boot\": \"b\", \"values\": {\"a\": 1}}",
            "{\"seq\": 1.5, \"boot\": \"b\", \"values\": {\"a\": 1}}", "{\"t\": \"yesterday\", \"values\": {\"a\": 1}}",
            "{\"t\": \"2026-13-01T00:00:00Z\", \"values\": {\"a\": 1}}", "{\"values\": {\"a\": \"\u{1}\"}}",
            "{\"values\": {\"a\": \"\\ud800\"}}", "{\"readings\": [{\"n\": \"a\"}]}",
        ]
    )
    func refused(_ text: String) throws {
        let error = #expect(throws: DecodingRefusal.self) { try decode(text) }
        #expect(error?.code == .malformed, "less at once would not help, so it is kept")
    }

    @Test("Nested too deep, too many and too long are refused before they cost anything")
    func bounds() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: DecodingRefusal.self) { try decode(deep) }
        let long = "{\"values\": {\"a\": \"\(String(repeating: "x", count: 257))\"}}"
        #expect(throws: DecodingRefusal(.malformed, "a text of 257 bytes is too long, at most 256 are allowed")) {
            try decode(long)
        }
        let many = "[" + Array(repeating: "{\"values\": {\"a\": 1}}", count: 1_001).joined(separator: ",") + "]"
        let error = #expect(throws: DecodingRefusal.self) { try decode(many) }
        #expect(error?.code == .tooMuch)
    }

    @Test("Any bytes are a message or a refusal", arguments: 1...50)
    func anyBytes(seed: UInt64) throws {
        var state = seed
        func random(_ limit: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % limit
        }
        let alphabet = Array("{}[]\":,.0123456789-+eEtrufalsn\\ bvt\u{7F}".utf8) + [0xFF, 0xC3, 0]
        for _ in 0..<200 {
            let bytes = (0..<random(60)).map { _ in alphabet[Int(random(UInt64(alphabet.count)))] }
            for format in MessageFormat.allCases {
                _ = try? DeviceMessage.decode(bytes, as: format, now: Self.now)
            }
            _ = MessageFormat.guess(bytes)
        }
    }

    @Test("What is written of messages to be kept is read as the same ones")
    func kept() throws {
        let messages = [
            DeviceMessage(
                sequence: .init(boot: "a\"\n\u{1}", number: 1 << 52),
                items: [
                    .init(series: "a", at: Self.now, value: .number(-1.25e-7)),
                    .init(series: "b", at: Instant(milliseconds: 5_250), value: .text("跌\"倒\\")),
                    .init(series: "c", at: nil, value: .flag(false)),
                ]
            ),
            DeviceMessage(items: [.init(series: "a", at: nil, value: .number(1e100))]),
        ]
        #expect(try DeviceMessage.decode(messages.json, as: .json, now: Self.now) == messages)
    }

    // MARK: SenML

    @Test("Base fields are resolved as in the examples of RFC 8428 §5.1.2")
    func senmlBase() throws {
        let pack = """
            [{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.790000000e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
             {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"open","vb":true},{"n":"word","vs":"on"}]
            """
        let message = try #require(try decode(pack, .senml).first)
        #expect(message.sequence == nil)
        #expect(message.items.map(\.series) == ["voltage", "current", "current", "open", "word"])
        #expect(message.items[0].value == .number(120.1) && message.items[0].at == Self.now)
        #expect(message.items[1].at == Self.now.advanced(byMilliseconds: -5_000))
        #expect(message.items[3].value == .flag(true) && message.items[4].value == .text("on"))
    }

    @Test("Base value and sum are added, relative times are relative to now, a name may be the base's alone")
    func senmlSums() throws {
        let pack = #"[{"bn":"dev1/","bv":20,"bs":100,"n":"t","v":1.5,"s":5,"t":-60},{"bn":"dev1/hum","v":3}]"#
        let message = try #require(try decode(pack, .senml).first)
        #expect(message.items.map(\.series) == ["t", "t.sum", "hum"])
        #expect(message.items.map(\.value) == [.number(21.5), .number(105), .number(23)])
        #expect(message.items[0].at == Self.now.advanced(byMilliseconds: -60_000))
        #expect(message.items[2].at == nil)
    }

    @Test("A pack may say its sequence, which other readers leave out")
    func senmlSequence() throws {
        let message = try #require(try decode(#"[{"seq":3,"boot":"x","n":"a","v":1}]"#, .senml).first)
        #expect(message.sequence == .init(boot: "x", number: 3))
    }

    @Test(
        "Refuses what a reader must refuse",
        arguments: [
            "{}", "[]", "[1]", #"[{"n":"a"}]"#, #"[{"v":1}]"#, #"[{"n":"a","v":1,"vs":"x"}]"#,
            #"[{"n":"a","v":1,"must_":1}]"#, #"[{"bver":11,"n":"a","v":1}]"#, #"[{"n":"-a","v":1}]"#,
            #"[{"n":"a b","v":1}]"#, #"[{"n":"a","v":"1"}]"#, #"[{"n":"a","vb":1}]"#,
            #"[{"bn":"x"}]"#, #"[{"n":"a","v":1,"t":1e300}]"#,
        ]
    )
    func senmlRefused(_ text: String) {
        #expect(throws: DecodingRefusal.self) { try decode(text, .senml) }
    }

    @Test("Bytes without a word on their form are told apart")
    func guess() {
        #expect(MessageFormat.guess(Array(#"[{"bn":"a","v":1}]"#.utf8)) == .senml)
        #expect(MessageFormat.guess(Array(#"[{"values":{"a":1}}]"#.utf8)) == .json)
        #expect(MessageFormat.guess(Array("x".utf8)) == .json)
    }
}
