import LiandongDomain
import LiandongOpen311

/// Every text of the pages that is not data, in both languages.
///
/// A test holds the templates against it: what a template asks for is here, and what is here is asked for.
enum PageWords {
    static func words(in language: Language) -> [String: String] {
        switch language {
        case .chinese: chinese
        case .english: english
        }
    }

    private static let chinese = all(in: .chinese)
    private static let english = all(in: .english)

    private static func all(in language: Language) -> [String: String] {
        Dictionary(table.map { ($0.key, $0.value[language]) }) { first, _ in first }
    }

    static let table = Array(words) + Array(votes) + Array(notices) + Array(atCounter) + Array(ofCluster)

    private static let words: KeyValuePairs<String, Localized> = [
        // The frame
        "site": Localized("联动", "Liandong"),
        "skip": Localized("跳到正文", "Skip to content"),
        "navigation": Localized("导航", "Navigation"),
        "navRequest": Localized("我要办事", "Request"),
        "navFollow": Localized("查进度", "Follow"),
        "navConsultations": Localized("民意征询", "Consultations"),
        "navWork": Localized("工作台", "Desk"),
        "navStaff": Localized("工作人员", "Staff"),
        "otherLanguage": Localized("English", "中文"),
        "node": Localized("本节点", "This node"),
        "topNode": Localized("区级节点", "district node"),
        "footer": Localized(
            "就近提交，全区通办。断网时照常受理，恢复后自动同步。",
            "Hand in anywhere, handled where it belongs; taken in even while links are down."
        ),
        "backHome": Localized("返回首页", "Back to the start"),
        "back": Localized("返回", "Back"),
        // Home
        "homeTitle": Localized("您的诉求，在哪里都能提", "Your request, from wherever you are"),
        "homeLead": Localized(
            "社区、街道、区三级联动，全区通办。选择事项，几分钟即可提交。",
            "Community, street and district work as one. Choose a service and hand it in within minutes."
        ),
        "followLabel": Localized("已经提交过？输入编号查看进度", "Handed one in already? Follow it by its number"),
        "followButton": Localized("查看进度", "Follow"),
        "numberHint": Localized("25位编号", "25 digits"),
        "chooseService": Localized("选择事项", "Choose a service"),
        "findService": Localized("查找事项", "Find a service"),
        "serviceGroups": Localized("事项类别", "Kinds of service"),
        "noService": Localized(
            "没有这样的事项。换个说法，或选择“其他”。",
            "No service is called so. Try another word, or choose “Other”."
        ),
        // Handing in
        "deadlineLabel": Localized("办理时限", "To be handled within"),
        "what": Localized("什么情况", "What it is"),
        "where": Localized("在哪里", "Where it is"),
        "who": Localized("您是谁", "Who you are"),
        "description": Localized("情况说明", "What happened"),
        "isPublic": Localized("将公开", "public"),
        "optional": Localized("选填", "optional"),
        "place": Localized("所属社区", "Community"),
        "address": Localized("详细地址", "Address"),
        "locate": Localized("使用当前位置", "Use my position"),
        "whoHint": Localized(
            "只有办理人员能看到，加密保存。不留电话也能凭查询码查看。",
            "Only those who handle it see this; it is kept sealed. Without a phone number, the query code will do."
        ),
        "yourName": Localized("姓名", "Name"),
        "yourPhone": Localized("联系电话", "Phone"),
        "previewButton": Localized("下一步：确认", "Next: check it"),
        "previewTitle": Localized("请确认", "Please check"),
        "previewLead": Localized("提交前请看清哪些内容会公开。", "Before it is sent: see what becomes public."),
        "becomesPublic": Localized("将公开的内容", "Becomes public"),
        "staysPrivate": Localized("不公开的内容", "Stays private"),
        "privateHint": Localized(
            "请不要在公开内容里写姓名、电话、证件号。",
            "Please write no names, phone or identity numbers into what is public."
        ),
        "sendButton": Localized("确认提交", "Hand it in"),
        "editButton": Localized("返回修改", "Change it"),
        "receiptTitle": Localized("已提交", "Handed in"),
        "receiptLead": Localized("请保存编号和查询码。", "Please keep the number and the code."),
        "receiptHint": Localized(
            "查询码只显示这一次，凭它查看和补充本人诉求。",
            "The code is shown this once; with it you see your own request and add to it."
        ),
        "number": Localized("编号", "Number"),
        "queryCode": Localized("查询码", "Query code"),
        "service": Localized("事项", "Service"),
        "acceptedAt": Localized("受理地点", "Taken in at"),
        "offeredTo": Localized("已移交", "Offered to"),
        "time": Localized("时间", "Time"),
        "print": Localized("打印回执", "Print"),
        "followIt": Localized("查看进度", "Follow it"),
        // Following
        "theRequest": Localized("诉求", "The request"),
        "history": Localized("办理过程", "History"),
        "handedIn": Localized("提交", "handed in"),
        "verifying": Localized("快照数据，正在核验", "from a snapshot, being verified"),
        "isItYours": Localized("这是您提交的吗？", "Is it yours?"),
        "showOwn": Localized("查看本人诉求", "Show my request"),
        "sayMore": Localized("补充与评价", "Add, rate, ask"),
        "addText": Localized("补充说明", "What you want to add"),
        "addButton": Localized("补充", "Add"),
        "rateLegend": Localized("满意度", "How content you are"),
        "rateButton": Localized("评价", "Rate"),
        "askReopenButton": Localized("申请重办", "Ask to reopen"),
        // Photos
        "photos": Localized("照片", "Photos"),
        "photo": Localized("照片", "Photo"),
        "photosHint": Localized(
            "JPEG、PNG 或 WebP，一次最多5张，每张不超过10 MB。拍摄地点等信息会自动去除。照片不公开，只有办理人员和持查询码的本人能看到。",
            "JPEG, PNG or WebP, 5 at once, 10 MB each. Where it was taken is cut from it. Not public: those who handle it see it, and you with the code."
        ),
        "staffPhotosHint": Localized(
            "拍摄地点等信息会自动去除。诉求人凭查询码也能看到。",
            "Where it was taken is cut from it. The requester sees it too, with the query code."
        ),
        "attached": Localized("已选照片", "Chosen already"),
        "dropPhotos": Localized("不要这些照片", "Leave these out"),
        "addPhoto": Localized("添加照片", "Add a photo"),
        "photoOnItsWay": Localized("照片正在传来", "On its way"),
        "photosMissing": Localized(
            "诉求已提交，但有照片没有保存，可凭查询码补充。",
            "The request is handed in, but not all photos were kept; add them with the code."
        ),
        // Consultations
        "noConsultations": Localized("目前没有征询。", "There is none at present."),
        "tally": Localized("计票", "Count"),
        "option": Localized("选项", "Option"),
        "ballots": Localized("票数", "Ballots"),
        "opinions": Localized("意见", "Opinions"),
        "noOpinions": Localized("还没有意见。", "None yet."),
        "yourOpinion": Localized("我的意见", "Your opinion"),
        "giveOpinion": Localized("提交意见", "Say it"),
        "voteAtCounter": Localized(
            "投票请持身份证到社区窗口办理。",
            "Ballots are taken at the community's counter; bring your identity card."
        ),
        // Staff
        "signInTitle": Localized("工作人员登录", "Staff sign-in"),
        "account": Localized("账号", "Account"),
        "password": Localized("密码", "Password"),
        "signIn": Localized("登录", "Sign in"),
        "signOut": Localized("退出", "Sign out"),
        "workList": Localized("工单", "Work list"),
        "residents": Localized("居民", "Residents"),
        "cluster": Localized("节点", "Cluster"),
        "live": Localized("实时", "live"),
        "notLive": Localized("未连接", "not live"),
        "stale": Localized("这一页已有变化，您填写的内容还没有提交。", "This page has changed; what you typed is not sent yet."),
        "ended": Localized("登录已结束，请重新登录。", "Your sign-in has ended; please sign in again."),
        "reload": Localized("重新载入", "Load it again"),
        "searchOrders": Localized("查找：编号、内容、地址", "Search: number, words, address"),
        "everywhere": Localized("不限", "everywhere"),
        "listKeys": Localized(
            "键盘：j k 上下，Enter 打开，/ 查找，1–7 切换，n 下一页。",
            "Keys: j k down and up, Enter opens, / search, 1–7 views, n next page."
        ),
        "orderKeys": Localized("键盘：u 返回列表，t 写说明。", "Keys: u back to the list, t write a remark."),
        "allServices": Localized("全部事项", "All services"),
        "nothingHere": Localized("没有工单。", "Nothing here."),
        "request": Localized("诉求", "Request"),
        "state": Localized("状态", "State"),
        "holder": Localized("承办", "Held by"),
        "due": Localized("时限", "Due"),
        "disputed": Localized("争议", "disputed"),
        "conflicted": Localized("并行修改", "edited in parallel"),
        "conflictHint": Localized(
            "几处各自修改，互不知情，全部保留。选定一个之前，显示上级的；同级的，显示最后写的。",
            "Written at several places, none knowing of the others; all are kept. Until one is chosen the higher tier's is shown, of one tier the latest."
        ),
        "keepThis": Localized("采用此项", "Keep this one"),
        "keepRefused": Localized("这里不能选定：", "None can be chosen here: "),
        "shownNow": Localized("当前显示", "shown now"),
        "offered": Localized("待接收", "offered"),
        "overdue": Localized("超时", "overdue"),
        "more": Localized("下一页", "Next page"),
        "whatNow": Localized("现在可以", "What can be done now"),
        "remark": Localized("说明", "Remark"),
        "declineReason": Localized("不予受理的理由", "Why decline it"),
        "whyNot": Localized("为什么不能做其他操作", "Why not the rest"),
        "unmaskPurpose": Localized("查看完整信息的用途（将记录）", "What you need it in clear for (written down)"),
        "unmask": Localized("查看诉求人", "Show who asked"),
        "unmaskNumber": Localized("查看证件号", "Show number"),
        "unmaskPhone": Localized("查看电话", "Show phone"),
        "unmaskNoted": Localized("本次查看已记录。", "That you looked was written down."),
        "inClear": Localized("完整信息", "In clear"),
        "nameOrNumber": Localized("姓名的一部分，或身份证号", "A part of the name, or the identity number"),
        "search": Localized("查找", "Search"),
        "nobody": Localized("没有找到。", "Nobody found."),
        "alarms": Localized("报警", "Alarms"),
        "noAlarms": Localized("没有报警。", "No alarms."),
        "moreAlarms": Localized("还有更多，处理后显示。", "There are more; they show once these are handled."),
        "workOrder": Localized("工单", "Work order"),
        "whatFound": Localized("核实结果", "What was found"),
        "verifyAlarm": Localized("提交核实结果", "Say what was found"),
        "syncState": Localized("同步情况", "Where it is"),
        "dashboard": Localized("看板", "Dashboard"),
        "threeRates": Localized("三率（近30天）", "Three rates, 30 days"),
        "lastDays": Localized("近30天", "Last 30 days"),
        "requested": Localized("新增", "requested"),
        "handled": Localized("办结", "handled"),
        "asTable": Localized("以表格显示", "As a table"),
        "day": Localized("日期", "Day"),
        "openByState": Localized("在办，按状态", "Open, by state"),
        "byService": Localized("近30天新增，按事项", "Last 30 days, by service"),
        "map": Localized("地图", "Map"),
        "noLeaflet": Localized(
            "本机没有安装 libjs-leaflet，地图不能绘制；安装后重启节点即可。",
            "libjs-leaflet is not installed here, so no map is drawn; install it and start the node again."
        ),
        "mapNeedsScript": Localized("绘制地图需要脚本；列表内容相同。", "Drawing needs a script; the list says the same."),
        "nothingLocated": Localized("没有可显示的位置或边界。", "Nothing here has a location or boundary."),
        "openOrders": Localized("在办", "Open"),
        "putQuestion": Localized("发起征询", "Put a question"),
        "question": Localized("题目", "Question"),
        "explanation": Localized("说明", "Explanation"),
        "optionsLines": Localized("选项（每行一个，至少两个）", "Options, one a line, two at least"),
        "closesAt": Localized("截止时间", "Closes at"),
        "ballotsUnit": Localized("票", "ballots"),
        "notCounted": Localized("未计入", "Not counted"),
        "ballotAtCounter": Localized("窗口投票", "Ballot at the counter"),
        "identityNumber": Localized("身份证号", "Identity number"),
        "takeBallot": Localized("记录选票", "Take it in"),
        "closeHint": Localized("结束后不再接收选票和意见，不能撤回。", "Once closed it takes no more, and cannot be opened again."),
        "closeNow": Localized("结束征询", "Close it"),
        "heard": Localized("最近消息", "Last word"),
        "behind": Localized("落后", "Behind"),
        "links": Localized("连接", "Links"),
        "version": Localized("版本", "Version"),
    ]
}
