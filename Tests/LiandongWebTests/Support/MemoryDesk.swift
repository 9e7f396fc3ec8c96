import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongWeb
import Synchronization

/// A desk over an array, for what the routes make of a desk's answers.
final class MemoryDesk: ServiceDesk {
    struct State {
        var submissions: [ServiceRequestSubmission] = []
        var keys: [String: (hash: [UInt8], number: String)] = [:]
        var refusal: (any Error)?
        var readiness = Readiness.ready
        var filters: [ServiceRequestFilter] = []
        var updateFilters: [ServiceRequestUpdateFilter] = []
    }

    static let record = RecordID(raw: Bytes16(high: 7, low: 7))

    let state = Mutex(State())
    let jurisdiction = Jurisdiction(id: "441202", contact: "12345", changeset: Instant(milliseconds: 0))
    var catalogue: ServiceCatalogue { .current }

    func submit(
        _ submission: ServiceRequestSubmission,
        idempotency: IdempotencyKey?
    ) async throws -> SubmissionReceipt {
        try state.withLock { state in
            if let refusal = state.refusal { throw refusal }
            if let idempotency, let known = state.keys[idempotency.text] {
                guard known.hash == idempotency.bodyHash else {
                    throw ServiceDeskError.conflict("the key came with another body; take a new one")
                }
                return SubmissionReceipt(
                    record: MemoryDesk.record,
                    number: known.number,
                    queryCode: "12345678",
                    token: known.number
                )
            }
            state.submissions.append(submission)
            let number = String(1_000_000 + state.submissions.count)
            if let idempotency { state.keys[idempotency.text] = (idempotency.bodyHash, number) }
            return SubmissionReceipt(record: MemoryDesk.record, number: number, queryCode: "12345678", token: number)
        }
    }

    func request(_ number: String) async throws -> ServiceRequest? {
        state.withLock { state in
            guard let index = Int(number).map({ $0 - 1_000_001 }), state.submissions.indices.contains(index) else {
                return nil
            }
            return Self.request(number, state.submissions[index])
        }
    }

    func requests(_ filter: ServiceRequestFilter) async throws -> [ServiceRequest] {
        state.withLock { state in
            state.filters.append(filter)
            return state.submissions.enumerated().map { Self.request(String(1_000_001 + $0), $1) }
        }
    }

    func updates(_ filter: ServiceRequestUpdateFilter) async throws -> [ServiceRequestUpdate] {
        state.withLock { state in
            state.updateFilters.append(filter)
            return state.submissions.indices.map { index in
                ServiceRequestUpdate(
                    id: String(repeating: "0", count: 31) + "\(index)",
                    requestID: String(1_000_001 + index),
                    status: .actionScheduled,
                    updatedAt: Instant(milliseconds: 0),
                    text: index == 0 ? nil : "已派人 <b>查看</b>",
                    title: Localized("派单：城东街道", "dispatched: 城东街道")
                )
            }
        }
    }

    func number(token: String) async throws -> String? { token == "t" ? "1000001" : nil }
    func readiness() async -> Readiness { state.withLock(\.readiness) }

    private static func request(_ number: String, _ submission: ServiceRequestSubmission) -> ServiceRequest {
        ServiceRequest(
            id: number,
            status: .open,
            extendedStatus: .investigating,
            serviceCode: submission.serviceCode,
            description: submission.description,
            requestedAt: Instant(milliseconds: 0),
            updatedAt: Instant(milliseconds: 0),
            addressID: submission.addressID
        )
    }
}
