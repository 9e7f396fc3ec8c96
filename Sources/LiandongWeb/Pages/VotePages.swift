import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// Voting by an entry of the roll and its code: who, what, is it right, and a receipt that says whether it counts.
extension PageRoutes {
    func addVotePages(to router: Router<HTTPFace.Context>) {
        add("/consultations/{id}/vote", to: router, get: { try await voteForm($0) }, post: { try await vote($0) })
        add("/consultations/{id}/receipt", to: router, get: { try await checkReceipt($0) })
    }

    // MARK: The form

    /// Where somebody is on the way to a ballot.
    private enum Step: String {
        case open, choose, cast
    }

    private struct VotePage {
        let id: String
        let title: String
        let place: String
        let closes: String
        let steps: [PageStep]
        let problem: String?
        /// Why nobody can vote at present.
        let shut: String?
        let entry: String
        let code: String
        /// What is to be asked; nil on the other steps.
        var ask: Ask?
        var choice: Choice?
        var check: Check?

        struct Ask {
            let longest: Int
        }

        struct Choice {
            let text: String
            let options: [PageChoice]
        }

        struct Check {
            let option: String
            let title: String
            let key: String
        }
    }

    private func voteForm(_ request: PageRequest, problem: Problem? = nil) async throws -> Response {
        let (_, found) = try await rolled(request)
        var page = votePage(found, at: .open, request, problem: problem)
        page.ask = page.shut == nil ? VotePage.Ask(longest: Roll.Limit.label) : nil
        return await show(page, request, about: problem)
    }

    private func choiceForm(
        _ found: ConsultationReport,
        _ request: PageRequest,
        problem: Problem? = nil
    ) async throws -> Response {
        let chosen = try request.form.value("option", limit: 20)
        var page = votePage(found, at: .choose, request, problem: problem)
        page.choice = VotePage.Choice(
            text: found.text,
            options: found.options.map { PageChoice(key: $0.code, name: $0.title, isChosen: $0.code == chosen) }
        )
        return await show(page, request, about: problem)
    }

    private func checkForm(_ found: ConsultationReport, _ option: String, _ request: PageRequest) async -> Response {
        var page = votePage(found, at: .cast, request)
        let title = found.options.first { $0.code == option }?.title ?? option
        page.check = VotePage.Check(option: option, title: title, key: PageRequest.newKey())
        return await show(page, request)
    }

    private func show(_ page: VotePage, _ request: PageRequest, about problem: Problem? = nil) async -> Response {
        await self.page(.vote, page, titled: request.words(Localized("投票", "Vote")), request, about: problem)
    }

    private func votePage(
        _ found: ConsultationReport,
        at step: Step,
        _ request: PageRequest,
        problem: Problem? = nil
    ) -> VotePage {
        let text = text(request)
        return VotePage(
            id: found.id,
            title: found.title,
            place: found.place.name,
            closes: text.time(found.closesAt),
            steps: PageStep.voting(at: [.open: 0, .choose: 1, .cast: 2][step] ?? 0, text),
            problem: problem?.words(in: request.language),
            shut: shut(found).map { text($0) },
            entry: typed("entry", request),
            code: step == .open && problem != nil ? "" : typed("code", request)
        )
    }

    private func typed(_ name: String, _ request: PageRequest) -> String {
        ((try? request.form.value(name, limit: 100)) ?? nil) ?? ""
    }

    /// Why nobody can vote in it at present; nil when people can.
    private func shut(_ found: ConsultationReport) -> Localized? {
        guard found.isOpen(at: now()) else { return Localized("投票已经结束。", "Voting has ended.") }
        guard let roll = found.roll else {
            return Localized("这次征询没有名册，投票请到社区窗口。", "There is no roll; ballots are taken at the counter.")
        }
        guard roll.withCodes > 0 else {
            return Localized("投票尚未开始：投票码还没有发放。", "Voting has not begun: no codes were given out yet.")
        }
        return nil
    }

    private func rolled(_ request: PageRequest) async throws -> (RecordID, ConsultationReport) {
        guard let id = recordID(request), let found = try await desk.consultation(id) else {
            throw Problem.missing("consultation")
        }
        return (id, found)
    }

    // MARK: Voting

    private struct VotedPage {
        let id: String
        let title: String
        let place: String
        let entry: String
        /// In groups of four.
        let number: String
        let link: String
        let time: String
        let takenAt: String
        let steps: [PageStep]
    }

