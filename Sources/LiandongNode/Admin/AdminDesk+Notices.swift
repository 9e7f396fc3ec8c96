import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore

extension AdminDesk {
    /// As many as a list shows.
    private static let listLimit = 1_000

    func publishNotice(_ form: AdminRequest.NoticeForm) async throws -> DoneReport {
        let actor = try node.actor(role: "clerk")
        let command = PublishNotice(
            place: try form.place.map { try authority.requirePlace(code: $0).id } ?? actor.place,
            title: form.title,
            text: form.text,
            from: form.from.map { Instant(milliseconds: $0) },
            until: Instant(milliseconds: form.until)
        )
        return done("notice published", id: "\(try await node.store.commit(command, as: actor).record)")
    }

    func notices(isCurrent: Bool) async throws -> NoticesReport {
        var filter = StoreReader.NoticeFilter()
        filter.currentAt = isCurrent ? now : nil
        filter.limit = AdminDesk.listLimit + 1
        return try await node.store.read { [filter, now] in
            try $0.noticesReport(filter, atMost: AdminDesk.listLimit, at: now)
        }
    }

    func notice(_ id: String) async throws -> NoticeReport {
        let record = try await record(id)
        guard let found = try await node.store.read({ [now] in try $0.noticeReport(record, at: now) }) else {
            throw NodeError(.notFound, "\(id) is no notice")
        }
        return found
    }

    func withdrawNotice(_ id: String) async throws -> DoneReport {
        let command = WithdrawNotice(try await record(id))
        _ = try await node.store.commit(command, as: try node.actor(role: "clerk"))
        return done("notice withdrawn", id: id)
    }
}
