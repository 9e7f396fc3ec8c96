import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongReports

// Work orders: hand in, follow, work on.
extension APIRoutes {
    static let readOrders = TokenScope(.orders, .read)
    static let writeOrders = TokenScope(.orders, .write)
    static let number = APIParameter.path("number", "25 digits.", Schemas.text(atMost: 40, atLeast: 1))
    static let queryCode = APIParameter.header("Query-Code", "8 digits from the receipt.", Schemas.text(atMost: 20))

    var orderOperations: [APIOperation] { [list, submit, show, amend, act, trace, unmaskContact] }

    // MARK: Reading

    private var list: APIOperation {
        APIOperation(
            id: "listOrders",
            method: .get,
            path: "/orders",
            tag: "orders",
            summary: "The work orders of one's scope, the newest request first",
            right: .staff(token: APIRoutes.readOrders),
            parameters: [
                .query("open", "Only open ones, or only closed ones.", Schemas.flag),
                .query("status", "In this state.", Schemas.words(WorkOrder.Status.allCases.map(\.name))),
                .query("service", "With this service code.", Schemas.text(atMost: 20)),
                .query("place", "That concern this place or one under it.", Schemas.placeCode),
                .query("holder", "Held by this place.", Schemas.placeCode),
                .query("acting", "That this place is to act on: held by it, or dispatched to it.", Schemas.placeCode),
                .query("offered_to", "With an open offer to this place.", Schemas.placeCode),
                .query(
                    "disputed",
                    "Only those with holders or dispatches in dispute, or only the others.",
                    Schemas.flag
                ),
                .query("overdue", "true: only open ones, not handled yet, whose time is over.", Schemas.flag),
                .query("mine", "true: only those in which the asker had a hand.", Schemas.flag),
                .query(
                    "q",
                    "With every word of this in description, address or answers.",
                    Schemas.text(atMost: 100)
                ),
                .query("from", "Requested at or after.", Schemas.time),
                .query("to", "Requested at or before.", Schemas.time),
                .query("limit", "How many, 50 unless told.", Schemas.integer(1...200)),
                .query("after", "`next` of the page before.", Schemas.text(atMost: 100)),
            ],
            answer: .ok(Schemas.reference("Orders"), "A page; `next` leads to the next one."),
            refusals: [.notFound]
        ) { request in
            let staff = try request.staff()
            var query = OrderQuery(scope: staff.scope)
            let authority = desk.authority
            if let place = try request.place("place", authority) {
                guard staff.sees(place, authority) else { throw Problem.missing("place") }
                query.scope = place
            }
            query.isOpen = try request.flag("open")
            query.status = try request.word("status", WorkOrder.Status.allCases, \.name)
            query.services = try request.text("service").map { [$0] } ?? []
            query.holder = try request.place("holder", authority)
            query.acting = try request.place("acting", authority)
            query.offeredTo = try request.place("offered_to", authority)
            query.isDisputed = try request.flag("disputed")
            query.isOverdue = try request.flag("overdue") ?? false
            query.hand = try request.flag("mine") == true ? staff.account : nil
            query.text = try request.text("q", atMost: 100) ?? ""
            query.from = try request.time("from")
            query.to = try request.time("to")
            query.limit = try request.integer("limit", in: 1...200) ?? 50
            query.after = try request.cursor("after")
            return try .report(try await desk.orders(query))
        }
    }

    private var show: APIOperation {
        APIOperation(
            id: "getOrder",
            method: .get,
            path: "/orders/{number}",
            tag: "orders",
            summary: "One work order: the public part, with the query code one's own, for staff all of it",
            right: .anyoneMoreForStaff,
            parameters: [APIRoutes.number, APIRoutes.queryCode],
            answer: .ok(Schemas.reference("Order"), "The order, as far as the asker may see it."),
            refusals: [.tooManyRequests]
        ) { request in
            let number = request.path("number")
            guard let order = try await desk.order(number, for: try await access(to: number, request)) else {
                throw Problem.missing("order")
            }
            return try .report(order)
        }
    }

    /// Staff by their scope, else by the code, else as everyone.
    func access(to number: String, _ request: APIRequest) async throws -> OrderAccess {
        if request.visitor.staff != nil {
            return .staff(try request.visitor.requireStaff(token: APIRoutes.readOrders).scope)
        }
        guard let code = request.header(.queryCode) else { return .everyone }
        return try await requester(of: number, code, request)
    }

