extension Refusal.Message {
    /// What is said of places, texts, services and the node itself.
    static let ofCommon: KeyValuePairs<Refusal.Key, Refusal.Message> = [
        .attributesTooMany: Refusal.Message(
            .invalid,
            Localized("{0}个答项太多", "{0} attributes are too many"),
            wayOut: Localized("最多50个", "give at most 50")
        ),
        .attributeMissing: Refusal.Message(
            .invalid,
            Localized("事项{1}必须填写{0}", "attribute {0} is required by service {1}"),
            wayOut: Localized("请填写这一项", "give attribute[{0}]")
        ),
        .attributeNoNumber: Refusal.Message(
            .invalid,
            Localized("{0}填写的{1}不是数字", "attribute {0} is {1}, which is no number"),
            wayOut: Localized("请填数字", "give digits")
        ),
        .attributeNotAmong: Refusal.Message(
            .invalid,
            Localized("{0}填写的{1}不在可选值中", "attribute {0} is {1}, which is not among its values"),
            wayOut: Localized("可选：{2}", "give one of {2}")
        ),
        .placeNotReceiving: Refusal.Message(
            .notPermitted,
            Localized("{0}收不到{1}，不能修改", "{0} does not receive {1} and cannot change it"),
            wayOut: Localized("请到{2}的节点办理", "ask a node of {2}")
        ),
        .nodeNotEnrolled: Refusal.Message(
            .notPermitted,
            Localized("本节点没有登记为{0}的节点", "this node is not enrolled for {0}"),
            wayOut: Localized("请用运维人员给的令牌加入本区", "join the district with a token of its operator")
        ),
        .thingUnreadable: Refusal.Message(
            .notFound,
            Localized("本节点不能读取{0}", "{0} cannot be read here"),
            wayOut: Localized("请升级程序", "upgrade liandong")
        ),
        .purposeMissing: Refusal.Message(
            .unavailable,
            Localized("本节点没有用途 {0} 的密钥，不能办理", "this node does not hold the key of purpose {0}"),
            wayOut: Localized("请区运维人员为本节点授予 purpose:{0}", "ask the district's operator to grant purpose:{0} to it")
        ),
        .recordUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有记录{0}", "this node holds no record {0}"),
            wayOut: Localized("见 liandong held", "see liandong held")
        ),
        .textTooLong: Refusal.Message(
            .invalid,
            Localized("{0}有{1}个字，最多{2}个", "{0} has {1} characters, at most {2} are allowed"),
            wayOut: Localized("请缩短", "shorten it")
        ),
        .textControls: Refusal.Message(
            .invalid,
            Localized("{0}含有控制字符", "{0} holds control characters"),
            wayOut: Localized("请去掉", "leave them out")
        ),
        .textMissing: Refusal.Message(
            .invalid,
            Localized("没有填写{0}", "{0} is missing"),
            wayOut: Localized("请填写，最多{1}个字", "give it, with at most {1} characters")
        ),
        .placeUnknown: Refusal.Message(
            .notFound,
            Localized("地点{0}不属于本区", "place {0} is not of this district"),
            wayOut: Localized("请给出本区某地的编码", "give the code of one of its places")
        ),
        .nothingChanged: Refusal.Message(
            .invalid,
            Localized("没有要修改的内容", "nothing is to be changed"),
            wayOut: Localized("请至少填一项新值", "give at least one new value")
        ),
        .placeCodeUnknown: Refusal.Message(
            .notFound,
            Localized("没有编码为{0}的地点", "no place has the code {0}"),
            wayOut: Localized(
                "请填本区某地的12位编码，或网格编码",
                "give the 12-digit code of a place of this district, or a grid's code"
            )
        ),
        .noNumbers: Refusal.Message(
            .unavailable,
            Localized("本节点不发编号", "no number is given out here"),
            wayOut: Localized("请到其他节点办理", "ask another node")
        ),
        .notEnrolledYet: Refusal.Message(
            .unavailable,
            Localized("本节点尚未登记", "this node is not enrolled"),
            wayOut: Localized("请先加入本区", "join the district first")
        ),
        .placeCodeNoNumber: Refusal.Message(
            .unavailable,
            Localized("地点编码{0}不能生成编号", "the place code {0} gives no number"),
            wayOut: Localized("请区里给出12位编码", "ask the district for a 12-digit code")
        ),
        .serviceUnknown: Refusal.Message(
            .notFound,
            Localized("没有编号为{0}的事项", "there is no service with the code {0}"),
            wayOut: Localized("请从事项列表中选择", "choose one of the list of services")
        ),
        .serviceZeros: Refusal.Message(
            .notFound,
            Localized("没有编号为{0}的事项", "there is no service with the code {0}"),
            wayOut: Localized("是不是{1}？编号前面的零不能省略", "did you mean {1}? codes keep their leading zeros")
        ),
        .attributeUnknown: Refusal.Message(
            .invalid,
            Localized("事项{0}没有答项{1}", "service {0} has no attribute {1}"),
            wayOut: Localized("它的答项有{2}", "its attributes are {2}")
        ),
        .attributeNone: Refusal.Message(
            .invalid,
            Localized("事项{0}没有答项{1}", "service {0} has no attribute {1}"),
            wayOut: Localized("请去掉", "leave it out")
        ),
    ]
}
