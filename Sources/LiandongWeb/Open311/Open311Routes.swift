import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import NIOCore

/// GeoReport v2 under `/open311/v2`, each path once as JSON and once as XML.
struct Open311Routes: Sendable {
    let desk: any ServiceDesk
    let cases: any CaseDesk
    let allowance: PhotoAllowance
    let limits: HTTPLimits
    let publicAddress: String?
    let now: @Sendable () -> Instant

    func add(to router: Router<HTTPFace.Context>) {
        for format in GeoReportFormat.allCases {
            let base = "/open311/v2"
            let suffix = format.rawValue
            get("\(base)/discovery.\(suffix)", router) { try discovery($0, format) }
            get("\(base)/services.\(suffix)", router) { try services($0, format) }
            get("\(base)/services/{code}.\(suffix)", router, "code") { try definition($1, $0, format) }
            get("\(base)/requests/{id}.\(suffix)", router, "id") { try await request($1, $0, format) }
            get("\(base)/tokens/{token}.\(suffix)", router, "token") { try await token($1, $0, format) }

            let requests = RouterPath("\(base)/requests.\(suffix)")
            router.get(requests) { request, _ in try await self.requests(request, format) }
            router.post(requests) { request, context in try await submit(request, context, format) }
            router.refuseOtherMethods(at: requests, than: .get, .post)

            let updates = RouterPath("\(base)/servicerequestupdates.\(suffix)")
            router.get(updates) { request, _ in try await self.updates(request, format) }
            router.post(updates) { request, context in try await addUpdate(request, context, format) }
            router.refuseOtherMethods(at: updates, than: .get, .post)
        }
    }

    private func get(
        _ path: String,
        _ router: Router<HTTPFace.Context>,
        answer: @escaping @Sendable (Request) async throws -> Response
    ) {
        router.get(RouterPath(path)) { request, _ in try await answer(request) }
        router.refuseOtherMethods(at: RouterPath(path), than: .get)
    }

    private func get(
        _ path: String,
        _ router: Router<HTTPFace.Context>,
        _ parameter: String,
        answer: @escaping @Sendable (Request, String) async throws -> Response
    ) {
        router.get(RouterPath(path)) { request, context in
            try await answer(request, context.parameters.get(parameter) ?? "")
        }
        router.refuseOtherMethods(at: RouterPath(path), than: .get)
    }
}

// MARK: - Reading

extension Open311Routes {
    private func discovery(_ request: Request, _ format: GeoReportFormat) throws -> Response {
        try requireOurs(try query(request))
        let jurisdiction = desk.jurisdiction
        let address = publicAddress ?? "http://\(request.head.authority ?? "localhost")"
        let discovery = Discovery(
            changeset: jurisdiction.changeset,
            contact: jurisdiction.contact,
            keyService: jurisdiction.keyService,
            endpoints: ["\(address)/open311/v2"]
        )
        return try .document(discovery, as: format)
    }

    private func services(_ request: Request, _ format: GeoReportFormat) throws -> Response {
        try requireOurs(try query(request))
        return try .document(ServiceList(desk.catalogue, in: language(request)), as: format)
    }

    private func definition(_ code: String, _ request: Request, _ format: GeoReportFormat) throws -> Response {
        try requireOurs(try query(request))
        let service: LiandongDomain.Service
        do {
            service = try desk.catalogue.require(code)
        } catch {
            throw GeoReportError.notFound("service_code", code, wayOut: error.wayOut)
        }
        return try .document(ServiceDefinition(service, in: language(request)), as: format)
    }

    private func requests(_ request: Request, _ format: GeoReportFormat) async throws -> Response {
        let query = try query(request)
        try requireOurs(query)
        let filter = try ServiceRequestFilter(query, now: now())
        let found = try await desk.requests(filter).prefix(filter.limit)
        return try .document(named(found, request, query), as: format)
    }

    private func request(_ id: String, _ request: Request, _ format: GeoReportFormat) async throws -> Response {
        let query = try query(request)
        try requireOurs(query)
        guard id.utf8.count <= 100, let found = try await desk.request(id) else {
            throw GeoReportError.notFound(
                "service_request_id",
                id,
                wayOut: "check its 25 digits, or ask a node of the place where it was accepted"
            )
        }
        return try .document(named([found], request, query), as: format)
    }

    private func updates(_ request: Request, _ format: GeoReportFormat) async throws -> Response {
        let query = try query(request)
        try requireOurs(query)
        let found = try await desk.updates(try ServiceRequestUpdateFilter(query, now: now()))
        return try .document(ServiceRequestUpdateList(found, in: language(request)), as: format)
    }

    private func token(_ token: String, _ request: Request, _ format: GeoReportFormat) async throws -> Response {
        try requireOurs(try query(request))
        guard token.utf8.count <= 200, let number = try await desk.number(token: token) else {
            throw GeoReportError.notFound("token", token, wayOut: "ask the node that gave it")
        }
        return try .document(TokenAnswer(number: number, token: token), as: format)
    }

    /// The list with every service's name in the asker's language, and with extensions where they are asked for.
    private func named(
        _ requests: some Sequence<ServiceRequest>,
        _ request: Request,
        _ query: FormParameters
    ) throws -> ServiceRequestList {
        let language = language(request)
        let isExtended = try query.value("extensions").map { ["true", "v1"].contains($0.lowercased()) } ?? false
        return ServiceRequestList(
            requests.map { request in
                var request = request
                request.serviceName = request.serviceName ?? desk.catalogue[request.serviceCode]?.name[language]
                if !isExtended { request.extendedStatus = nil }
                return request
            }
        )
    }
}

