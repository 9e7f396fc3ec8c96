import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// Consultations: read them, see the count, say one's opinion.
extension PageRoutes {
    func addConsultationPages(to router: Router<HTTPFace.Context>) {
        add("/consultations", to: router, get: { try await consultations($0) })
        add("/consultations/{id}", to: router, get: { try await consultation($0) }, post: { try await giveOpinion($0) })
        addVotePages(to: router)
    }

    private struct ListPage {
        let rows: [Row]

        struct Row {
            let id: String
            let title: String
            let place: String
            let state: String
            let counted: String
        }
    }

    private struct ConsultationPage {
        let id: String
        let title: String
        let place: String
        let dates: String
        let state: String
        let tone: String
        let text: String
        let tally: [PageCount]
        /// Why the counts are not shown.
        let hidden: String?
        let counting: String
        let rule: String
        let vote: Vote?
        let votesAtCounter: Bool
        /// How many there are, where these are not all.
        let opinionCount: String?
        let opinions: [PageOpinion]
        let isOpen: Bool
        let key: String
        let said: String?
        let problem: String?
        /// The opinion that was typed and refused.
        let typed: String

        /// By the roll.
        struct Vote {
            let words: String
            let canVote: Bool
        }
    }

    private func consultations(_ request: PageRequest) async throws -> Response {
        let (text, present) = (text(request), now())
        let rows = try await desk.consultations().consultations.map { row in
            ListPage.Row(
                id: row.id,
                title: row.title,
                place: row.place.name,
                state: row.isOpen(at: present)
                    ? "\(text(Localized("截止", "until"))) \(text.time(row.closesAt))" : closed(text),
                counted: "\(row.counted) \(text(Localized("票", "ballots")))"
            )
        }
        return await page(
            .consultations,
            ListPage(rows: rows),
            titled: text(Localized("民意征询", "Consultations")),
            request
        )
    }

    private func closed(_ text: PageText) -> String { text(Localized("已结束", "closed")) }

    private func consultation(
        _ request: PageRequest,
        said: String? = nil,
        problem: Problem? = nil
    ) async throws -> Response {
        guard let id = recordID(request), let found = try await desk.consultation(id) else {
            throw Problem.missing("consultation")
        }
        let text = text(request)
        let isOpen = found.isOpen(at: now())
        let provisional =
            found.isProvisional
            ? text(Localized("暂定结果：断网节点的票可能还未到达。", "Provisional: ballots of nodes that are cut off may still come. "))
            : ""
        let uncounted = text(Localized("未计入 \(found.uncountedCount) 票。", "\(found.uncountedCount) not counted."))
        let page = ConsultationPage(
            id: found.id,
            title: found.title,
            place: found.place.name,
            dates: "\(text.time(found.createdAt)) – \(text.time(found.closedAt ?? found.closesAt))",
            state: isOpen ? text(Localized("进行中", "open")) : closed(text),
            tone: isOpen ? "good" : "calm",
            text: found.text,
            tally: PageCount.all(found.tally),
            hidden: found.roll.flatMap { $0.countsHidden ? text.hiddenCounts(found.counted, of: $0.entries) : nil },
            counting: provisional + uncounted,
            rule: text(found.franchise.ruleTitle),
            vote: found.roll.map { vote($0, isOpen: isOpen, text) },
            votesAtCounter: isOpen && found.roll == nil,
            opinionCount: found.opinionCount > found.opinions.count
                ? text(
                    Localized(
                        "共 \(found.opinionCount) 条，以下为最近 \(found.opinions.count) 条。",
                        "\(found.opinionCount) in all; these are the latest \(found.opinions.count)."
                    )
                ) : nil,
            opinions: found.opinions.map { PageOpinion($0, text) },
            isOpen: isOpen,
            key: PageRequest.newKey(),
            said: said,
            problem: problem?.words(in: request.language),
            typed: problem == nil ? "" : request.form.untrimmed("text") ?? ""
        )
        return await self.page(
            .consultation,
            page,
            titled: found.title,
            request,
            about: problem
        )
    }

    private func vote(_ roll: ConsultationReport.Roll, isOpen: Bool, _ text: PageText) -> ConsultationPage.Vote {
        let words: Localized =
            if !isOpen {
                Localized("投票已经结束。凭回执号可以查验选票是否计入。", "Voting has ended. A receipt tells whether its ballot counts.")
            } else if roll.withCodes == 0 {
                Localized("投票尚未开始：投票码还没有发放。", "Voting has not begun: no codes were given out yet.")
            } else {
                Localized(
                    "名册共 \(roll.entries) 项，每项一票。凭投票单上的名册项和投票码，在任一节点都能投。",
                    "\(roll.entries) entries have one vote each. With the slip that you were given you vote at any node."
                )
            }
        return .init(words: text(words), canVote: isOpen && roll.withCodes > 0)
    }

    private func giveOpinion(_ request: PageRequest) async throws -> Response {
        guard let id = recordID(request) else { throw Problem.missing("consultation") }
        do {
            let opinion = try request.form.value("text", limit: 4_000) ?? ""
            let key = try request.idempotencyKey(for: "\(id)\n\(opinion)")
            let command = Recorded(GiveOpinion(id, text: opinion)) { "\($0.opinion)" }
            _ = try await desk.perform(
                command,
                by: Performer(request.visitor.staff, orElse: .resident),
                idempotency: key
            )
        } catch {
            return try await consultation(request, problem: try refusal(error, request))
        }
        return try await consultation(
            request,
            said: request.words(Localized("谢谢，意见已记录。", "Thank you, it was written down."))
        )
    }

    func recordID(_ request: PageRequest) -> RecordID? {
        bytes(hexadecimal: request.path("id")).flatMap { RecordID($0) }
    }
}

/// One option with its ballots, as a bar.
struct PageCount: Sendable {
    let title: String
    let ballots: Int
    /// Of the option that has most; at least 1.
    let most: Int
    /// 0 to 100.
    let width: Int

    static func all(_ counts: [ConsultationReport.Count]) -> [PageCount] {
        let most = max(1, counts.map(\.ballots).max() ?? 1)
        return counts.map {
            PageCount(title: $0.title, ballots: $0.ballots, most: most, width: $0.ballots * 100 / most)
        }
    }
}

/// Somebody's opinion.
struct PageOpinion: Sendable {
    let text: String
    let time: String
    let place: String

    init(_ opinion: ConsultationReport.Opinion, _ text: PageText) {
        self.text = opinion.text
        self.time = text.time(opinion.at)
        self.place = opinion.place?.name ?? ""
    }
}
