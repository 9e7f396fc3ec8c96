import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// Consultations: public to read; opinions from anyone, ballots at the counter.
extension APIRoutes {
    static let writeConsultations = TokenScope(.consultations, .write)
    static let consultationID = APIParameter.path("id", "Of a consultation.", Schemas.text(atMost: 64, atLeast: 1))

    var consultationOperations: [APIOperation] {
        [listing, one, opinions, create, giveOpinion, castBallot, close] + voteOperations
    }

    private var listing: APIOperation {
        APIOperation(
            id: "listConsultations",
            method: .get,
            path: "/consultations",
            tag: "consultations",
            summary: "The consultations, the newest first",
            right: .anyone,
            answer: .ok(Schemas.reference("Consultations"), "At most 1,000.")
        ) { _ in try .report(try await desk.consultations()) }
    }

    private var one: APIOperation {
        APIOperation(
            id: "getConsultation",
            method: .get,
            path: "/consultations/{id}",
            tag: "consultations",
            summary: "One consultation with its opinions and its count",
            right: .anyone,
            parameters: [APIRoutes.consultationID],
            answer: .ok(Schemas.reference("Consultation"), "As this node knows it.")
        ) { request in try .report(try await consultation(request)) }
    }

    private var opinions: APIOperation {
        APIOperation(
            id: "listOpinions",
            method: .get,
            path: "/consultations/{id}/opinions",
            tag: "consultations",
            summary: "All opinions of a consultation, the newest first",
            right: .anyone,
            parameters: [
                APIRoutes.consultationID,
                .query("limit", "50 when left out.", Schemas.integer(1...200)),
                .query("after", "`next` of the page before.", Schemas.string),
            ],
            answer: .ok(Schemas.reference("Opinions"), "As this node knows them.")
        ) { request in
            let after = try request.text("after").map { text in
                guard let id = bytes(hexadecimal: text).flatMap({ EventID($0) }) else {
                    throw Problem.invalid(
                        "after",
                        "\(text) is no position in a list",
                        wayOut: "give `next` of the page before"
                    )
                }
                return id
            }
            let limit = try request.integer("limit", in: 1...200) ?? 50
            guard let id = request.recordID("id"),
                let found = try await desk.opinions(of: id, after: after, atMost: limit)
            else { throw Problem.missing("consultation") }
            return try .report(found)
        }
    }

    private var create: APIOperation {
        APIOperation(
            id: "createConsultation",
            method: .post,
            path: "/consultations",
            tag: "consultations",
            summary: "Put a question to the people of a place",
            right: .staff([.clerk], token: APIRoutes.writeConsultations),
            body: Schemas.object(
                [
                    "title": Schemas.text(atMost: 200, atLeast: 1), "text": Schemas.text(atMost: 20_000, atLeast: 1),
                    "options": Schemas.list(
                        Schemas.object([
                            "code": Schemas.text(atMost: 20, atLeast: 1),
                            "title": Schemas.text(atMost: 200, atLeast: 1),
                        ]),
                        atMost: 100
                    ),
                    "closes_at": Schemas.time,
                ],
                optional: [
                    "place": Schemas.placeCode,
                    "roll": Schemas.list(
                        Schemas.text(atMost: Roll.Limit.label, atLeast: 1),
                        atMost: Roll.Limit.entries
                    ),
                ]
            ),
            isRepeatable: true,
            answer: .created(Schemas.reference("Consultation"), "As it was written.", headers: [.location])
        ) { request in
            let staff = try request.staff()
            let form = try request.body(ConsultationForm.self)
            let authority = desk.authority
            let command = try form.command(authority, at: desk.place ?? staff.scope)
            guard staff.sees(command.place, authority) else { throw Problem.missing("place") }
            let receipt = try await desk.perform(
                Recorded(command) { "\($0.record)" },
                by: Performer(staff, orElse: .resident),
                idempotency: try request.idempotencyKey()
            )
            let id = bytes(hexadecimal: receipt.id).flatMap { RecordID($0) }
            guard let id, let created = try await desk.consultation(id) else { throw Problem.missing("consultation") }
            return try .report(
                created,
                status: .created,
                headers: [.location: "\(APIRoutes.base)/consultations/\(receipt.id)"]
            )
        }
    }

    private var giveOpinion: APIOperation {
        APIOperation(
            id: "giveOpinion",
            method: .post,
            path: "/consultations/{id}/opinions",
            tag: "consultations",
            summary: "Say one's opinion",
            right: .anyoneMoreForStaff,
            parameters: [APIRoutes.consultationID],
            body: Schemas.object(["text": Schemas.text(atMost: 4_000, atLeast: 1)]),
            isRepeatable: true,
            answer: .created(APIRoutes.written, "It was written down.")
        ) { request in
            if request.visitor.staff != nil { try request.visitor.requireStaff(token: APIRoutes.writeConsultations) }
            let form = try request.body(OpinionForm.self)
            guard let id = request.recordID("id") else { throw Problem.missing("consultation") }
            let receipt = try await desk.perform(
                Recorded(GiveOpinion(id, text: form.text)) { "\($0.opinion)" },
                by: Performer(request.visitor.staff, orElse: .resident),
                idempotency: try request.idempotencyKey()
            )
            return try .report(WrittenAnswer(id: receipt.id), status: .created)
        }
    }

