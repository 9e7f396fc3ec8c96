extension Refusal.Message {
    /// What is said of devices and alarms.
    static let ofDevices: KeyValuePairs<Refusal.Key, Refusal.Message> = [
        .alarmResultUnknown: Refusal.Message(
            .invalid,
            Localized("核实结果“{0}”不认识", "verify: the result \"{0}\" is not known"),
            wayOut: Localized("可选：{1}", "give one of {1}")
        ),
        .alarmUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有报警{0}", "this node holds no alarm {0}"),
            wayOut: Localized("请看报警列表", "see liandong alarm list")
        ),
        .alarmNoService: Refusal.Message(
            .invalid,
            Localized("报警{0}的规则没有指定事项", "the rule of alarm {0} names no service"),
            wayOut: Localized("请指定工单的事项", "give the service of the order with --service")
        ),
        .deviceUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有设备{0}", "this node holds no device {0}"),
            wayOut: Localized("请看设备列表，或问登记它的社区", "see liandong device list, or ask the community that registered it")
        ),
        .ruleWrong: Refusal.Message(
            .invalid,
            Localized("规则{0}：{1}", "the rule {0} {1}"),
            wayOut: Localized("规则写法见 docs/devices.md", "see docs/devices.md for what rules may say")
        ),
        .ruleOutOfRange: Refusal.Message(
            .invalid,
            Localized("规则{0}的{2}是{1}，应在{3}到{4}之间", "the rule {0} has {1} {2}, {3} to {4} are allowed"),
            wayOut: Localized("请改正", "correct it")
        ),
        .nameForm: Refusal.Message(
            .invalid,
            Localized("{0}“{1}”只能用拉丁字母、数字、点、- 和 _", "{0} {1} is not of Latin letters, digits, dots, - and _"),
            wayOut: Localized("文字请写在名称里", "put the words into the name")
        ),
        .rulesNotYours: Refusal.Message(
            .notPermitted,
            Localized("{0}不能为{1}的设备定规则", "{0} cannot set rules for the devices of {1}"),
            wayOut: Localized("请在{1}或其上级的节点设置", "set them at a node of {1} or above")
        ),
        .rulesTooMany: Refusal.Message(
            .invalid,
            Localized("{0}条规则太多", "{0} rules are too many"),
            wayOut: Localized("最多{1}条", "give at most {1}")
        ),
        .silenceOutOfRange: Refusal.Message(
            .invalid,
            Localized("静默时间不能是{0}秒", "silence after {0} s cannot be"),
            wayOut: Localized("0为不报，最多{1}秒", "give 0 for never, or at most {1}")
        ),
        .ruleLifeSafety: Refusal.Message(
            .notPermitted,
            Localized("{0}是生命安全报警，不能改为其他", "{0} is a life-safety alarm and stays one"),
            wayOut: Localized("只能改它的序列或阈值", "change its series or threshold only")
        ),
        .deviceNeedsCommunity: Refusal.Message(
            .notPermitted,
            Localized("{0}不是社区，设备属于社区", "{0} is no community, and devices are a community's"),
            wayOut: Localized("请在设备所在社区的节点登记", "register it at the node of the community that it stands in")
        ),
        .deviceKnown: Refusal.Message(
            .conflict,
            Localized("设备{0}已登记", "a device {0} is registered here"),
            wayOut: Localized("请修改它，或换一个编号", "change that one, or give another code")
        ),
        .deviceOfOther: Refusal.Message(
            .notPermitted,
            Localized("设备属于{0}", "the device is {0}'s"),
            wayOut: Localized("请找{0}", "ask {0}")
        ),
        .hearersTooMany: Refusal.Message(
            .invalid,
            Localized("{0}个接收人太多", "{0} people are too many to hear"),
            wayOut: Localized("最多16个", "give at most 16")
        ),
        .placeNotOfCommunity: Refusal.Message(
            .invalid,
            Localized("{0}不属于{1}", "{0} is not of {1}"),
            wayOut: Localized("请填该社区或其网格", "give the community or a grid of it")
        ),
        .seriesTooMany: Refusal.Message(
            .invalid,
            Localized("{0}个上报序列太多", "{0} reported series are too many"),
            wayOut: Localized("最多32个", "give at most 32")
        ),
        .rulesFile: Refusal.Message(
            .invalid,
            Localized("规则：{0}", "the rules: {0}"),
            wayOut: Localized("规则写法见 docs/devices.md", "see docs/devices.md for what rules may say")
        ),
        .quarantineGone: Refusal.Message(
            .notFound,
            Localized("报文{0}已不在隔离区", "message {0} is not in quarantine any more"),
            wayOut: Localized("见 liandong quarantine list", "see liandong quarantine list")
        ),
        .alarmTended: Refusal.Message(
            .wrongState,
            Localized("报警不能这样处理：已有人在处理", "the alarm cannot be taken there: somebody looks after it already"),
            wayOut: Localized("请看处理情况", "see liandong alarm show")
        ),
        .alarmInStatus: Refusal.Message(
            .wrongState,
            Localized("报警不能这样处理：已经{0}", "the alarm cannot be taken there: it is {0} already"),
            wayOut: Localized("请看处理情况", "see liandong alarm show")
        ),
        .alarmHasOrder: Refusal.Message(
            .wrongState,
            Localized("报警不能这样处理：已转为工单", "the alarm cannot be taken there: it has become a work order"),
            wayOut: Localized("请看处理情况", "see liandong alarm show")
        ),
        .alarmClosed: Refusal.Message(
            .wrongState,
            Localized("报警不能这样处理：已关闭", "the alarm cannot be taken there: it is closed"),
            wayOut: Localized("请看处理情况", "see liandong alarm show")
        ),
        .alarmNotVerified: Refusal.Message(
            .wrongState,
            Localized("报警不能这样处理：还没有人核实", "the alarm cannot be taken there: nobody has looked yet"),
            wayOut: Localized("请先核实：属实、误报、测试或不明", "verify it first: real, false, test or unclear")
        ),
        .alarmGoesOn: Refusal.Message(
            .wrongState,
            Localized("报警不能这样处理：设备显示仍在报警", "the alarm cannot be taken there: the device says that it goes on"),
            wayOut: Localized("请等警情解除", "wait until it is cleared")
        ),
        .deviceBlocked: Refusal.Message(
            .wrongState,
            Localized("设备{0}已停用", "the device {0} is blocked already"),
            wayOut: Localized("请看设备{0}", "see liandong device show {0}")
        ),
        .deviceNotBlocked: Refusal.Message(
            .wrongState,
            Localized("设备{0}没有停用", "the device {0} is not blocked already"),
            wayOut: Localized("请看设备{0}", "see liandong device show {0}")
        ),
        .ruleTwice: Refusal.Message(
            .invalid,
            Localized("序列{1}有两条规则{0}，或有一条叫{2}", "there are two rules {0} for series {1}, or one that is called {2}"),
            wayOut: Localized("请各用一个类型", "give each its own type")
        ),
    ]
}
