extension Refusal.Message {
    /// What is said of work orders.
    static let ofOrders: KeyValuePairs<Refusal.Key, Refusal.Message> = [
        .actPlaceMissing: Refusal.Message(
            .invalid,
            Localized("{0}：没有选地点", "{0}: the place is missing"),
            wayOut: Localized("请选一个地点", "give its code as \"to\"")
        ),
        .ratingMissing: Refusal.Message(
            .invalid,
            Localized("没有选满意度", "rate: the satisfaction is missing"),
            wayOut: Localized("请选1至5", "give 1 to 5")
        ),
        .declineReasonUnknown: Refusal.Message(
            .invalid,
            Localized("理由“{0}”不认识", "the reason \"{0}\" is not known"),
            wayOut: Localized("可选：{1}", "give one of {1}")
        ),
        .satisfactionRange: Refusal.Message(
            .invalid,
            Localized("满意度不能是{0}", "the satisfaction is {0}"),
            wayOut: Localized("1为很不满意，5为很满意", "give 1 (not at all) to 5 (fully)")
        ),
        .requesterOnly: Refusal.Message(
            .notPermitted,
            Localized("只有提出诉求的人可以{0}", "only whoever made the request {0}"),
            wayOut: Localized("可以写备注，或回访并记下诉求人的话", "write a note, or revisit it with what the requester told you")
        ),
        .notHandledYet: Refusal.Message(
            .wrongState,
            Localized("工单{0}，还不能{1}", "the order is {0} and cannot be {1}"),
            wayOut: Localized(
                "请等处理完毕；此前可以补充说明，办理人员会看到",
                "wait until it has been handled; until then a note reaches who handles it"
            )
        ),
        .offersSeveral: Refusal.Message(
            .conflict,
            Localized("工单请{0}接收", "the order is offered to {0}"),
            wayOut: Localized("请说明对哪一个{1}", "say which offer to {1}")
        ),
        .papersNotThere: Refusal.Message(
            .notPermitted,
            Localized("{0}收不到这件工单", "{0} does not receive this order"),
            wayOut: Localized("请把材料存放在收得到的地方", "keep the papers at a place that does")
        ),
        .amendNotYours: Refusal.Message(
            .notPermitted,
            Localized("{0}不能修改工单：由{1}承办", "{0} cannot change the order: it is held by {1}"),
            wayOut: Localized("请写备注，或找{1}", "add a note, or ask {1}")
        ),
        .conflictNone: Refusal.Message(
            .wrongState,
            Localized("工单{1}的{0}只有一个版本", "of {0} of the order {1} there is but one version"),
            wayOut: Localized("不必选择；要改就直接写新的", "nothing is to be chosen; write a new one to change it")
        ),
        .versionUnknown: Refusal.Message(
            .conflict,
            Localized("{0}没有版本{1}：现有{2}", "{0} has no version {1}: there are {2}"),
            wayOut: Localized("请重新查看，从现有版本中选一个", "look again and choose one of those")
        ),
        .fieldUnknown: Refusal.Message(
            .invalid,
            Localized("没有字段“{0}”", "there is no field {0}"),
            wayOut: Localized("请从{1}中选一个", "choose one of {1}")
        ),
        .narrowNothing: Refusal.Message(
            .wrongState,
            Localized("收到工单的各地都与它有关", "every place that receives the order has to do with it"),
            wayOut: Localized(
                "不必再做；尚未接收的移交可以先撤回",
                "nothing is to be done; an offer that is open can be withdrawn first"
            )
        ),
        .narrowNotYours: Refusal.Message(
            .notPermitted,
            Localized("{0}不能从别处收回工单：由{1}承办", "{0} cannot take the order back from others: it is held by {1}"),
            wayOut: Localized("请找{1}，或收到它的各地共同的上级", "ask {1}, or a place above all that receive it")
        ),
        .reassignNothing: Refusal.Message(
            .wrongState,
            Localized("工单{0}与{1}无关", "the order {0} has nothing to do with {1}"),
            wayOut: Localized("不必再做", "nothing is to be done")
        ),
        .notTwoGrids: Refusal.Message(
            .invalid,
            Localized("{0}和{1}不是同一社区的两个网格", "{0} and {1} are not two grids of one place"),
            wayOut: Localized("请指定同一社区的两个网格", "name two grids of one community")
        ),
        .notAbove: Refusal.Message(
            .notPermitted,
            Localized("{0}不是{1}的上级", "{0} does not stand above {1}"),
            wayOut: Localized("请找其社区或上级", "ask its community, or a place above")
        ),
        .mediaTooMany: Refusal.Message(
            .invalid,
            Localized("{0}个媒体地址太多", "{0} media addresses are too many"),
            wayOut: Localized("最多20个", "give at most 20")
        ),
        .requestEmpty: Refusal.Message(
            .invalid,
            Localized("没有写任何内容", "the request says nothing"),
            wayOut: Localized("请写情况说明或地址", "give a description or an address")
        ),
        .numberForm: Refusal.Message(
            .unavailable,
            Localized("编号来源给出{0}，不是25位数字", "the number source gave {0}, which is not 25 digits"),
            wayOut: Localized("请查看本节点的编号段", "see this node's number blocks")
        ),
        .authorNotEnrolled: Refusal.Message(
            .notPermitted,
            Localized("作者所在节点没有登记", "the author is not enrolled"),
            wayOut: Localized("请先登记其节点", "enrol its node before it writes")
        ),
        .eventUnknown: Refusal.Message(
            .unavailable,
            Localized("本版本不认识这种操作", "the event is of a kind this build does not know"),
            wayOut: Localized("请升级程序", "upgrade liandong")
        ),
        .dispatchPlaceUnknown: Refusal.Message(
            .notFound,
            Localized("没有要派往的地点", "the place to dispatch to is not known"),
            wayOut: Localized("请选本区的一个地点", "name a place of the district")
        ),
        .transfersTooMany: Refusal.Message(
            .wrongState,
            Localized("工单已转手{0}次，不能再移交", "the order has changed hands {0} times and cannot be offered again"),
            wayOut: Localized("请直接处理，或由上级派单", "handle it, or have a place above dispatch it")
        ),
        .offerPlaceUnknown: Refusal.Message(
            .notFound,
            Localized("没有要移交的地点", "the place to offer to is not known"),
            wayOut: Localized("请选本区的一个地点", "name a place of the district")
        ),
        .holdsAlready: Refusal.Message(
            .conflict,
            Localized("{0}已在承办", "{0} holds the order already"),
            wayOut: Localized("不必再做", "nothing is to be done")
        ),
        .offeredAlready: Refusal.Message(
            .conflict,
            Localized("工单已请{0}接收", "the order is offered to {0} already"),
            wayOut: Localized("请等对方答复，或撤回移交", "wait for the answer, or withdraw the offer")
        ),
        .offerNotReceiving: Refusal.Message(
            .notPermitted,
            Localized("{0}收不到这件工单，不能接收", "{0} does not receive this order and cannot take it"),
            wayOut: Localized("请移交给{1}中的一地，或为{0}新提交一件", "offer it to a place of {1}, or hand in a new request for {0}")
        ),
        .offerUnknown: Refusal.Message(
            .notFound,
            Localized("工单没有这个移交", "there is no such offer of this order"),
            wayOut: Localized("移交情况见工单", "see the offers with the order itself")
        ),
        .noDispute: Refusal.Message(
            .wrongState,
            Localized("工单没有承办争议", "the order's holder is not in dispute"),
            wayOut: Localized("不必裁定", "nothing is to be decided")
        ),
        .pickUnknown: Refusal.Message(
            .notFound,
            Localized("要裁定的接收不在争议之中", "the taking to pick is not one of the dispute's"),
            wayOut: Localized("可选：{0}", "pick one of {0}")
        ),
        .noOffer: Refusal.Message(
            .wrongState,
            Localized("没有本地可以{0}的移交", "there is no offer of this order that this place could {0}"),
            wayOut: Localized("由{1}承办，请到那里办理", "it is held by {1}: ask there")
        ),
        .orderUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有工单{0}", "this node holds no work order {0}"),
            wayOut: Localized("请按编号查找", "look it up by its number")
        ),
        .orderNumberUnknown: Refusal.Message(
            .notFound,
            Localized("本节点没有编号为{0}的工单", "this node holds no work order with the number {0}"),
            wayOut: Localized(
                "请核对25位编号，或到受理地的节点查",
                "check its 25 digits, or ask a node of the place where it was accepted"
            )
        ),
        .numberShared: Refusal.Message(
            .conflict,
            Localized("{0}件工单共用编号{1}：{2}", "{0} work orders share the number {1}: {2}"),
            wayOut: Localized("请给出查询码，或指定记录", "give the query code, or name one by its record")
        ),
        .importedBefore: Refusal.Message(
            .conflict,
            Localized("{0}此前已导入", "{0} was imported before"),
            wayOut: Localized("它的编号是{1}", "it has the number {1}")
        ),
        .importedUnnumbered: Refusal.Message(
            .conflict,
            Localized("{0}此前已导入", "{0} was imported before"),
            wayOut: Localized("请略过", "leave it out")
        ),
        .erasedSayNothing: Refusal.Message(
            .wrongState,
            Localized(
                "工单的个人信息已于{0}删除，再写也会被删除",
                "what is personal of the order was erased on {0}, and so would this be"
            ),
            wayOut: Localized("请不写说明，只办理", "say nothing with the act: it would be erased too")
        ),
        .erasedCorrect: Refusal.Message(
            .wrongState,
            Localized(
                "工单的个人信息已于{0}删除，再写也会被删除",
                "what is personal of the order was erased on {0}, and so would this be"
            ),
            wayOut: Localized(
                "只能更正事项、材料或其他编号，或重新提交",
                "correct its service, its papers or its other names only, or submit a new order"
            )
        ),
        .erasedPhoto: Refusal.Message(
            .wrongState,
            Localized("工单的个人信息已于{0}删除", "what is personal of the order was erased on {0}"),
            wayOut: Localized("请为照片另交一件诉求", "open a new order for the photo")
        ),
        .photoFlawed: Refusal.Message(
            .invalid,
            Localized("照片无法接收：{0}", "the photo cannot be taken: {0}"),
            wayOut: Localized("请发送相机原图，JPEG、PNG 或 WebP 格式", "send it as the camera saved it, as JPEG, PNG or WebP")
        ),
        .photoTooLarge: Refusal.Message(
            .invalid,
            Localized("照片有{0}字节，最多{1}字节", "the photo has {0} bytes, at most {1} are allowed"),
            wayOut: Localized("请用较低的像素拍摄", "take it with fewer pixels")
        ),
        .photoPartsMissing: Refusal.Message(
            .conflict,
            Localized("照片还不完整", "parts of the photo are not here"),
            wayOut: Localized("请再发送一次", "send it once more")
        ),
        .photosBegun: Refusal.Message(
            .wrongState,
            Localized("工单不能再添加照片：未传完的照片已占满", "the order takes no more photos: photos that were begun fill it"),
            wayOut: Localized("请不附照片，或另交一件诉求", "leave it out, or open a new order")
        ),
        .photosTooMany: Refusal.Message(
            .wrongState,
            Localized(
                "工单不能再添加照片：已有{0}张，最多{1}张",
                "the order takes no more photos: it has {0} photos, at most {1} are allowed"
            ),
            wayOut: Localized("请不附照片，或另交一件诉求", "leave it out, or open a new order")
        ),
        .photosTooLarge: Refusal.Message(
            .wrongState,
            Localized(
                "工单不能再添加照片：照片共{0}字节，最多{1}字节",
                "the order takes no more photos: its photos would have {0} bytes, at most {1} are allowed"
            ),
            wayOut: Localized("请不附照片，或另交一件诉求", "leave it out, or open a new order")
        ),
        .stateAcceptFirst: Refusal.Message(
            .wrongState,
            Localized("工单{0}，不能{1}", "the order is {0} and cannot be {1}"),
            wayOut: Localized("请先受理", "accept it first")
        ),
        .stateReopenFirst: Refusal.Message(
            .wrongState,
            Localized("工单{0}，不能{1}", "the order is {0} and cannot be {1}"),
            wayOut: Localized("请先重开", "reopen it first")
        ),
        .stateOnly: Refusal.Message(
            .wrongState,
            Localized("工单{0}，不能{1}", "the order is {0} and cannot be {1}"),
            wayOut: Localized("只有工单{2}时才能办", "it can be done only while the order is {2}")
        ),
        .stateBetween: Refusal.Message(
            .wrongState,
            Localized("工单{0}，不能{1}", "the order is {0} and cannot be {1}"),
            wayOut: Localized("工单从{2}到{3}之间才能办", "it can be done from {2} to {3}")
        ),
        .offerNotOpen: Refusal.Message(
            .conflict,
            Localized("给{0}的移交{1}", "the offer to {0} is {1}"),
            wayOut: Localized("承办方可以再次移交", "the holder can offer the order anew")
        ),
        .actOfferForOther: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：这是给{2}的移交", "{0} cannot {1} the order: the offer is for {2}"),
            wayOut: Localized("只有{2}可以办", "only {2} can {1} it")
        ),
        .actOfferByOther: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：移交是{2}提出的", "{0} cannot {1} the order: the offer is by {2}"),
            wayOut: Localized("只有{2}可以办", "only {2} can {1} it")
        ),
        .actNotUnderHolder: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：{2}不在承办方{3}之下", "{0} cannot {1} the order: {2} is not under the holder {3}"),
            wayOut: Localized("可以移交给{2}", "offer the order to {2} instead")
        ),
        .actNotReceiving: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：{2}收不到这件工单", "{0} cannot {1} the order: {2} does not receive this order"),
            wayOut: Localized("请派给{3}中的一地", "dispatch it to a place of {3}")
        ),
        .actGiverDecides: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：由移交方{2}裁定，或由{3}裁定", "{0} cannot {1} the order: the giver {2} decides, else {3}"),
            wayOut: Localized("请找其中一方", "ask one of them")
        ),
        .actHeldByOther: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：由{2}承办", "{0} cannot {1} the order: it is held by {2}"),
            wayOut: Localized("请找{2}", "ask {2}")
        ),
        .actOfferedToYou: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：由{2}承办", "{0} cannot {1} the order: it is held by {2}"),
            wayOut: Localized("请先接收：已请{0}接收", "take it first: it is offered to {0}")
        ),
        .actHeldOrAbove: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：由{2}承办", "{0} cannot {1} the order: it is held by {2}"),
            wayOut: Localized("请找{2}或其上级", "ask {2} or a place above it")
        ),
        .actDispatchedToOther: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：已派给{2}", "{0} cannot {1} the order: it is dispatched to {2}"),
            wayOut: Localized("请找{2}", "ask {2}")
        ),
        .actNotForYou: Refusal.Message(
            .notPermitted,
            Localized("{0}不能对工单作“{1}”：它收不到这件工单", "{0} cannot {1} the order: it does not receive the order"),
            wayOut: Localized("请找{2}", "ask {2}")
        ),
    ]
}