    private var castBallot: APIOperation {
        APIOperation(
            id: "castBallot",
            method: .post,
            path: "/consultations/{id}/ballots",
            tag: "consultations",
            summary: "Take in a ballot at the counter",
            right: .staff([.clerk, .register], token: APIRoutes.writeConsultations),
            parameters: [APIRoutes.consultationID],
            body: Schemas.object(
                ["option": Schemas.text(atMost: 20, atLeast: 1)],
                optional: [
                    "identity_number": Schemas.text(atMost: 18), "registration": Schemas.recordID,
                    "entry": Schemas.text(atMost: Roll.Limit.label), "code": Schemas.text(atMost: 40),
                ]
            ),
            isRepeatable: true,
            answer: .created(APIRoutes.written, "It was taken; provisional until all have met."),
            refusals: [.tooManyRequests]
        ) { request in
            let staff = try request.staff()
            let form = try request.body(BallotForm.self)
            let id = try await consultation(request) { staff.takesBallots(of: $0, $1) }
            let voter = try form.voter()
            switch voter {
            case .registration(let registration):
                guard try await desk.person(registration, in: staff.scope) != nil else {
                    throw Problem.missing("resident")
                }
            case .rollEntry(let entry, let code):
                try await desk.requireVoter(RollVoter(entry: entry, code: code), in: id, request.context)
            case .identityNumber: break
            }
            let command = CastBallot(id, voter: voter, option: form.option, channel: "counter")
            let receipt = try await desk.perform(
                Recorded(command) { "\($0.ballot)" },
                by: Performer(staff, orElse: .resident),
                idempotency: try request.idempotencyKey()
            )
            return try .report(WrittenAnswer(id: receipt.id), status: .created)
        }
    }

    private var close: APIOperation {
        APIOperation(
            id: "closeConsultation",
            method: .post,
            path: "/consultations/{id}/close",
            tag: "consultations",
            summary: "End a consultation",
            right: .staff([.clerk], token: APIRoutes.writeConsultations),
            parameters: [APIRoutes.consultationID],
            body: Schemas.object([:]),
            isRepeatable: true,
            answer: .ok(Schemas.reference("Consultation"), "As it is now.")
        ) { request in
            let staff = try request.staff()
            let id = try await consultation(request) { staff.sees($0, $1) }
            _ = try await desk.perform(
                Recorded(CloseConsultation(id)) { "\($0.record)" },
                by: Performer(staff, orElse: .resident),
                idempotency: try request.idempotencyKey()
            )
            return try .report(try await consultation(request))
        }
    }

    func consultation(_ request: APIRequest) async throws -> ConsultationReport {
        guard let id = request.recordID("id"), let found = try await desk.consultation(id) else {
            throw Problem.missing("consultation")
        }
        return found
    }

    /// The consultation of the path, where it is one that the asker's scope allows.
    func consultation(
        _ request: APIRequest,
        isAllowed: (PlaceID, AuthorityState) -> Bool
    ) async throws -> RecordID {
        let authority = desk.authority
        guard let id = request.recordID("id"), let found = try await desk.consultation(id),
            let place = authority.place(code: found.place.code), isAllowed(place.id, authority)
        else { throw Problem.missing("consultation") }
        return id
    }

    static let written = Schemas.object(["id": Schemas.string])
}

/// What was written.
struct WrittenAnswer: Encodable {
    let id: String
}

/// Somebody's opinion.
struct OpinionForm: Codable, Sendable {
    var text: String
}

/// A ballot taken at the counter: by number, by registration, or by an entry of the roll.
struct BallotForm: Codable, Sendable {
    var option: String
    var identityNumber: String?
    var registration: String?
    var entry: String?
    var code: String?

    func voter() throws(Problem) -> CastBallot.Voter {
        if let identityNumber { return .identityNumber(identityNumber) }
        if let entry { return .rollEntry(entry, code: code ?? "") }
        guard let registration, let id = bytes(hexadecimal: registration).flatMap({ RecordID($0) }) else {
            throw .invalid(
                "identity_number",
                "it is missing: who votes?",
                wayOut: "give it, a registration, or an entry with its code"
            )
        }
        return .registration(id)
    }
}

/// A question to be put to people.
struct ConsultationForm: Codable, Sendable {
    var title: String
    var text: String
    var options: [Option]
    var closesAt: String
    var place: String?
    var roll: [String]?

    struct Option: Codable, Sendable {
        var code: String
        var title: String
    }

    func command(_ authority: AuthorityState, at here: PlaceID) throws -> CreateConsultation {
        CreateConsultation(
            place: try place.map { try authority.requirePlace(code: $0).id } ?? here,
            title: title,
            text: text,
            options: options.map { Consultation.Option(code: $0.code, title: $0.title) },
            roll: roll ?? [],
            closesAt: try GeoReportTime.required("closes_at", closesAt)
        )
    }
}
