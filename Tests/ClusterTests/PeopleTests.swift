import Foundation
import LiandongNode
import LiandongReports
import Testing

/// One resident on both sides of a cut link.
@Suite("People", .serialized, .timeLimit(.minutes(5)))
struct PeopleTests {
    private let district = "441202000000"
    /// The example of GB 11643.
    private let identityNumber = "11010519491231002X"

    @Test("Voting on both sides of a cut counts once, and every node shows the same tally and the uncounted ballot")
    func votesOnce() async throws {
        try await Cluster.with("demo") { cluster in
            let (here, there) = try await communitiesOfTwoStreets(cluster)
            let form = AdminRequest.ConsultationForm(
                place: nil,
                title: "加装电梯",
                text: "是否加装电梯",
                options: ["yes=赞成", "no=反对"],
                closesAt: Int64(Date().timeIntervalSince1970 * 1_000) + 86_400_000
            )
            let made = try await ask(cluster, district, .createConsultation(form), DoneReport.self)
            let id = try #require(made.id)
            let arrived = try await eventually {
                for place in [here, there] where try await consultation(cluster, place, id) == nil { return false }
                return true
            }
            try #require(arrived)

            try await cluster.cut(street(here), district)
            for (place, option) in [(here, "yes"), (there, "no")] {
                let vote = AdminRequest.Vote(
                    id: id,
                    option: option,
                    identityNumber: identityNumber,
                    resident: nil,
                    channel: "counter"
                )
                _ = try await ask(cluster, place, .vote(vote), DoneReport.self)
                let alone = try #require(try await consultation(cluster, place, id))
                #expect(alone.counted == 1)
            }
            try await cluster.heal(street(here), district)

            let places = [district, street(here), street(there), here, there]
            let agreed = try await eventually {
                var seen: Set<String> = []
                for place in places {
                    guard let report = try await consultation(cluster, place, id), report.counted == 1,
                        report.uncounted.count == 1
                    else { return false }
                    let tally = report.tally.map { "\($0.option)=\($0.ballots)" }.joined(separator: " ")
                    seen.insert("\(tally) / \(report.uncounted[0].ballot)")
                }
                return seen.count == 1
            }
            #expect(agreed, "the tallies differ, or count other than one ballot")
        }
    }

    @Test("Registrations at two cut-off communities become one person, both are kept, both communities are told")
    func becomesOnePerson() async throws {
        try await Cluster.with("demo") { cluster in
            let (here, there) = try await communitiesOfTwoStreets(cluster)
            try await cluster.cut(street(here), district)
            var ids: [String: String] = [:]
            for place in [here, there] {
                let form = AdminRequest.ResidentForm(
                    name: "王建国",
                    identityNumber: identityNumber,
                    phone: "13800000000",
                    address: "人民路 \(place.suffix(3)) 号",
                    source: "card-read"
                )
                let done = try await ask(cluster, place, .addResident(form), DoneReport.self)
                ids[place] = done.id
            }
            try await cluster.heal(street(here), district)

            let isOne = try await eventually {
                let found = try await ask(cluster, district, .findResidents(text: "王建国"), PeopleReport.self)
                return found.people.count == 1
                    && Set(found.people[0].registrations.map(\.id)) == Set(ids.values)
            }
            #expect(isOne, "the district sees one person with both registrations")
            for place in [here, there] {
                let id = try #require(ids[place])
                let isTold = try await eventually {
                    let person = try await ask(cluster, place, .resident(id: id), PersonReport.self)
                    // Its own registration only, and that there is another.
                    return person.registrations.count == 1 && !person.registrations[0].elsewhereSince.isEmpty
                }
                #expect(isTold, "\(place) knows that its resident is also registered elsewhere")
            }
        }
    }

    // MARK: -

    private func street(_ community: String) -> String { String(community.prefix(9)) + "000" }

    private func communitiesOfTwoStreets(_ cluster: Cluster) async throws -> (String, String) {
        let codes = await cluster.nodes.values.filter { $0.tier == "community" }.map(\.placeCode).sorted()
        let here = try #require(codes.first)
        return (here, try #require(codes.first { street($0) != street(here) }))
    }

    private func consultation(_ cluster: Cluster, _ place: String, _ id: String) async throws -> ConsultationReport? {
        do {
            return try await ask(cluster, place, .consultation(id: id), ConsultationReport.self)
        } catch let error as NodeError where error.code == .notFound {
            return nil
        }
    }

    /// What `liandong` would ask the node over its admin socket.
    private func ask<Report: Decodable>(
        _ cluster: Cluster,
        _ place: String,
        _ request: AdminRequest,
        _ type: Report.Type
    ) async throws -> Report {
        try AdminClient(NodeFolder(try await cluster.node(place).data)).call(request, as: type)
    }
}