    private func vote(_ request: PageRequest) async throws -> Response {
        let (id, found) = try await rolled(request)
        guard shut(found) == nil else { return try await voteForm(request) }
        let step = try request.form.value("step", limit: 20).flatMap(Step.init(rawValue:)) ?? .open
        let voter = RollVoter(entry: typed("entry", request), code: typed("code", request))
        let option = try request.form.value("option", limit: 20) ?? ""
        do {
            try await desk.requireVoter(voter, in: id, request.context)
        } catch {
            return try await voteForm(request, problem: try refusal(error, request))
        }
        let ballot = Recorded(CastBallot(id, voter: voter.voter, option: option, channel: "web")) { "\($0.ballot)" }
        do {
            switch step {
            case .open:
                // Whether the entry may still vote is asked before anybody has chosen.
                let any = found.options.first?.code ?? ""
                let trial = Recorded(CastBallot(id, voter: voter.voter, option: any, channel: "web")) { "\($0.ballot)" }
                _ = try await desk.rehearse(trial, by: .resident)
            case .choose:
                guard !option.isEmpty else {
                    return try await choiceForm(found, request, problem: .nothingChosen)
                }
                _ = try await desk.rehearse(ballot, by: .resident)
            case .cast:
                let key = try request.idempotencyKey(for: "\(id)\n\(voter)\n\(option)")
                let receipt = try await desk.perform(ballot, by: .resident, idempotency: key)
                return await receiptPage(receipt.id, found, voter, request)
            }
        } catch {
            return try await voteForm(request, problem: try refusal(error, request))
        }
        return step == .open ? try await choiceForm(found, request) : await checkForm(found, option, request)
    }

    private func receiptPage(
        _ ballot: String,
        _ found: ConsultationReport,
        _ voter: RollVoter,
        _ request: PageRequest
    ) async -> Response {
        let text = text(request)
        let page = VotedPage(
            id: found.id,
            title: found.title,
            place: found.place.name,
            entry: voter.entry,
            number: ballot.inGroupsOfFour,
            link: "/consultations/\(found.id)/receipt?number=\(ballot)",
            time: text.time(now().iso8601),
            takenAt: desk.place.map { desk.authority.name(of: $0) } ?? "",
            steps: PageStep.voting(at: 3, text)
        )
        return await self.page(
            .voted,
            page,
            titled: text(Localized("已投票", "Voted")),
            request,
            status: .created
        )
    }

    // MARK: A receipt

    private struct ReceiptCheckPage {
        let id: String
        let title: String
        let number: String
        let problem: String?
        var answer: Answer?

        struct Answer {
            let words: String
            let tone: String
            let facts: [PageFact]
            let hint: String
        }
    }

    private func checkReceipt(_ request: PageRequest) async throws -> Response {
        let (id, found) = try await rolled(request)
        let text = text(request)
        let typed = try request.query.value("number", limit: 100) ?? ""
        let ballot =
            if let number = BallotNumber(typed) { try await desk.ballot(number.id, of: id) } else { BallotReport?.none }
        let problem = typed.isEmpty || ballot != nil ? nil : Problem.missing("ballot")
        var page = ReceiptCheckPage(
            id: found.id,
            title: found.title,
            number: typed,
            problem: problem.map { _ in
                text(
                    Localized(
                        "本节点没有这张选票。请核对回执号；刚在其他节点投的票，同步后才能查到。",
                        "This node has no such ballot. Check the number; one cast at another node shows once it has come."
                    )
                )
            }
        )
        page.answer = ballot.map { answer($0, text) }
        return await self.page(
            .ballotcheck,
            page,
            titled: text(Localized("查验回执", "Check a receipt")),
            request,
            about: problem
        )
    }

    private func answer(_ ballot: BallotReport, _ text: PageText) -> ReceiptCheckPage.Answer {
        let facts = [
            PageFact(text(Localized("回执号", "Receipt")), ballot.id.inGroupsOfFour),
            PageFact(text(Localized("时间", "Time")), text.time(ballot.at)),
            PageFact(text(Localized("收票节点", "Taken in at")), ballot.place?.name),
            PageFact(text(Localized("原因", "Why")), ballot.reason.map { text.uncounted($0) }),
        ]
        let hint =
            ballot.isProvisional
            ? Localized(
                "暂定：断网节点的票可能还未到达，同一项更早的票到达后以更早的为准。",
                "Provisional: an earlier ballot of the same entry may still come from a node that is cut off."
            ) : Localized("结果已定。", "This is final.")
        return .init(
            words: text(ballot.counts ? Localized("已计入", "It counts") : Localized("未计入", "It does not count")),
            tone: ballot.counts ? "good" : "bad",
            facts: facts.compactMap { $0 },
            hint: text(hint)
        )
    }
}

/// One of the steps of a form that has several.
struct PageStep: Sendable {
    let name: String
    let isCurrent: Bool
    let isDone: Bool

    /// - Parameter current: from 0.
    static func voting(at current: Int, _ text: PageText) -> [PageStep] {
        let names = [
            Localized("核对身份", "Who votes"), Localized("选择", "Choose"), Localized("确认", "Confirm"),
            Localized("回执", "Receipt"),
        ]
        return names.enumerated().map { PageStep(name: text($1), isCurrent: $0 == current, isDone: $0 < current) }
    }
}

extension Problem {
    static let nothingChosen = Problem.invalid(
        "option",
        Localized("没有选择", "nothing was chosen"),
        wayOut: Localized("请选择一项", "choose one")
    )

    static let noAct = Problem.invalid(
        "act",
        Localized("没有选择要做什么", "it is missing"),
        wayOut: Localized("请按其中一个按钮", "press one of the buttons")
    )

    static let noPurpose = Problem.invalid(
        "purpose",
        Localized("没有填写用途", "it is missing"),
        wayOut: Localized("请写明为什么要查看", "say what you need it for")
    )
}
