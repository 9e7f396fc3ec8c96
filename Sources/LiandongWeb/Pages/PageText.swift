import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

/// How values are worded on pages.
struct PageText: Sendable {
    let language: Language
    let catalogue: ServiceCatalogue

    /// "2026-11-22 09:13" by clocks of UTC+8; as it stands where it is no time.
    func time(_ iso8601: String) -> String {
        guard let instant = GeoReportTime.instant(iso8601) else { return iso8601 }
        return String(GeoReportTime.text(instant).prefix(16)).replacing("T", with: " ")
    }

    func day(_ iso8601: String) -> String { String(time(iso8601).prefix(10)) }

    /// "3小时12分", "3 h 12 min".
    func duration(seconds: Double) -> String {
        let minutes = Int(max(0, min(seconds, 1e9)) / 60)
        let (hours, rest) = minutes.quotientAndRemainder(dividingBy: 60)
        let (days, hour) = hours.quotientAndRemainder(dividingBy: 24)
        switch language {
        case .chinese: return days > 0 ? "\(days)天\(hour)小时" : hours > 0 ? "\(hours)小时\(rest)分" : "\(rest)分"
        case .english: return days > 0 ? "\(days) d \(hour) h" : hours > 0 ? "\(hours) h \(rest) min" : "\(rest) min"
        }
    }

    func service(_ code: String) -> String { catalogue[code]?.name[language] ?? code }

    func status(_ name: String) -> String { WorkOrder.Status(name: name)?.title[language] ?? name }

    /// Why a ballot is not counted.
    func uncounted(_ reason: String) -> String {
        Consultation.Tally.Uncounted.Reason(rawValue: reason)?.title[language] ?? reason
    }

    /// Instead of counts that are not to be shown.
    func hiddenCounts(_ counted: Int, of entries: Int) -> String {
        self(
            Localized(
                "已投 \(counted) 票，名册共 \(entries) 项。为保密，结束后公布各选项票数。",
                "\(counted) of \(entries) have voted. So that nobody's vote shows, the count is told once it is over."
            )
        )
    }

    func act(_ name: String) -> String { WorkOrderEvent.Act(rawValue: name)?.title[language] ?? name }

    /// The same as something that can be done.
    func command(_ act: String) -> String { WorkOrderEvent.Act(rawValue: act)?.command[language] ?? act }

    /// What a note of the requester is called.
    func title(of event: OrderReport.Event) -> String {
        guard event.role == Actor.residentRole, event.act == WorkOrderEvent.Act.note.rawValue else {
            return act(event.act)
        }
        return switch WorkOrderEvent.RequesterReason(rawValue: event.reason) {
        case .rating?: self(Localized("诉求人评价", "rated by the requester"))
        case .reopenAsked?: self(Localized("诉求人申请重办", "the requester asks to reopen"))
        case nil: self(Localized("诉求人补充", "added by the requester"))
        }
    }

    func noticeState(_ name: String) -> String { Notice.State(rawValue: name)?.title[language] ?? name }

    func tone(ofNotice state: String) -> String {
        switch Notice.State(rawValue: state) {
        case .current?: "good"
        case .coming?: "warn"
        case .over?, .withdrawn?, nil: "calm"
        }
    }

    /// The colour of a state: good, bad, warn, calm or none.
    func tone(_ status: String) -> String {
        switch WorkOrder.Status(name: status) {
        case .handled?, .verified?, .revisited?, .closed?: "good"
        case .declined?, .archived?: "calm"
        case .submitted?, .reopened?: "warn"
        case .accepted?, .filed?, .dispatched?, .signedFor?, .handling?, nil: ""
        }
    }

    func callAsFunction(_ text: Localized) -> String { text[language] }
}

/// One of the views of a list.
struct PageTab: Sendable {
    let name: String
    let link: String
    let isCurrent: Bool
}

/// One line of a list of facts.
struct PageFact: Sendable {
    let label: String
    let value: String

    /// - Returns: nil where there is nothing to tell.
    init?(_ label: String, _ value: String?) {
        guard let value, !value.isEmpty else { return nil }
        self.label = label
        self.value = value
    }
}

/// One choice of a list.
struct PageChoice: Sendable {
    let key: String
    let name: String
    let isChosen: Bool
}

extension Problem {
    /// What stands above a form.
    func words(in language: Language) -> String {
        let (detail, wayOut) = (detailWords[language], wayOutWords[language])
        let (colon, stop, space) = language == .chinese ? ("：", "。", "") : (": ", ".", " ")
        return title(in: language) + colon + detail + stop + (wayOut.isEmpty ? "" : space + wayOut + stop)
    }

    /// The title in the language of pages.
    func title(in language: Language) -> String {
        let words: Localized =
            switch status {
            case 400: Localized("填写有误", "Something is not right")
            case 401: Localized("请先登录", "Sign in first")
            case 403: Localized("无权操作", "Not permitted")
            case 404: Localized("没有找到", "Not found")
            case 409: Localized("已有人先做了", "Somebody was first")
            case 413: Localized("内容太大", "Too large")
            case 422: Localized("目前状态不能这样做", "Not in this state")
            case 429: Localized("尝试过于频繁", "Too many attempts")
            case 503: Localized("节点暂时不能受理", "Not at the moment")
            default: Localized("出错了", "This did not work")
            }
        return words[language]
    }
}
