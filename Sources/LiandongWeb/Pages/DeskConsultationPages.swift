import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// Consultations at the desk: put a question, take ballots at the counter, look at the count, close.
extension PageRoutes {
    func addDeskConsultationPages(to router: Router<HTTPFace.Context>) {
        add(
            "/staff/consultations",
            to: router,
            get: { try await deskConsultations($0) },
            post: { try await createConsultation($0) }
        )
        add(
            "/staff/consultations/{id}",
            to: router,
            get: { try await deskConsultation($0) },
            post: { try await actOnConsultation($0) }
        )
    }

    // MARK: The list

    private struct ListPage {
        let tabs: [PageTab]
        let rows: [Row]
        let canCreate: Bool

        struct Row {
            let id: String
            let title: String
            let place: String
            let closes: String
            let counted: Int
            let verifying: Bool
        }
    }

    private func deskConsultations(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        if try request.query.value("new") != nil { return try await consultationForm(request) }
        let isOpen = try request.query.value("view", limit: 20) != "closed"
        let (text, present) = (text(request), now())
        let found = try await desk.consultations().consultations.filter { $0.isOpen(at: present) == isOpen }
        let page = ListPage(
            tabs: [
                PageTab(
                    name: text(Localized("进行中", "Open")),
                    link: "/staff/consultations",
                    isCurrent: isOpen
                ),
                PageTab(
                    name: text(Localized("已结束", "Closed")),
                    link: "/staff/consultations?view=closed",
                    isCurrent: !isOpen
                ),
            ],
            rows: found.map {
                .init(
                    id: $0.id,
                    title: $0.title,
                    place: $0.place.name,
                    closes: text.time($0.closesAt),
                    counted: $0.counted,
                    verifying: $0.verifying
                )
            },
            canCreate: staff.has(.clerk)
        )
        return await self.page(
            .deskconsultations,
            page,
            titled: text(Localized("民意征询", "Consultations")),
            request
        )
    }

    // MARK: A new one

    private struct FormPage {
        let key: String
        let place: String
        let problem: String?
        let title: String
        let text: String
        let options: String
        let roll: String
        let closesAt: String
    }

    /// The place that a question of this member of staff is put to.
    func questionPlace(_ staff: StaffMember) -> PlaceID {
        guard let place = desk.place, staff.sees(place, desk.authority) else { return staff.scope }
        return place
    }

    private func consultationForm(_ request: PageRequest, problem: Problem? = nil) async throws -> Response {
        let staff = try request.visitor.requireStaff([.clerk], token: nil)
        func typed(_ name: String) -> String { request.form.untrimmed(name) ?? "" }
        let page = FormPage(
            key: PageRequest.newKey(),
            place: desk.authority.name(of: questionPlace(staff)),
            problem: problem?.words(in: request.language),
            title: typed("title"),
            text: typed("text"),
            options: typed("options"),
            roll: typed("roll"),
            closesAt: typed("closes_at")
        )
        return await self.page(
            .newconsultation,
            page,
            titled: request.words(Localized("发起征询", "Put a question")),
            request,
            about: problem
        )
    }

    private func createConsultation(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff([.clerk], token: nil)
        do {
            let titles = lines("options", request)
            let form = ConsultationForm(
                title: try request.form.value("title", limit: 200) ?? "",
                text: try request.form.value("text", limit: 20_000) ?? "",
                options: titles.enumerated().map { .init(code: "\($0 + 1)", title: $1) },
                closesAt: try request.localTime("closes_at") ?? "",
                roll: lines("roll", request)
            )
            let command = try form.command(desk.authority, at: questionPlace(staff))
            let key = try request.idempotencyKey(for: "\(form)")
            let receipt = try await desk.perform(
                Recorded(command) { "\($0.record)" },
                by: Performer(staff, orElse: .resident),
                idempotency: key
            )
            return .seeOther("/staff/consultations/\(receipt.id)?done=create")
        } catch {
            return try await consultationForm(request, problem: try refusal(error, request))
        }
    }

    /// What stands on the lines of a field, empty ones left out.
    private func lines(_ field: String, _ request: PageRequest) -> [String] {
        (request.form.untrimmed(field) ?? "").split(whereSeparator: \.isNewline)
            .map { String($0.trimmingPrefix(while: \.isWhitespace)) }.filter { !$0.isEmpty }
    }

    // MARK: One

    private struct ConsultationPage {
        let id: String
        let title: String
        let place: String
        let dates: String
        let state: String
        let tone: String
        let text: String
        let tally: [PageCount]
        let total: Int
        /// Why the counts are not shown.
        let hidden: String?
        let counting: String
        let rule: String
        let roll: Roll?
        let canIssue: Bool
        let uncounted: [Uncounted]
        let opinions: [PageOpinion]
        let opinionCount: Int
        let options: [PageChoice]
        let canVote: Bool
        let canClose: Bool
        let key: String
        let said: String?
        let problem: String?
        let verifying: Bool

        struct Roll {
            let words: String
        }

        struct Uncounted {
            let time: String
            let place: String
            let reason: String
        }
    }