// MARK: - Handing in

extension Open311Routes {
    private func submit(
        _ request: Request,
        _ context: HTTPFace.Context,
        _ format: GeoReportFormat
    ) async throws -> Response {
        let (form, photos, body) = try await sent(request)
        let submission = try ServiceRequestSubmission(form)
        let key = try IdempotencyKey(of: request, body: body, owner: "open311", subject: request.uri.query ?? "")
        try admit(photos, context)
        let receipt = try await desk.submit(submission, idempotency: key)
        for photo in photos { try await cases.add(photo, to: receipt.record, by: .resident) }
        let language = language(request)
        let answer = SubmissionAnswer(
            receipt.number.map { .number($0) } ?? .token(receipt.token),
            notice: receipt.queryCode.map { notice($0, in: language) },
            accountID: submission.accountID
        )
        let place =
            receipt.number.map { "/open311/v2/requests/\($0).\(format)" }
            ?? "/open311/v2/tokens/\(receipt.token).\(format)"
        return try .document(answer, as: format, status: .created, headers: [.location: place])
    }

    /// More from whoever made a request; who knows its query code is taken for them.
    private func addUpdate(
        _ request: Request,
        _ context: HTTPFace.Context,
        _ format: GeoReportFormat
    ) async throws -> Response {
        let (form, photos, body) = try await sent(request)
        let update = try ServiceRequestUpdateSubmission(form)
        let found = try await cases.requestedOrder(update.number, queryCode: update.queryCode, from: context.address)
        guard let record = found else {
            throw GeoReportError.notFound(
                "service_request_id",
                update.number,
                wayOut: "check its 25 digits and its query_code, or ask a node of the place where it was accepted"
            )
        }
        let act: ActOnWorkOrder.Verb = update.asksReopening ? .askReopen : .note
        let command = try ActOnWorkOrder(.record(record), act, .init(text: update.text), cases.authority)
        try admit(photos, context)
        let receipt = try await cases.perform(
            Recorded(command) { "\($0.event)" },
            by: .resident,
            idempotency: try idempotencyKey(of: update, request, body)
        )
        for photo in photos { try await cases.add(photo, to: record, by: .resident) }
        return try .document(UpdateAnswer(id: receipt.id), as: format, status: .created)
    }

    /// What was posted for us, with the photos of its parts `media`.
    ///
    /// Beyond GeoReport, which knows `media_url` alone: its form may be one with files.
    private func sent(
        _ request: Request
    ) async throws -> (form: FormParameters, photos: [Photo], body: ByteBuffer) {
        _ = try request.mediaType(oneOf: [Request.formType, MultipartForm.mediaType])
        let sent = try await SentForm(request, takesFiles: true, limits)
        let form = try sent.fields + query(request)
        try requireOurs(form)
        var chosen = ChosenPhotos()
        for file in sent.files {
            guard file.name == "media" else {
                throw GeoReportError.invalid("a file's part", file.name, "files are taken under the name media")
            }
            chosen.choose(file)
            if let problem = chosen.problem { throw problem }
        }
        return (form, chosen.photos, sent.body)
    }

    /// - Throws: ``Problem`` with status 429 where photos are more than is left of the day's allowance.
    private func admit(_ photos: [Photo], _ context: HTTPFace.Context) throws(Problem) {
        guard !photos.isEmpty else { return }
        try allowance.take(photos.byteCount, from: context.address, at: now())
    }

    /// The sender's name of the update, unless the request has one in its head.
    private func idempotencyKey(
        of update: ServiceRequestUpdateSubmission,
        _ request: Request,
        _ body: ByteBuffer
    ) throws -> IdempotencyKey? {
        if let key = try IdempotencyKey(of: request, body: body, owner: "open311", subject: request.uri.query ?? "") {
            return key
        }
        guard let id = update.updateID else { return nil }
        let said = Data("\(update.asksReopening)\n\(update.text)".utf8)
        return IdempotencyKey(text: "open311-update \(update.number) \(id)", bodyHash: Array(SHA256.hash(data: said)))
    }

    private func notice(_ queryCode: String, in language: Language) -> String {
        switch language {
        case .chinese: "查询码 \(queryCode)，凭此查询本人诉求，请妥善保管"
        case .english: "Query code \(queryCode): keep it, it shows you your own request"
        }
    }
}

// MARK: - What every request has

extension Open311Routes {
    private func query(_ request: Request) throws(GeoReportError) -> FormParameters {
        guard let query = request.uri.query else { return FormParameters() }
        return try FormParameters(query.utf8)
    }

    private func requireOurs(_ parameters: FormParameters) throws(GeoReportError) {
        guard let asked = try parameters.value("jurisdiction_id"), asked != desk.jurisdiction.id else { return }
        throw .notFound(
            "jurisdiction_id",
            asked,
            wayOut: "this node serves \(desk.jurisdiction.id); give that, or leave it out"
        )
    }

    private func language(_ request: Request) -> Language { Language(accepting: request.headers[.acceptLanguage]) }
}
