import LiandongDomain

extension PageWords {
    /// Of voting by a roll.
    static let votes: KeyValuePairs<String, Localized> = [
        "voteTitle": Localized("投票", "Vote"),
        "voteNow": Localized("去投票", "Vote now"),
        "voteLead": Localized("请照投票单填写，无需登录。", "Write what your slip says; there is no account to sign in to."),
        "rollEntry": Localized("名册项", "Entry of the roll"),
        "rollEntryHint": Localized("投票单上的门牌号或编号", "the door or number on your slip"),
        "rollCode": Localized("投票码", "Code"),
        "rollCodeHint": Localized("12位数字", "12 digits"),
        "nextStep": Localized("下一步", "Next"),
        "chooseOne": Localized("请选择一项", "Choose one"),
        "yourChoice": Localized("您的选择", "Your choice"),
        "voteOnce": Localized("投出后不能更改，也不能撤回。", "Once it is cast it cannot be changed or taken back."),
        "castVote": Localized("确认投票", "Cast it"),
        "votedTitle": Localized("投票成功", "Your vote was taken in"),
        "votedLead": Localized(
            "请保存回执号，凭它随时查验这张选票是否计入。",
            "Keep the receipt's number: with it you can check that your ballot counts."
        ),
        "votedHint": Localized(
            "回执不写您的选择，任何人都不能凭它要您证明投了什么。",
            "It does not say what you chose, so that nobody can make you prove it."
        ),
        "receiptNumber": Localized("回执号", "Receipt's number"),
        "checkReceipt": Localized("查验回执", "Check a receipt"),
        "checkLead": Localized(
            "输入回执号，查看选票是否计入。不显示选择内容。",
            "See whether a ballot counts by its receipt. What it says is not shown."
        ),
        "checkButton": Localized("查验", "Check"),
        "rollCodes": Localized("投票码", "Codes for voting"),
        "codesOnce": Localized("只显示这一次。", "Shown this once."),
        "codesOnceHint": Localized(
            "系统不保存投票码；离开本页前请打印。此前发的码已作废。",
            "The codes are kept nowhere: print them before you leave. Earlier ones are void."
        ),
        "printSlips": Localized("打印投票单", "Print the slips"),
        "slipHint": Localized(
            "打开任一节点的网页，进“民意征询”投票；也可持本单到社区窗口。一项一票，请勿转交。",
            "Open any node's pages, go to Consultations and vote, or bring this to the counter. One vote; keep it to yourself."
        ),
        "onlyEntry": Localized("只为这一项重新发码", "Only for this entry"),
        "onlyEntryHint": Localized("留空为全部", "empty: all of them"),
        "codesHint": Localized(
            "重新发码后，原来的码立即作废；已投的票不受影响。",
            "New codes void the old ones at once; ballots that were cast stay."
        ),
        "makeCodes": Localized("生成投票码", "Make codes"),
        "rollLines": Localized("名册（每行一项，如门牌号）", "Roll, one entry a line: door numbers, say"),
        "rollHint": Localized(
            "填写后按名册投票，每项一票，居民凭投票码在网上投；不填则凭身份证到窗口投。",
            "With a roll each entry has one vote and a code for the pages; without, people vote at the counter by identity number."
        ),
    ]
}