    private func deskConsultation(_ request: PageRequest, problem: Problem? = nil) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        guard let id = recordID(request), let found = try await desk.consultation(id) else {
            throw Problem.missing("consultation")
        }
        let text = text(request)
        let isOpen = found.isOpen(at: now())
        let said: Localized? =
            switch try request.query.value("done", limit: 20) {
            case "create": Localized("已发起。", "The question was put.")
            case "ballot": Localized("选票已记录。", "The ballot was taken in.")
            case "close": Localized("已结束征询。", "It is closed.")
            default: nil
            }
        let page = ConsultationPage(
            id: found.id,
            title: found.title,
            place: found.place.name,
            dates: "\(text.time(found.createdAt)) – \(text.time(found.closedAt ?? found.closesAt))",
            state: text(isOpen ? Localized("进行中", "open") : Localized("已结束", "closed")),
            tone: isOpen ? "good" : "calm",
            text: found.text,
            tally: PageCount.all(found.tally),
            total: found.counted,
            hidden: found.roll.flatMap { $0.countsHidden ? text.hiddenCounts(found.counted, of: $0.entries) : nil },
            counting: found.isProvisional
                ? text(
                    Localized(
                        "暂定结果：断网节点的票可能还未到达。",
                        "Provisional: ballots of nodes that are cut off may still come."
                    )
                ) : text(Localized("最终结果。", "Final.")),
            rule: text(found.franchise.ruleTitle),
            roll: found.roll.map { roll in
                .init(
                    words: text(
                        Localized(
                            "名册共 \(roll.entries) 项，已发码 \(roll.withCodes) 项。",
                            "\(roll.entries) entries, \(roll.withCodes) with a code."
                        )
                    )
                )
            },
            canIssue: isOpen && staff.has(.operator) && isAsked(found, by: staff),
            uncounted: found.uncounted.map {
                .init(time: text.time($0.at), place: $0.place?.name ?? "", reason: text.uncounted($0.reason))
            },
            opinions: found.opinions.reversed().map { PageOpinion($0, text) },
            opinionCount: found.opinionCount,
            options: found.options.map { PageChoice(key: $0.code, name: $0.title, isChosen: false) },
            canVote: isOpen && (staff.has(.clerk) || staff.has(.register)) && isVoted(found, by: staff),
            canClose: found.closedAt == nil && staff.has(.clerk) && isAsked(found, by: staff),
            key: PageRequest.newKey(),
            said: problem == nil ? said.map { text($0) } : nil,
            problem: problem?.words(in: request.language),
            verifying: found.verifying
        )
        return await self.page(.deskconsultation, page, titled: found.title, request, about: problem)
    }

    private func actOnConsultation(_ request: PageRequest) async throws -> Response {
        let act = try request.form.value("act", limit: 20) ?? ""
        let roles: [String: Set<StaffRole>] = ["close": [.clerk], "codes": [.operator]]
        let staff = try request.visitor.requireStaff(roles[act] ?? [.clerk, .register], token: nil)
        guard let id = recordID(request), let found = try await desk.consultation(id),
            act == "ballot" ? isVoted(found, by: staff) : isAsked(found, by: staff)
        else { throw Problem.missing("consultation") }
        let performer = Performer(staff, orElse: .resident)
        do {
            switch act {
            case "close":
                let key = try request.idempotencyKey(for: "\(id)\nclose")
                let command = Recorded(CloseConsultation(id)) { "\($0.record)" }
                _ = try await desk.perform(command, by: performer, idempotency: key)
            case "ballot":
                let ballot = BallotForm(
                    option: try request.form.value("option", limit: 20) ?? "",
                    identityNumber: try request.form.value("identity_number", limit: 18),
                    entry: try request.form.value("entry", limit: 100),
                    code: try request.form.value("code", limit: 100)
                )
                let voter = try ballot.voter()
                if case .rollEntry(let entry, let code) = voter {
                    try await desk.requireVoter(RollVoter(entry: entry, code: code), in: id, request.context)
                }
                let key = try request.idempotencyKey(for: "\(id)\n\(ballot)")
                let cast = CastBallot(id, voter: voter, option: ballot.option, channel: "counter")
                _ = try await desk.perform(Recorded(cast) { "\($0.ballot)" }, by: performer, idempotency: key)
            case "codes":
                let entry = try request.form.value("entry", limit: 100)
                let command = GiveOutCodes(IssueRollCodes(id, entries: entry.map { [$0] } ?? []))
                // Without a key: sent again it makes new codes, and nothing keeps these.
                let codes = try await desk.perform(command, by: performer, idempotency: nil)
                return await slips(codes, found, request)
            default:
                throw Problem.noAct
            }
        } catch {
            return try await deskConsultation(request, problem: try refusal(error, request))
        }
        return .seeOther("/staff/consultations/\(id)?done=\(act)")
    }

    // MARK: Slips

    private struct SlipsPage {
        let id: String
        let title: String
        let place: String
        let closes: String
        let slips: [Slip]

        struct Slip {
            let entry: String
            /// In groups of four.
            let code: String
        }
    }

    private func slips(
        _ codes: RollCodesReport,
        _ found: ConsultationReport,
        _ request: PageRequest
    ) async -> Response {
        let page = SlipsPage(
            id: found.id,
            title: found.title,
            place: found.place.name,
            closes: text(request).time(found.closesAt),
            slips: codes.slips.map { .init(entry: $0.entry, code: $0.code.inGroupsOfFour) }
        )
        return await self.page(
            .rollcodes,
            page,
            titled: request.words(Localized("投票码", "Codes for voting")),
            request
        )
    }

    /// Whether a consultation is a matter of somebody's scope.
    private func isAsked(_ found: ConsultationReport, by staff: StaffMember) -> Bool {
        let authority = desk.authority
        return authority.place(code: found.place.code).map { staff.sees($0.id, authority) } ?? false
    }

    /// Whether people of somebody's scope vote in it.
    private func isVoted(_ found: ConsultationReport, by staff: StaffMember) -> Bool {
        let authority = desk.authority
        guard let place = authority.place(code: found.place.code) else { return false }
        return staff.takesBallots(of: place.id, authority)
    }
}
