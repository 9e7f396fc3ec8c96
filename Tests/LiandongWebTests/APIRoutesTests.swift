import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import NIOCore
import Synchronization
import Testing

@testable import LiandongWeb

/// What the API makes of requests, over a desk without records; `ClusterTests` ask real nodes.
struct APIRoutesTests {
    private let cases = MemoryCases()
    private let base = "/api/v1"

    private var face: HTTPFace.Server { .forTests(MemoryDesk(), cases: cases) }

    private func problem(_ response: TestResponse) throws -> [String: Any] {
        #expect(response.headers[.contentType] == "application/problem+json")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any]
        )
    }

    @Test("The document names every route, each with an answer, and nothing dangles")
    func document() async throws {
        try await face.test(.router) { client in
            let answer = try await client.execute(uri: "\(base)/openapi.json", method: .get)
            #expect(answer.status == .ok)
            let text = String(buffer: answer.body)
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.body.readableBytesView)) as? [String: Any]
            )
            #expect(document["openapi"] as? String == "3.1.0")
            let paths = try #require(document["paths"] as? [String: [String: Any]])
            #expect(paths.count > 15)
            let components = try #require(document["components"] as? [String: [String: Any]])
            for reference in text.matches(of: /#\/components\/(\w+)\/([\w-]+)/) {
                #expect(components[String(reference.1)]?[String(reference.2)] != nil, "\(reference.0)")
            }
            #expect(text.contains("#/components/headers/location") && text.contains("#/components/responses/Later"))
            for (path, methods) in paths {
                for (method, described) in methods {
                    let responses = (described as? [String: Any])?["responses"] as? [String: Any]
                    #expect(responses?.keys.contains { $0.hasPrefix("2") } == true, "\(method) \(path)")
                    let filled = path.replacing(/\{\w+\}/) { _ in "1" }
                    let route = try #require(HTTPRequest.Method(rawValue: method.uppercased()))
                    let tried = try await client.execute(uri: base + filled, method: route)
                    #expect(responses?["\(tried.status.code)"] != nil, "\(method) \(path): \(tried.status)")
                    #expect(tried.status.code < 500)
                    let trace = try await client.execute(uri: base + filled, method: .trace)
                    #expect(trace.status == .methodNotAllowed && trace.headers[.allow] != nil, "\(path)")
                }
            }
        }
    }

    @Test(
        "A body that is not as the document says is refused with what is wrong",
        arguments: [
            (#"{"service":"0301","foo":1}"#, "foo is not known"),
            ("{}", "service is missing"),
            (#"{"service":301}"#, "service is no string"),
            (#"{"service":""}"#, "service is empty"),
            (#"{"service":"0301","location":{"latitude":91,"longitude":0}}"#, "location.latitude is 91"),
            (#"{"service":"0301","location":{"latitude":9}}"#, "location.longitude is missing"),
            (#"{"service":"0301","attributes":[{"code":"a","value":true}]}"#, "attributes[0].value is no string"),
            (#"{"service":"0301","channel":"smoke"}"#, "channel is none of"),
            (#"{"service":"0301","place":"端州"}"#, "place must be as"),
            (#"["service"]"#, "the document is no object"),
            ("{", "no JSON"),
            ("", "no JSON"),
        ]
    )
    func bodies(_ body: String, _ words: String) async throws {
        try await face.test(.router) { client in
            let answer = try await client.execute(
                uri: "\(base)/orders",
                method: .post,
                headers: [.contentType: "application/json; charset=utf-8"],
                body: ByteBuffer(string: body)
            )
            #expect(answer.status == .badRequest)
            let detail = try problem(answer)["detail"] as? String ?? ""
            #expect(detail.contains(words), "\(detail)")
            #expect(cases.state.withLock(\.performers).isEmpty)
        }
    }

    @Test("What anyone hands in comes by the web, whatever is said")
    func submission() async throws {
        try await face.test(.router) { client in
            let answer = try await client.execute(
                uri: "\(base)/orders",
                method: .post,
                headers: [.contentType: "application/json"],
                body: ByteBuffer(string: #"{"service":"0301","description":"路灯不亮","channel":"counter"}"#)
            )
            #expect(answer.status == .notFound)
            #expect(try problem(answer)["way_out"] as? String == "look it up by its number")
            #expect(cases.state.withLock(\.performers) == [.resident])
            let typed = try await client.execute(uri: "\(base)/orders", method: .post, body: ByteBuffer(string: "{}"))
            #expect(typed.status == .unsupportedMediaType)
        }
    }

    @Test("An order is asked for as far as who asks may see it; acts need the code")
    func accesses() async throws {
        try await face.test(.router) { client in
            for headers in [[:], [.queryCode: "12345678"]] as [HTTPFields] {
                let answer = try await client.execute(uri: "\(base)/orders/1", method: .get, headers: headers)
                #expect(answer.status == .notFound)
            }
            #expect(cases.state.withLock(\.accesses) == [.everyone])
            #expect(cases.state.withLock(\.guesses) == ["1 12345678 unknown"], "and counted by where it comes from")
            func act(_ body: String) async throws -> TestResponse {
                try await client.execute(
                    uri: "\(base)/orders/1/acts",
                    method: .post,
                    headers: [.contentType: "application/json"],
                    body: ByteBuffer(string: body)
                )
            }
            #expect(try await act(#"{"act":"note","text":"t"}"#).status == .unauthorized)
            #expect(try await act(#"{"act":"note","text":"t","query_code":"12345678"}"#).status == .notFound)
            #expect(cases.state.withLock(\.performers).isEmpty)
        }
    }

    @Test(
        "What is for staff is refused to everybody else, before anything is read",
        arguments: [
            "/orders", "/orders/1/trace", "/residents/1", "/status", "/session",
        ]
    )
    func staffOnly(_ path: String) async throws {
        try await face.test(.router) { client in
            let answer = try await client.execute(uri: base + path, method: .get)
            #expect(answer.status == .unauthorized)
            #expect(answer.headers[.wwwAuthenticate] != nil)
            #expect(try problem(answer)["type"] as? String == "urn:liandong:access:sign_in")
        }
    }
}
