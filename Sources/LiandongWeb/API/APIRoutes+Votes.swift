import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongReports

// Votes by a roll: codes for its entries, ballots by entry and code, and what a receipt tells.
extension APIRoutes {
    var voteOperations: [APIOperation] { [issueCodes, castVote, standing] }

    private var issueCodes: APIOperation {
        APIOperation(
            id: "issueRollCodes",
            method: .post,
            path: "/consultations/{id}/codes",
            tag: "consultations",
            summary: "Make new codes for entries of the roll; those that they had before are void",
            right: .staff([.operator], token: nil),
            parameters: [APIRoutes.consultationID],
            body: Schemas.object(
                [:],
                optional: [
                    "entries": Schemas.list(Schemas.text(atMost: Roll.Limit.label), atMost: Roll.Limit.entries)
                ]
            ),
            answer: .ok(Schemas.reference("RollCodes"), "Shown this once, kept nowhere.")
        ) { request in
            let staff = try request.staff()
            let form = try request.body(RollCodesForm.self)
            let id = try await consultation(request) { staff.sees($0, $1) }
            let codes = try await desk.perform(
                GiveOutCodes(IssueRollCodes(id, entries: form.entries ?? [])),
                by: Performer(staff, orElse: .resident),
                idempotency: nil
            )
            return try .report(codes)
        }
    }

    private var castVote: APIOperation {
        APIOperation(
            id: "castVote",
            method: .post,
            path: "/consultations/{id}/votes",
            tag: "consultations",
            summary: "Vote by an entry of the roll and its code",
            right: .anyone,
            parameters: [APIRoutes.consultationID],
            body: Schemas.object([
                "entry": Schemas.text(atMost: Roll.Limit.label, atLeast: 1),
                "code": Schemas.text(atMost: 40, atLeast: 1),
                "option": Schemas.text(atMost: 20, atLeast: 1),
            ]),
            isRepeatable: true,
            answer: .created(APIRoutes.written, "It was taken: the id is the receipt's number."),
            refusals: [.tooManyRequests]
        ) { request in
            let form = try request.body(VoteForm.self)
            guard let id = request.recordID("id"), try await desk.consultation(id) != nil else {
                throw Problem.missing("consultation")
            }
            let voter = RollVoter(entry: form.entry, code: form.code)
            try await desk.requireVoter(voter, in: id, request.context)
            let receipt = try await desk.perform(
                Recorded(CastBallot(id, voter: voter.voter, option: form.option, channel: "web")) { "\($0.ballot)" },
                by: .resident,
                idempotency: try request.idempotencyKey()
            )
            return try .report(WrittenAnswer(id: receipt.id), status: .created)
        }
    }

    private var standing: APIOperation {
        APIOperation(
            id: "getBallot",
            method: .get,
            path: "/consultations/{id}/ballots/{ballot}",
            tag: "consultations",
            summary: "Whether a ballot counts, by its receipt; what it says is not told",
            right: .anyone,
            parameters: [
                APIRoutes.consultationID,
                .path("ballot", "The number on the receipt.", Schemas.text(atMost: 40, atLeast: 1)),
            ],
            answer: .ok(Schemas.reference("Ballot"), "As this node knows it.")
        ) { request in
            guard let id = request.recordID("id"), let number = BallotNumber(request.path("ballot")),
                let ballot = try await desk.ballot(number.id, of: id)
            else { throw Problem.missing("ballot") }
            return try .report(ballot)
        }
    }
}

extension CaseDesk {
    /// - Throws: the same refusal for an entry that is not on the roll and for a wrong code, once that was counted.
    func requireVoter(_ voter: RollVoter, in consultation: RecordID, _ context: HTTPFace.Context) async throws {
        guard try await isVoter(voter, in: consultation, from: context.address) else { throw Refusal.wrongRollCode }
    }
}

/// Whose codes are made; nil: everybody's.
private struct RollCodesForm: Codable, Sendable {
    var entries: [String]?
}

/// A ballot by an entry of the roll.
private struct VoteForm: Codable, Sendable {
    var entry: String
    var code: String
    var option: String
}

/// The number of a receipt: 16 hexadecimal digits, on paper in groups of four.
struct BallotNumber: Sendable {
    let id: EventID

    /// - Parameter text: as it was typed, with blanks and hyphens.
    init?(_ text: String) {
        let digits = text.filter { !$0.isWhitespace && $0 != "-" }
        guard digits.utf8.count == 16, let id = bytes(hexadecimal: digits.lowercased()).flatMap({ EventID($0) }) else {
            return nil
        }
        self.id = id
    }
}
