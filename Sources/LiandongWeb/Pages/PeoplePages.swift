import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// Residents: found by name or number, masked, and in clear for a purpose.
extension PageRoutes {
    func addPeoplePages(to router: Router<HTTPFace.Context>) {
        add("/staff/residents", to: router, get: { try await residents($0) }, post: { try await residents($0) })
        add("/staff/residents/{id}", to: router, post: { try await unmask($0) })
    }

    private struct ResidentsPage {
        let q: String
        let isSearched: Bool
        let people: [Person]
        /// That there are more.
        let more: String?

        struct Person {
            let registrations: [Registration]
        }

        struct Registration {
            let id: String
            let name: String
            let facts: [PageFact]
            let elsewhere: String?
        }
    }

    /// The search is a form that is sent: identity numbers are not to stand in addresses.
    private func residents(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(StaffRole.registering, token: nil)
        let text = text(request)
        let q = try request.form.value("q", limit: 100) ?? ""
        let found = q.isEmpty ? nil : try await desk.people(q, in: staff.scope)
        let page = ResidentsPage(
            q: q,
            isSearched: !q.isEmpty,
            people: (found?.people ?? []).map { .init(registrations: $0.registrations.map { row($0, text) }) },
            more: found?.more == true
                ? text(
                    Localized(
                        "同名的不止这 \(PeopleReport.most) 条登记，请输入更完整的姓名或证件号。",
                        "More have this name than these \(PeopleReport.most) registrations: type more of it, or the identity number."
                    )
                ) : nil
        )
        return await self.page(.residents, page, titled: text(Localized("居民", "Residents")), request)
    }

    private func row(_ found: PersonReport.Registration, _ text: PageText) -> ResidentsPage.Registration {
        let facts = [
            PageFact(text(Localized("社区", "Community")), found.community.name),
            PageFact(text(Localized("证件号", "Identity number")), found.identityNumber),
            PageFact(text(Localized("电话", "Phone")), found.phone),
            PageFact(text(Localized("住址", "Address")), found.address),
            PageFact(text(Localized("登记时间", "Registered")), text.time(found.registeredAt)),
            PageFact(text(Localized("已删除", "Erased")), found.erasedAt.map { text.time($0) }),
        ]
        let elsewhere = found.elsewhereSince.min().map { time in
            text(Localized("另有社区登记，自\(text.day(time))起", "also registered elsewhere since \(text.day(time))"))
        }
        return .init(id: found.id, name: found.name, facts: facts.compactMap { $0 }, elsewhere: elsewhere)
    }

    private func unmask(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(StaffRole.registering, token: nil)
        guard let purpose = try request.form.value("purpose", limit: 500) else {
            throw Problem.noPurpose
        }
        let field = try request.form.value("field", limit: 40).flatMap(PersonalField.init(rawValue:))
        guard
            let id = bytes(hexadecimal: request.path("id")).flatMap({ RecordID($0) }), let field,
            let value = try await desk.unmasked(field, of: id, in: staff.scope)
        else { throw Problem.missing("value") }
        try await access.noteUnmasking(Unmasking(record: id, field: field.rawValue, purpose: purpose), by: staff)
        let text = text(request)
        let label =
            switch field {
            case .identityNumber: Localized("证件号", "Identity number")
            case .phone: Localized("电话", "Phone")
            }
        let page = UnmaskedPage(values: [PageFact(text(label), value)].compactMap { $0 }, back: "/staff/residents")
        return await self.page(.unmasked, page, titled: text(Localized("完整信息", "In clear")), request)
    }
}
