import LiandongDomain

extension PageWords {
    /// Of the counter.
    static let atCounter: KeyValuePairs<String, Localized> = [
        "counter": Localized("窗口代办", "At the counter"),
        "counterLead": Localized(
            "为到窗口的居民代为提交，当场受理、打印回执。",
            "Hand in for somebody who stands there: accepted at once, with a receipt to take home."
        ),
        "counterKeys": Localized(
            "键盘：输入编号或名称选事项，Enter 继续。",
            "Keys: type a code or name to choose, Enter to go on."
        ),
        "requesterThere": Localized("诉求人", "Who asks"),
        "matchHint": Localized(
            "用于核对居民登记，不随工单保存。",
            "Looked up among the registrations; it is not kept with the order."
        ),
        "consent": Localized("同意", "Consent"),
        "agreed": Localized(
            "诉求人已同意登记以上信息，并由窗口代为提交。",
            "The requester agrees to what is written down and to having it handed in for them."
        ),
        "remarkHint": Localized("如受托人关系；只有工作人员能看到", "say, who acts for whom; for staff alone"),
        "checkWithThem": Localized("请与诉求人核对", "Check it with who asks"),
        "checkWithThemLead": Localized(
            "提交前请念给诉求人听，或转过屏幕请其确认。",
            "Read it to them, or turn the screen, before it is sent."
        ),
        "takeItIn": Localized("确认受理", "Take it in"),
        "takenIn": Localized("已受理", "Taken in"),
        "acceptedBy": Localized("受理人", "Taken in by"),
        "nextPerson": Localized("下一位", "Next person"),
        "nextSame": Localized("下一位，同一事项", "Next person, same service"),
        "openOrder": Localized("打开工单", "Open the order"),
        "receiptKeys": Localized("键盘：p 打印，n 下一位，s 同一事项。", "Keys: p print, n next person, s same service."),
    ]
}
