import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongJSON
import LiandongReports

// Photos of work orders: add one, get one.
extension APIRoutes {
    var attachmentOperations: [APIOperation] { [addAttachment, getAttachment] }

    private var addAttachment: APIOperation {
        APIOperation(
            id: "addAttachment",
            method: .post,
            path: "/orders/{number}/attachments",
            tag: "orders",
            summary: "Add a photo: staff, or its requester with the query code; where it was taken is cut from it",
            right: .anyoneMoreForStaff,
            parameters: [APIRoutes.number, APIRoutes.queryCode],
            fileTypes: PhotoType.allCases.map(\.mediaType) + ["application/octet-stream"],
            bodyLimit: Photo.Limit.bytes,
            answer: .created(Schemas.reference("Order"), "The order as it is now; the same photo is had once."),
            refusals: [.tooManyRequests]
        ) { request in
            let number = request.path("number")
            let (access, performer) = try await adder(of: number, request)
            guard let record = try await desk.workableOrder(number, for: access) else { throw Problem.missing("order") }
            try await desk.add(
                try Photo(request.file),
                to: record,
                by: performer,
                within: allowance,
                from: request.context.address,
                at: now()
            )
            guard let order = try await desk.order(number, for: access) else { throw Problem.missing("order") }
            return try .report(order, status: .created)
        }
    }

    /// Staff within their scope, or the requester with the code.
    private func adder(of number: String, _ request: APIRequest) async throws -> (OrderAccess, Performer) {
        if request.visitor.staff != nil {
            let staff = try request.visitor.requireStaff(StaffRole.handling, token: APIRoutes.writeOrders)
            return (.staff(staff.scope), Performer(staff, orElse: .resident))
        }
        guard let code = request.header(.queryCode) else { throw Problem.signInFirst }
        return (try await requester(of: number, code, request), .resident)
    }

    private var getAttachment: APIOperation {
        APIOperation(
            id: "getAttachment",
            method: .get,
            path: "/orders/{number}/attachments/{digest}",
            tag: "orders",
            summary: "A photo of an order: staff of its places, or its requester with the query code",
            right: .anyoneMoreForStaff,
            parameters: [
                APIRoutes.number, .path("digest", "As the order names it.", Schemas.digest), APIRoutes.queryCode,
            ],
            answer: APIOperation.Answer(
                status: .ok,
                description: "The photo; 503 while not all of it has come to this node.",
                schema: .object([]),
                mediaType: "image/*"
            ),
            refusals: [.tooManyRequests]
        ) { request in
            let number = request.path("number")
            let access = try await access(to: number, request)
            guard let digest = request.digest("digest"),
                let photo = try await desk.photo(digest, of: number, for: access)
            else { throw Problem.missing("photo") }
            return photo.response
        }
    }
}

extension APIRequest {
    /// - Returns: nil for what can be no digest, which is missing like any other.
    fileprivate func digest(_ name: String) -> Hash? { Hash(hexadecimal: path(name)) }
}

extension Hash {
    /// 64 hexadecimal digits.
    init?(hexadecimal text: String) {
        guard let bytes = LiandongCore.bytes(hexadecimal: text) else { return nil }
        self.init(bytes)
    }
}
