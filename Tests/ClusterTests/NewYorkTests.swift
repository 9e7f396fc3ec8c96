import Foundation
import Synchronization
import Testing

/// What one accepted request is known by.
private struct Acknowledged: Sendable {
    let request: NewYork.Request
    let number: String
    let acceptedAt: String
}

/// The 500 real requests, handed in mostly where they do not belong.
@Suite("New York", .serialized, .timeLimit(.minutes(15)))
struct NewYorkTests {
    @Test("After cut links heal, exactly the entitled nodes hold each of 500 real requests")
    func cutsAndHeals() async throws {
        try await Cluster.with("nyc") { cluster in
            let requests = try NewYork.requests()
            try #require(requests.count == 500)
            let cuts = [
                (NewYork.city, "360100002000"), ("360100003000", "360100003012"), (NewYork.city, "360100005000"),
            ]
            var acknowledged = try await handIn(requests[..<150], to: cluster, seed: 1)
            for (a, b) in cuts { try await cluster.cut(a, b) }
            acknowledged += try await handIn(requests[150..<350], to: cluster, seed: 2)
            for (a, b) in cuts { try await cluster.heal(a, b) }
            acknowledged += try await handIn(requests[350...], to: cluster, seed: 3)

            let strangers = acknowledged.filter { $0.acceptedAt != $0.request.place }
            #expect(strangers.count > 400, "most are handed in where they do not belong")
            #expect(Set(acknowledged.map(\.number)).count == 500, "no number is given twice")
            try await expectExactlyTheEntitled(acknowledged, on: cluster)
            try await expectTracesAgree(acknowledged.prefix(5), on: cluster)
        }
    }

    @Test("While random nodes are killed throughout, no acknowledged request is lost and no number given twice")
    func kills() async throws {
        try await Cluster.with("nyc") { cluster in
            let requests = try NewYork.requests()
            var random = SeededGenerator(seed: 5)
            var acknowledged: [Acknowledged] = []
            // Ten times a node dies among fifty requests, however fast the machine is.
            for start in stride(from: 0, to: requests.count, by: 50) {
                let victim = try #require(NewYork.places.randomElement(using: &random))
                let pause = Duration.milliseconds(Int.random(in: 0..<200, using: &random))
                async let restarted: Void = killAndRestart(victim, of: cluster, after: pause)
                let portion = requests[start..<min(start + 50, requests.count)]
                acknowledged += try await handIn(portion, to: cluster, seed: UInt64(start), patience: .seconds(60))
                try await restarted
            }
            #expect(acknowledged.count == 500)
            #expect(Set(acknowledged.map(\.number)).count == acknowledged.count, "no number is given twice")
            try await expectExactlyTheEntitled(acknowledged, on: cluster)
        }
    }

    private func killAndRestart(_ place: String, of cluster: Cluster, after pause: Duration) async throws {
        try await Task.sleep(for: pause)
        try await cluster.kill9(place)
        try await cluster.restart(place)
    }

    // MARK: Handing in

    /// Hands requests in, eight at a time, nine of ten at a node of another place than their own.
    private func handIn(
        _ requests: ArraySlice<NewYork.Request>,
        to cluster: Cluster,
        seed: UInt64,
        patience: Duration = .zero
    ) async throws -> [Acknowledged] {
        var random = SeededGenerator(seed: seed)
        let tasks = requests.map { request in
            let others = NewYork.places.filter { $0 != request.place }
            let isAtHome = Int.random(in: 0..<10, using: &random) == 0
            return (request, isAtHome ? request.place : others.randomElement(using: &random) ?? request.place)
        }
        return try await withThrowingTaskGroup(of: Acknowledged.self) { group in
            var all: [Acknowledged] = []
            for (index, (request, place)) in tasks.enumerated() {
                if index >= 8, let done = try await group.next() { all.append(done) }
                group.addTask { try await handIn(request, at: place, of: cluster, patience: patience) }
            }
            for try await done in group { all.append(done) }
            return all
        }
    }

