import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// Fields that were written at several places at once: the versions side by side, and the choice among them.
extension PageRoutes {
    func addConflictPages(to router: Router<HTTPFace.Context>) {
        add("/staff/orders/{number}/conflicts", to: router, post: { try await keepVersion($0) })
    }

    private func keepVersion(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(StaffRole.accepting, token: nil)
        let number = request.path("number")
        guard let record = try await desk.workableOrder(number, for: .staff(staff.scope)) else {
            throw Problem.missing("order")
        }
        do {
            let kept = KeptVersion(
                field: try request.form.value("field", limit: 40) ?? "",
                version: try request.form.value("version", limit: 40) ?? ""
            )
            let key = try request.idempotencyKey(for: "\(number)\n\(kept)")
            _ = try await desk.perform(
                try OrderAmendment(keep: [kept]).command(record, desk.authority),
                by: Performer(staff, orElse: .resident),
                idempotency: key
            )
        } catch {
            return try await work(number, staff, request, problem: try refusal(error, request))
        }
        return .seeOther("/staff/orders/\(number)?kept=1")
    }

    /// Why these staff cannot choose among versions here; nil where they can.
    func keepingRefused(_ order: OrderReport, to staff: StaffMember, _ request: PageRequest) -> String? {
        let problem = staff.lack(of: StaffRole.accepting) ?? order.amend?.refusal.map { Problem($0) }
        return problem?.words(in: request.language)
    }
}

/// A field in conflict as the desk sees it.
struct ConflictCard: Sendable {
    let field: String
    let title: String
    let key = PageRequest.newKey()
    let versions: [Version]
    /// Why none can be chosen here; nil where one can.
    let refusal: String?
    let mayKeep: Bool

    struct Version: Sendable {
        let name: String
        let value: String
        let place: String
        let tier: String
        let time: String
        let isShown: Bool
    }

    init(_ conflict: OrderReport.Conflict, refusal: String?, _ text: PageText) {
        self.refusal = refusal
        self.mayKeep = refusal == nil
        self.field = conflict.field
        let known = WorkOrder.CorrectedField(rawValue: conflict.field)
        self.title = known.map { text($0.title) } ?? conflict.field
        self.versions = conflict.versions.enumerated().map { index, version in
            let value = known == .service ? text.service(version.value) : version.value
            return Version(
                name: version.version,
                value: value.isEmpty ? text(Localized("本节点无权读取", "not for this node to read")) : value,
                place: version.by.name,
                tier: Tier(name: version.tier).map { text($0.title) } ?? "",
                time: text.time(version.at),
                isShown: index == 0
            )
        }
    }
}

extension Tier {
    /// As pages show it.
    var title: Localized {
        switch self {
        case .district: Localized("区", "district")
        case .street: Localized("街道", "street")
        case .community: Localized("社区", "community")
        case .grid: Localized("网格", "grid")
        }
    }
}
