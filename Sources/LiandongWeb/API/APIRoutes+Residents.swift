import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongReports

// Residents: masked, unless somebody says what for.
extension APIRoutes {
    private static let read = TokenScope(.residents, .read)
    private static let write = TokenScope(.residents, .write)
    private static let id = APIParameter.path("id", "Of a registration.", Schemas.text(atMost: 64, atLeast: 1))

    var residentOperations: [APIOperation] {
        [
            APIOperation(
                id: "findResidents",
                method: .post,
                path: "/residents/search",
                tag: "residents",
                summary: "People by name, or by identity number, which no address is to hold",
                right: .staff([.register], token: APIRoutes.read),
                body: Schemas.object(["q": Schemas.text(atMost: 100, atLeast: 1)]),
                answer: .ok(Schemas.reference("People"), "Each person once, with all registrations; masked.")
            ) { request in
                let staff = try request.staff()
                let text = try request.body(SearchForm.self).q
                return try .report(try await desk.people(text, in: staff.scope))
            },
            APIOperation(
                id: "getResident",
                method: .get,
                path: "/residents/{id}",
                tag: "residents",
                summary: "The person that a registration belongs to",
                right: .staff([.register], token: APIRoutes.read),
                parameters: [APIRoutes.id],
                answer: .ok(Schemas.reference("Person"), "All registrations of the person; masked.")
            ) { request in
                let staff = try request.staff()
                guard let id = request.recordID("id"), let person = try await desk.person(id, in: staff.scope) else {
                    throw Problem.missing("resident")
                }
                return try .report(person)
            },
            APIOperation(
                id: "registerResident",
                method: .post,
                path: "/residents",
                tag: "residents",
                summary: "Register a resident at this community",
                right: .staff([.register], token: APIRoutes.write),
                body: Schemas.object(
                    [
                        "name": Schemas.text(atMost: 100, atLeast: 1),
                        "source": Schemas.words(ValueSource.allCases.map(\.name)),
                    ],
                    optional: [
                        "identity_number": Schemas.text(atMost: 18), "phone": Schemas.text(atMost: 40),
                        "address": Schemas.text(atMost: 400),
                        "residence": Schemas.words(ResidenceKind.allCases.map(\.rawValue)),
                        "note": Schemas.text(atMost: 1_000),
                    ]
                ),
                isRepeatable: true,
                answer: .created(
                    Schemas.reference("Person"),
                    "The person that the registration belongs to.",
                    headers: [.location]
                )
            ) { request in
                let staff = try request.staff()
                guard let place = desk.place, staff.sees(place, desk.authority) else {
                    throw Problem.notInScope("register residents of this node's community")
                }
                let form = try request.body(ResidentForm.self)
                let receipt = try await desk.perform(
                    Recorded(try form.command()) { "\($0.record)" },
                    by: Performer(staff, orElse: .resident),
                    idempotency: try request.idempotencyKey()
                )
                let id = bytes(hexadecimal: receipt.id).flatMap { RecordID($0) }
                guard let id, let person = try await desk.person(id, in: staff.scope) else {
                    throw Problem.missing("resident")
                }
                return try .report(
                    person,
                    status: .created,
                    headers: [.location: "\(APIRoutes.base)/residents/\(receipt.id)"]
                )
            },
            APIOperation(
                id: "unmaskResident",
                method: .post,
                path: "/residents/{id}/unmask",
                tag: "residents",
                summary: "A personal value in clear; written down with what for",
                right: .staff([.register], token: nil),
                parameters: [APIRoutes.id],
                body: Schemas.object([
                    "field": Schemas.words(PersonalField.allCases.map(\.rawValue)),
                    "purpose": Schemas.text(atMost: 500, atLeast: 1),
                ]),
                answer: .ok(Schemas.object(["value": Schemas.string]), "The value.")
            ) { request in
                let staff = try request.staff()
                let form = try request.body(UnmaskForm.self)
                guard
                    let id = request.recordID("id"), let field = PersonalField(rawValue: form.field),
                    let value = try await desk.unmasked(field, of: id, in: staff.scope)
                else { throw Problem.missing("value") }
                try await access.noteUnmasking(
                    Unmasking(record: id, field: form.field, purpose: form.purpose),
                    by: staff
                )
                return try .report(ValueAnswer(value: value), headers: [.cacheControl: "no-store"])
            },
        ]
    }
}

private struct SearchForm: Decodable {
    /// A part of the name, or 18 characters.
    let q: String
}

private struct UnmaskForm: Decodable {
    let field: String
    let purpose: String
}

private struct ValueAnswer: Encodable {
    let value: String
}

/// A resident to be registered.
struct ResidentForm: Codable, Sendable {
    var name: String
    var source: String
    var identityNumber: String?
    var phone: String?
    var address: String?
    var residence: String?
    var note: String?

    func command() throws(Problem) -> RegisterResident {
        guard let source = ValueSource(name: source) else {
            let words = ValueSource.allCases.map(\.name).joined(separator: ", ")
            throw .invalid("source", "\(source) is none of \(words)")
        }
        return RegisterResident(
            name: name,
            identityNumber: identityNumber.flatMap { $0.isEmpty ? nil : $0 },
            phone: phone ?? "",
            address: address ?? "",
            residence: residence.flatMap(ResidenceKind.init(rawValue:)),
            note: note ?? "",
            provenance: Provenance(source: source)
        )
    }
}