    func requester(of number: String, _ code: String, _ request: APIRequest) async throws -> OrderAccess {
        let found = try await desk.requestedOrder(number, queryCode: code, from: request.context.address)
        guard let found else { throw Problem.missing("order") }
        return .requester(found)
    }

    private var trace: APIOperation {
        APIOperation(
            id: "traceOrder",
            method: .get,
            path: "/orders/{number}/trace",
            tag: "orders",
            summary: "Which nodes hold the order, and since when",
            right: .staff(token: APIRoutes.readOrders),
            parameters: [APIRoutes.number],
            answer: .ok(Schemas.reference("Trace"), "One row a node.")
        ) { request in
            let staff = try request.staff()
            let trace = try await desk.trace(request.path("number"), in: staff.scope)
            guard let trace else { throw Problem.missing("order") }
            return try .report(trace)
        }
    }

    // MARK: Handing in

    private var submit: APIOperation {
        APIOperation(
            id: "submitOrder",
            method: .post,
            path: "/orders",
            tag: "orders",
            summary: "Hand in a request, for this place or any other",
            right: .anyoneMoreForStaff,
            body: Schemas.object(
                ["service": Schemas.text(atMost: 20, atLeast: 1)],
                optional: [
                    "place": Schemas.placeCode, "description": Schemas.text(atMost: SubmitWorkOrder.Limit.description),
                    "address": Schemas.text(atMost: SubmitWorkOrder.Limit.address), "location": Schemas.location,
                    "attributes": Schemas.list(
                        Schemas.object(["code": Schemas.text(atMost: 60), "value": Schemas.text(atMost: 1_000)]),
                        atMost: 50
                    ),
                    "name": Schemas.text(atMost: 100), "phone": Schemas.text(atMost: 40),
                    "email": Schemas.text(atMost: 200),
                    "channel": Schemas.words(OrderSubmission.Channel.allCases.map(\.rawValue)),
                    "consent": Schemas.text(atMost: SubmitWorkOrder.Limit.consent),
                ]
            ),
            isRepeatable: true,
            answer: .created(
                Schemas.reference("Receipt"),
                "The number, and the code that shows one's own request.",
                headers: [.location]
            )
        ) { request in
            let staff = request.visitor.staff
            if staff != nil { try request.visitor.requireStaff(StaffRole.accepting, token: APIRoutes.writeOrders) }
            let form = try request.body(OrderSubmission.self)
            let receipt = try await desk.perform(
                HandIn(try form.command(desk.authority, isStaff: staff != nil)),
                by: Performer(staff, orElse: .resident),
                idempotency: try request.idempotencyKey()
            )
            return try .report(
                ReceiptReport(receipt, at: now()),
                status: .created,
                headers: [.location: "\(APIRoutes.base)/orders/\(receipt.number)"]
            )
        }
    }

    // MARK: Working on one

    private var act: APIOperation {
        APIOperation(
            id: "actOnOrder",
            method: .post,
            path: "/orders/{number}/acts",
            tag: "orders",
            summary: "Do something to an order: staff all that `acts` says, its requester note, rate, ask-reopen",
            right: .anyoneMoreForStaff,
            parameters: [APIRoutes.number],
            body: Schemas.object(
                ["act": Schemas.words(OrderAct.Verb.allCases.map(\.rawValue))],
                optional: [
                    "text": Schemas.text(atMost: 4_000), "to": Schemas.placeCode,
                    "reason": Schemas.text(atMost: 400), "satisfaction": Schemas.integer(1...5),
                    "query_code": Schemas.queryCode,
                ]
            ),
            isRepeatable: true,
            answer: .ok(Schemas.reference("Order"), "The order as it is now."),
            refusals: [.tooManyRequests]
        ) { request in
            let number = request.path("number")
            let act = try request.body(OrderAct.self)
            let (access, performer) = try await actor(on: number, act, request)
            guard let record = try await desk.workableOrder(number, for: access) else { throw Problem.missing("order") }
            _ = try await desk.perform(
                try act.command(record, desk.authority),
                by: performer,
                idempotency: try request.idempotencyKey()
            )
            guard let order = try await desk.order(number, for: access) else { throw Problem.missing("order") }
            return try .report(order)
        }
    }

