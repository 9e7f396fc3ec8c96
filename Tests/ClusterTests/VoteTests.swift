import Foundation
import LiandongNode
import LiandongReports
import Testing

/// Votes by a roll at real nodes: at any of them, once, and no guessing.
@Suite("Votes by a roll", .serialized, .timeLimit(.minutes(5)))
struct VoteTests {
    private let street = "441202001000"
    private let here = "441202001001"
    private let there = "441202001002"

    @Test(
        "An entry votes with its code at one community, the receipt counts at another, and a second ballot is refused"
    )
    func votes() async throws {
        try await Cluster.with("demo") { cluster in
            let (id, codes) = try await question(cluster)
            let voter = try await StaffClient(base: cluster.node(here).http)
            let vote = ["entry": "3-1-101", "code": try #require(codes["3-1-101"]), "option": "yes"]
            let path = "api/v1/consultations/\(id)"
            let cast = try await voter.ask("POST", "\(path)/votes", json: vote)
            #expect(cast.status == 201)
            let receipt = try #require(try cast.object()["id"] as? String)
            let other = try await StaffClient(base: cluster.node(there).http)
            let counts = try await eventually {
                let found = try await other.ask("GET", "\(path)/ballots/\(receipt)")
                return try found.status == 200 && found.object()["counts"] as? Bool == true
            }
            #expect(counts, "the receipt is good at the other community")
            let again = try await other.ask("POST", "\(path)/votes", json: vote.merging(["option": "no"]) { $1 })
            #expect(again.status == 409)
            let shown = try await other.ask("GET", path)
            #expect(try (shown.object()["tally"] as? [Any])?.isEmpty == true, "no counts while it is open")
            _ = try await ask(cluster, street, .closeConsultation(id: id), DoneReport.self)
            let told = try await eventually {
                let tally = try await other.ask("GET", path).object()["tally"] as? [[String: Any]]
                return tally?.compactMap { $0["ballots"] as? Int } == [1, 0]
            }
            #expect(told)
        }
    }

    @Test("Wrong codes and unknown entries have one answer, count before it, and make wait, after a kill too")
    func guesses() async throws {
        try await Cluster.with("demo") { cluster in
            let (id, codes) = try await question(cluster)
            let path = "api/v1/consultations/\(id)/votes"
            let code = try #require(codes["3-1-101"])
            var bodies: Set<Data> = []
            for (index, entry) in ["3-1-101", "9-9-999", "3-1-102", "9-9-998", "3-1-101"].enumerated() {
                let voter = try await StaffClient(base: cluster.node(here).http)
                let form = ["entry": entry, "code": "00000000000\(index)", "option": "yes"]
                let answer = try await voter.ask("POST", path, json: form)
                #expect(answer.status == 403)
                bodies.insert(answer.body)
            }
            #expect(bodies.count == 1)
            try await cluster.kill9(here)
            try await cluster.restart(here)
            let after = try await StaffClient(base: cluster.node(here).http)
            var statuses: [Int] = []
            for _ in 0..<4 {
                let form = ["entry": "3-1-101", "code": "1", "option": "yes"]
                let answer = try await after.ask("POST", path, json: form)
                statuses.append(answer.status)
                #expect((answer.retryAfter ?? 0 >= 1) == (answer.status == 429))
            }
            #expect(statuses.contains(429), "five were counted before the kill, and four are free: \(statuses)")
            let right = ["entry": "3-1-101", "code": code, "option": "yes"]
            let elsewhere = try await StaffClient(base: cluster.node(there).http)
            #expect(try await elsewhere.ask("POST", path, json: right).status == 201, "the entry is locked out nowhere")
        }
    }

    // MARK: -

    /// A question of the street with a roll of three, known at both communities with its codes.
    private func question(_ cluster: Cluster) async throws -> (id: String, codes: [String: String]) {
        let form = AdminRequest.ConsultationForm(
            place: nil,
            title: "加装电梯",
            text: "是否加装电梯",
            options: ["yes=赞成", "no=反对"],
            closesAt: Int64(Date().timeIntervalSince1970 * 1_000) + 86_400_000,
            roll: ["3-1-101", "3-1-102", "3-2-201"]
        )
        let id = try #require(try await ask(cluster, street, .createConsultation(form), DoneReport.self).id)
        let issued = try await ask(cluster, street, .rollCodes(id: id, entries: []), RollCodesReport.self)
        let arrived = try await eventually {
            for place in [here, there] {
                let client = try await StaffClient(base: cluster.node(place).http)
                let answer = try await client.ask("GET", "api/v1/consultations/\(id)")
                let roll = try answer.status == 200 ? answer.object()["roll"] as? [String: Any] : nil
                guard roll?["with_codes"] as? Int == 3 else { return false }
            }
            return true
        }
        try #require(arrived)
        return (id, Dictionary(issued.slips.map { ($0.entry, $0.code) }) { first, _ in first })
    }

    private func ask<Report: Decodable>(
        _ cluster: Cluster,
        _ place: String,
        _ request: AdminRequest,
        _ type: Report.Type
    ) async throws -> Report {
        try AdminClient(NodeFolder(try await cluster.node(place).data)).call(request, as: type)
    }
}
