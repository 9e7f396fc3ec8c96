import LiandongDomain
import LiandongOpen311
import LiandongReports

/// A work order as pages show it.
struct OrderPage: Sendable {
    let number: String
    let service: String
    let status: String
    let tone: String
    let verifying: Bool
    let facts: [PageFact]
    let requestedAt: String
    let acceptedAt: String
    let events: [Event]
    /// It has been handled: it can be rated.
    let isDone: Bool
    let stars: [Star]
    var photos: [PhotoTile] = []
    var queryCode: String? { didSet { isOwn = queryCode != nil } }
    /// The page is for who has the code.
    private(set) var isOwn = false
    let key = PageRequest.newKey()
    var said: String?
    private(set) var problem: String?
    /// The text that was typed and refused.
    private(set) var typed = ""

    struct Event: Sendable {
        let time: String
        let title: String
        let by: String
        let to: String?
        let who: String?
        let text: String?
        let note: String?
        let flagged: Bool
    }

    struct Star: Sendable {
        let value: Int
        let words: String
    }

    init(_ order: OrderReport, _ text: PageText) {
        self.number = order.number
        self.service = text.service(order.service)
        self.status = text.status(order.status)
        self.tone = text.tone(order.status)
        self.verifying = order.verifying
        self.requestedAt = text.time(order.requestedAt)
        self.acceptedAt = order.acceptedAt.name
        self.facts = OrderPage.facts(order, text)
        self.events = order.events.map { Event($0, text) }
        self.isDone = (WorkOrder.Status(name: order.status) ?? .submitted) >= .handled
        let words = [
            Localized("很不满意", "not at all"), Localized("不满意", "hardly"), Localized("一般", "so so"),
            Localized("满意", "content"), Localized("很满意", "fully"),
        ]
        self.stars = words.enumerated().map { Star(value: $0 + 1, words: text($1)) }
    }

    /// Shows why what the request asked for was not done, and keeps what was typed.
    mutating func tell(_ problem: Problem?, _ request: PageRequest) {
        guard let problem else { return }
        self.problem = problem.words(in: request.language)
        typed = request.form.untrimmed("text") ?? ""
    }

    private static func facts(_ order: OrderReport, _ text: PageText) -> [PageFact] {
        let erased = order.erasedAt.map { time in
            text(Localized("个人信息已于\(text.day(time))删除", "personal information erased on \(text.day(time))"))
        }
        let due =
            text.day(order.deadline.due) + (order.deadline.provisional ? text(Localized("（暂定）", " (provisional)")) : "")
        let offers = order.offers.filter { $0.state == "open" }.map(\.to.name).joined(separator: ", ")
        let facts = [
            PageFact(text(Localized("情况说明", "What happened")), erased ?? order.description),
            PageFact(text(Localized("所属社区", "Community")), order.place.name),
            PageFact(text(Localized("详细地址", "Address")), order.address),
            PageFact(text(Localized("承办", "Held by")), order.holders.map(\.name).joined(separator: ", ")),
            PageFact(text(Localized("等待接收", "Offered to")), offers),
            PageFact(text(Localized("时限", "Due")), order.isOpen ? due : nil),
            PageFact(text(Localized("诉求人", "Requester")), order.requester),
            PageFact(text(Localized("电话", "Phone")), order.phone),
            PageFact(text(Localized("轮次", "Round")), order.round > 1 ? "\(order.round)" : nil),
        ]
        let answers = order.attributes.map { PageFact($0.code, $0.value) }
        let references = order.references.map { PageFact($0.system, $0.identifier) }
        return (facts + answers + references).compactMap { $0 }
    }
}

extension OrderPage.Event {
    fileprivate init(_ event: OrderReport.Event, _ text: PageText) {
        let stars = event.satisfaction.map {
            String(repeating: "★", count: $0) + String(repeating: "☆", count: max(0, 5 - $0))
        }
        let reason = ActOnWorkOrder.DeclineReason(rawValue: event.reason).map { text($0.title) }
        let words = [stars, reason, event.text].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "\n")
        self.time = text.time(event.at)
        self.title = text.title(of: event)
        self.by = event.by.name
        self.to = event.to?.name
        self.who = event.operatorName.flatMap { $0.isEmpty ? nil : $0 }
        self.text = words.isEmpty ? nil : words
        self.note = event.flaw.map { text($0.reasonWords) }
        self.flagged = !event.applied
    }
}
