import LiandongDomain

extension PageWords {
    /// Of notices.
    static let notices: KeyValuePairs<String, Localized> = [
        "notices": Localized("公告", "Notices"),
        "allNotices": Localized("全部公告", "All notices"),
        "noNotices": Localized("目前没有公告。", "There is none at present."),
        "show": Localized("查看", "Show"),
        "published": Localized("发布于", "published"),
        "shownFromTo": Localized("公示时间", "Shown"),
        "printPage": Localized("打印", "Print"),
        "publishNotice": Localized("发布公告", "Publish a notice"),
        "noticeFor": Localized("发布范围", "For the people of"),
        "noticeReach": Localized("本地及其下所有街道、社区的居民都能看到。", "All who live there or in a place under it read it."),
        "noticeTitle": Localized("标题", "Title"),
        "noticeText": Localized("正文", "Text"),
        "shownFrom": Localized("开始公示", "Shown from"),
        "atOnce": Localized("留空为立即", "empty: at once"),
        "shownUntil": Localized("结束公示", "Shown until"),
        "withdrawHint": Localized(
            "撤回后居民不再看到，记录保留，不能恢复。",
            "Nobody sees it any more once it is taken back; it stays on record and cannot be put back."
        ),
        "withdrawNotice": Localized("撤回公告", "Take it back"),
    ]
}