    /// Asks again under the same key while nobody answers: a node that was killed may have kept it or not.
    private func handIn(
        _ request: NewYork.Request,
        at place: String,
        of cluster: Cluster,
        patience: Duration
    ) async throws -> Acknowledged {
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                let url = try await cluster.node(place).http.appending(path: "open311/v2/requests.json")
                let answer = try await HTTP.post(url, request.form, idempotencyKey: "nyc-\(request.key)")
                if (200...201).contains(answer.status) {
                    let list = try JSONSerialization.jsonObject(with: answer.body) as? [[String: Any]]
                    let number = try #require(list?.first?["service_request_id"] as? String)
                    #expect(number.count == 25 && number.hasPrefix(place), "the number is of the node that accepted")
                    return Acknowledged(request: request, number: number, acceptedAt: place)
                }
                guard answer.status == 503, ContinuousClock.now < deadline else {
                    throw Liandong.Unexpected("\(answer.status): \(String(decoding: answer.body, as: UTF8.self))")
                }
            } catch let error as URLError {
                guard ContinuousClock.now < deadline else { throw error }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    // MARK: Judging

    /// Waits until the entitled nodes have everything, then looks that nobody else has anything.
    private func expectExactlyTheEntitled(_ acknowledged: [Acknowledged], on cluster: Cluster) async throws {
        try await cluster.refresh()
        try await withThrowingTaskGroup(of: (String, missing: [String], stray: [String]).self) { group in
            for place in NewYork.places {
                let http = try await cluster.node(place).http
                group.addTask {
                    func holds(_ item: Acknowledged) async throws -> Bool {
                        let url = http.appending(path: "open311/v2/requests/\(item.number).json")
                        switch try await HTTP.status(url) {
                        case 200: return true
                        case 404: return false
                        case let other: throw Liandong.Unexpected("\(url): \(other.map(String.init) ?? "no answer")")
                        }
                    }
                    let mine = acknowledged.filter { $0.request.entitled(acceptedAt: $0.acceptedAt).contains(place) }
                    let others = acknowledged.filter { !$0.request.entitled(acceptedAt: $0.acceptedAt).contains(place) }
                    var missing = mine
                    _ = try await eventually(within: .seconds(120), every: .milliseconds(500)) {
                        var still: [Acknowledged] = []
                        for item in missing where try await !holds(item) { still.append(item) }
                        missing = still
                        return still.isEmpty
                    }
                    var stray: [String] = []
                    for item in others where try await holds(item) { stray.append(item.number) }
                    return (place, missing.map(\.number), stray)
                }
            }
            for try await (place, missing, stray) in group {
                #expect(missing.isEmpty, "\(place) lacks \(missing.count)")
                #expect(stray.isEmpty, "\(place) holds \(stray.count) that are not for it")
            }
        }
    }

    /// `trace` at the city tells the same of every node.
    private func expectTracesAgree(_ sample: ArraySlice<Acknowledged>, on cluster: Cluster) async throws {
        for item in sample {
            let entitled = item.request.entitled(acceptedAt: item.acceptedAt)
            let expected = try await Set(asyncMap(entitled) { try await cluster.node($0).name })
            let agrees = try await eventually(within: .seconds(60), every: .seconds(1)) {
                let trace = try await cluster.run(NewYork.city, ["trace", item.number], ["--json"]).json()
                let nodes = trace["nodes"] as? [[String: Any]] ?? []
                let holding = nodes.filter { $0["holds"] as? Bool == true }.compactMap { $0["node"] as? String }
                let named = nodes.filter { $0["entitled"] as? Bool == true }.compactMap { $0["node"] as? String }
                return Set(holding) == expected && Set(named) == expected
            }
            #expect(agrees, "trace of \(item.number) does not name the entitled as holding it")
        }
    }
}

private func asyncMap<T, U>(_ items: some Sequence<T>, _ transform: (T) async throws -> U) async throws -> [U] {
    var results: [U] = []
    for item in items { results.append(try await transform(item)) }
    return results
}
