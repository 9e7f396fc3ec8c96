import HTTPTypes
import Hummingbird
import LiandongJSON
import NIOCore

// What changes, told as it does.
extension APIRoutes {
    static let eventsPath = "\(base)/events"

    var eventOperations: [APIOperation] { [events] }

    private var events: APIOperation {
        APIOperation(
            id: "listenToChanges",
            method: .get,
            path: "/events",
            tag: "events",
            summary: "Hear what changes, as server-sent events",
            right: .signedIn,
            answer: APIOperation.Answer(
                status: .ok,
                description: """
                    An event `changed` with `{"kind", "id"}` for whatever changed in one's scope and, with a token, in its \
                    scopes; kinds are order, resident, consultation, notice, alarm and device, the id of an order is its number. \
                    No values: who may read it asks for it. `resync`: more changed than was kept, ask for all that is \
                    shown; do the same after connecting anew. It ends with the session or token, and when the node stops.
                    """,
                schema: Schemas.string,
                mediaType: "text/event-stream"
            )
        ) { request in
            let staff = try request.staff()
            let kinds = Change.Kind.allCases.filter { $0.isHeard(by: staff) }
            guard !kinds.isEmpty else { throw Problem.tokenScopeMissing(Change.Kind.order.scope) }
            let listener = try desk.listen(to: Set(kinds), in: staff.scope, by: staff.account)
            let (access, context) = (access, request.context)
            return EventStream(listener: listener) {
                // Whose rights have changed comes again.
                if let session = context.session {
                    return try await access.visitor(session: session, isUse: false) == staff
                }
                guard let token = context.token else { return false }
                return try await access.visitor(token: token) == staff
            }.response
        }
    }
}

/// An answer that goes on as long as whoever asked listens and may.
///
/// - SeeAlso: HTML, §9.2 "Server-sent events".
struct EventStream: Sendable {
    /// Connections on which nothing is said for longer are closed by what stands between.
    private static let patience = Duration.seconds(15)
    private static let retryMilliseconds = 3_000

    let listener: any ChangeListener
    let isAllowed: @Sendable () async throws -> Bool

    init(listener: any ChangeListener, isAllowed: @escaping @Sendable () async throws -> Bool) {
        self.listener = listener
        self.isAllowed = isAllowed
    }

    var response: Response {
        let body = ResponseBody { [listener, isAllowed] writer in
            try await writer.write(ByteBuffer(string: "retry: \(EventStream.retryMilliseconds)\n\n"))
            while let news = try await listener.next(within: EventStream.patience), try await isAllowed() {
                try await writer.write(ByteBuffer(string: EventStream.text(of: news)))
            }
            try await writer.finish(nil)
        }
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        return Response(status: .ok, headers: headers, body: body)
    }

    /// What is written for it; never nothing, as only a write shows that whoever listened is gone.
    static func text(of news: ChangeNews) -> String {
        switch news {
        case .changed(let changes) where changes.isEmpty: ":\n\n"
        case .changed(let changes):
            changes.map { change in
                let data: JSONValue = ["kind": .string(change.kind.rawValue), "id": .string(change.id)]
                return "event: changed\ndata: \(data.text)\n\n"
            }.joined()
        case .resync: "event: resync\ndata: {}\n\n"
        case .quiet: ": nothing changed\n\n"
        }
    }
}