    /// Staff within their scope, or the requester with the code.
    private func actor(
        on number: String,
        _ act: OrderAct,
        _ request: APIRequest
    ) async throws -> (OrderAccess, Performer) {
        if request.visitor.staff != nil {
            let staff = try request.visitor.requireStaff(StaffRole.handling, token: APIRoutes.writeOrders)
            return (.staff(staff.scope), Performer(staff, orElse: .resident))
        }
        guard let code = act.queryCode else { throw Problem.signInFirst }
        guard act.act.isForRequesters else {
            throw Problem.invalid(
                "act",
                "\(act.act.rawValue) is for staff",
                wayOut: "a requester can note, rate or ask-reopen"
            )
        }
        return (try await requester(of: number, code, request), .resident)
    }

    private var amend: APIOperation {
        APIOperation(
            id: "amendOrder",
            method: .patch,
            path: "/orders/{number}",
            tag: "orders",
            summary: "Correct what an order says",
            right: .staff(StaffRole.accepting, token: APIRoutes.writeOrders),
            parameters: [APIRoutes.number],
            body: Schemas.object(
                [:],
                optional: [
                    "service": Schemas.text(atMost: 20, atLeast: 1),
                    "description": Schemas.text(atMost: SubmitWorkOrder.Limit.description),
                    "address": Schemas.text(atMost: SubmitWorkOrder.Limit.address), "location": Schemas.location,
                    "papers_at": Schemas.placeCode,
                    "name": Schemas.text(atMost: 100), "phone": Schemas.text(atMost: 40),
                    "email": Schemas.text(atMost: 200),
                    "keep": Schemas.list(Schemas.keptVersion),
                ]
            ),
            isRepeatable: true,
            answer: .ok(Schemas.reference("Order"), "The order as it is now.")
        ) { request in
            let staff = try request.staff()
            let number = request.path("number")
            let access = OrderAccess.staff(staff.scope)
            guard let record = try await desk.workableOrder(number, for: access) else { throw Problem.missing("order") }
            let amendment = try request.body(OrderAmendment.self)
            _ = try await desk.perform(
                try amendment.command(record, desk.authority),
                by: Performer(staff, orElse: .resident),
                idempotency: try request.idempotencyKey()
            )
            guard let order = try await desk.order(number, for: access) else { throw Problem.missing("order") }
            return try .report(order)
        }
    }

    private var unmaskContact: APIOperation {
        APIOperation(
            id: "unmaskRequester",
            method: .post,
            path: "/orders/{number}/requester",
            tag: "orders",
            summary: "Who made the request, in clear; written down with what for",
            right: .staff(StaffRole.handling, token: nil),
            parameters: [APIRoutes.number],
            body: Schemas.object(["purpose": Schemas.text(atMost: 500, atLeast: 1)]),
            answer: .ok(
                Schemas.object(["name": Schemas.string, "phone": Schemas.string, "email": Schemas.string]),
                "Empty where nothing was given, or this node may not read it."
            )
        ) { request in
            let staff = try request.staff()
            let purpose = try request.body(PurposeForm.self).purpose
            let found = try await desk.contact(of: request.path("number"), in: staff.scope)
            guard let found else { throw Problem.missing("order") }
            try await access.noteUnmasking(
                Unmasking(record: found.record, field: "requester", purpose: purpose),
                by: staff
            )
            let contact = found.contact ?? Contact()
            return try .report(
                ContactAnswer(name: contact.name, phone: contact.phone, email: contact.email),
                headers: [.cacheControl: "no-store"]
            )
        }
    }
}

/// What a personal value is asked for.
struct PurposeForm: Decodable {
    let purpose: String
}

private struct ContactAnswer: Encodable {
    let name: String
    let phone: String
    let email: String
}

// MARK: - Values of requests

extension APIRequest {
    func cursor(_ name: String) throws -> ListCursor? {
        guard let text = try text(name) else { return nil }
        guard let cursor = ListCursor(text) else {
            throw Problem.invalid(name, "\(text) is no position in a list", wayOut: "give `next` of the page before")
        }
        return cursor
    }
}

extension Performer {
    /// Staff by the first of their roles.
    init(_ staff: StaffMember?, orElse performer: Performer) {
        guard let staff else {
            self = performer
            return
        }
        self.init(name: staff.account, role: staff.roles.sorted().first?.rawValue ?? "staff")
    }
}
