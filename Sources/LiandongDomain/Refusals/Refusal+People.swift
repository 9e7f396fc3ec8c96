extension Refusal.Message {
    /// What is said of residents, consultations and notices.
    static let ofPeople: KeyValuePairs<Refusal.Key, Refusal.Message> = [
        .consultNotYours: Refusal.Message(
            .notPermitted,
            Localized("{0}不能向{1}的居民征询", "{0} cannot consult the people of {1}"),
            wayOut: Localized("请在{1}或其上级的节点发起", "create it at a node of {1} or above")
        ),
        .closingPassed: Refusal.Message(
            .invalid,
            Localized("截止时间已过", "the closing time has passed"),
            wayOut: Localized("请填将来的时间", "give a time to come")
        ),
        .optionCount: Refusal.Message(
            .invalid,
            Localized("有{0}个选项，应为2至50个", "there are {0} options, 2 to 50 are allowed"),
            wayOut: Localized("请增加或合并选项", "add or join options")
        ),
        .optionCodeForm: Refusal.Message(
            .invalid,
            Localized("选项编号{0}只能用拉丁字母、数字和 -", "the option's code {0} is not of Latin letters, digits and -"),
            wayOut: Localized("文字请写在选项名称里", "put the words into its title")
        ),
        .optionCodeTwice: Refusal.Message(
            .invalid,
            Localized("两个选项的编号都是{0}", "two options have the code {0}"),
            wayOut: Localized("请各用一个编号", "give each its own")
        ),
        .rollTooLong: Refusal.Message(
            .invalid,
            Localized("名册有{0}项，最多{1}项", "the roll has {0} entries, at most {1} are allowed"),
            wayOut: Localized("请分批征询", "put the question to a part of them at a time")
        ),
        .rollTwice: Refusal.Message(
            .invalid,
            Localized("名册里{0}出现了两次", "the roll has {0} twice"),
            wayOut: Localized("每项一票，只写一次", "each has one vote: name it once")
        ),
        .noRoll: Refusal.Message(
            .wrongState,
            Localized("这次征询没有名册，也就没有投票码", "the consultation has no roll, so there are no codes"),
            wayOut: Localized("请凭身份证到窗口投票", "people vote by their identity numbers at the counter")
        ),
        .rollEntryUnknown: Refusal.Message(
            .notFound,
            Localized("名册里没有{0}", "the roll has no entry {0}"),
            wayOut: Localized("请照名册填写", "write it as the roll has it")
        ),
        .rollIncomplete: Refusal.Message(
            .unavailable,
            Localized("名册共{1}项，目前只收到{0}项", "only {0} of the roll's {1} entries have come so far"),
            wayOut: Localized(
                "请等本节点同步，或到发起征询的节点办理",
                "wait until this node is in sync, or ask at the node that put the question"
            )
        ),
        .codesNotYours: Refusal.Message(
            .notPermitted,
            Localized("{0}不能发{1}的投票码", "{0} gives out no codes of {1}"),
            wayOut: Localized("请找{1}或其上级", "ask {1} or a place above it")
        ),
        .rollEntryEmpty: Refusal.Message(
            .invalid,
            Localized("名册有一项是空的", "an entry of the roll is missing"),
            wayOut: Localized("请至少写一个字", "give at least one character")
        ),
        .optionUnknown: Refusal.Message(
            .notFound,
            Localized("没有选项{0}", "the consultation has no option {0}"),
            wayOut: Localized("可选：{1}", "choose one of {1}")
        ),
        .votesByRoll: Refusal.Message(
            .invalid,
            Localized("本次按名册投票，不按个人", "votes are by the roll, not by person"),
            wayOut: Localized("请填写名册项和投票码", "give the entry of the roll and its code")
        ),
        .voterUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有登记{0}", "this node holds no registration {0}"),
            wayOut: Localized("请到登记的社区节点投票", "vote at the node of the community that registered")
        ),
        .consultationClosed: Refusal.Message(
            .wrongState,
            Localized("征询已经结束", "the consultation is closed"),
            wayOut: Localized("请看计票结果", "see its tally")
        ),
        .closeNotYours: Refusal.Message(
            .notPermitted,
            Localized("{0}不能结束{1}的征询", "{0} cannot close a consultation of {1}"),
            wayOut: Localized("请找{1}或其上级", "ask {1} or a place above it")
        ),
        .consultationUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有征询{0}", "this node holds no consultation {0}"),
            wayOut: Localized("请看征询列表", "see the list of consultations")
        ),
        .wrongRollCode: Refusal.Message(
            .notPermitted,
            Localized("名册中没有这一项，或投票码不符", "the entry is not on the roll, or the code is not its own"),
            wayOut: Localized("请核对投票单；遗失的，请发单的人重新发码", "see both on your slip; whoever gave it out can make a new code")
        ),
        .registrationUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有登记{0}", "this node holds no registration {0}"),
            wayOut: Localized("请按姓名查找", "look it up by name")
        ),
        .eraseNotYours: Refusal.Message(
            .notPermitted,
            Localized("{0}不能删除{1}的信息", "{0} may not erase what is of {1}"),
            wayOut: Localized("请找{1}或其上级", "ask {1}, or a place above")
        ),
        .noticeNotYours: Refusal.Message(
            .notPermitted,
            Localized("{0}不能为{1}发布公告", "{0} publishes nothing for {1}"),
            wayOut: Localized("请在{1}或其上级的节点发布", "publish it at a node of {1} or above")
        ),
        .noticeTooShort: Refusal.Message(
            .invalid,
            Localized("公告在有人看到之前就已结束", "the notice would end before anybody could read it"),
            wayOut: Localized("结束时间应在将来，并晚于开始时间", "give an end that is to come, and behind its beginning")
        ),
        .noticeTooLong: Refusal.Message(
            .invalid,
            Localized("公告最多公示{0}天，并应在同样天数内开始", "a notice is shown for at most {0} days, and begins within as many"),
            wayOut: Localized("请改近一些，到期可再发布", "give nearer times, and publish it again later")
        ),
        .noticeUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有公告{0}", "this node holds no notice {0}"),
            wayOut: Localized("请看公告列表", "see the list of notices")
        ),
        .withdrawNotYours: Refusal.Message(
            .notPermitted,
            Localized("{0}不能撤回{1}的公告", "{0} cannot withdraw a notice of {1}"),
            wayOut: Localized("请找{1}或其上级", "ask {1} or a place above it")
        ),
        .noticeWithdrawn: Refusal.Message(
            .wrongState,
            Localized("公告已经撤回", "the notice was withdrawn before"),
            wayOut: Localized("不必再做", "nothing is to be done")
        ),
        .linkSame: Refusal.Message(
            .invalid,
            Localized("两个登记都是{0}", "both registrations are {0}"),
            wayOut: Localized("请指定两个", "name two")
        ),
        .linkUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有登记{0}", "this node holds no registration {0}"),
            wayOut: Localized("请在两地都收得到的街道或区节点关联", "link at a node that receives both: their street or the district")
        ),
        .registeringNeedsCommunity: Refusal.Message(
            .notPermitted,
            Localized("{0}不是社区，不登记居民", "{0} is no community and registers nobody"),
            wayOut: Localized("请在居民所在社区的节点登记", "register at the node of the resident's community")
        ),
        .registrationErased: Refusal.Message(
            .wrongState,
            Localized("该登记已于{0}删除", "the registration was erased on {0}"),
            wayOut: Localized("请重新登记", "register the resident anew")
        ),
        .dateForm: Refusal.Message(
            .invalid,
            Localized("{0}不是日期", "the date {0} is no day"),
            wayOut: Localized("请写成 yyyy-mm-dd", "give it as yyyy-mm-dd")
        ),
        .personVoted: Refusal.Message(
            .conflict,
            Localized("此人已投过票", "this person's ballot has been counted"),
            wayOut: Localized("以第一票为准，每人一票", "the first ballot stays; each has one")
        ),
        .entryVoted: Refusal.Message(
            .conflict,
            Localized("该名册项已投过票", "this entry's ballot has been counted"),
            wayOut: Localized("以第一票为准，每项一票", "the first ballot stays; each has one")
        ),
        .identityLength: Refusal.Message(
            .invalid,
            Localized("身份证号有{0}位，应为18位", "the identity number has {0} characters, it must have 18"),
            wayOut: Localized("请对照证件", "check it with the card")
        ),
        .identityDigit: Refusal.Message(
            .invalid,
            Localized("身份证号第{0}位不是数字", "the identity number has no digit in place {0}"),
            wayOut: Localized("只有最后一位可以是X", "only the last place may be an X")
        ),
        .identityDate: Refusal.Message(
            .invalid,
            Localized("身份证号的出生日期{0}不存在", "the identity number has the birth date {0}, which is no day"),
            wayOut: Localized("请核对第7至14位", "check places 7 to 14")
        ),
        .identityCheck: Refusal.Message(
            .invalid,
            Localized("身份证号的末位是{0}，应为{1}", "the identity number ends in {0}, {1} was expected"),
            wayOut: Localized("有一位数字不对，请对照证件", "one of its digits is wrong: check it with the card")
        ),
        .registrationOfOther: Refusal.Message(
            .notPermitted,
            Localized("{0}不能修改{1}的登记", "{0} cannot change a registration of {1}"),
            wayOut: Localized("请找{1}", "ask {1}")
        ),
    ]
}
