import LiandongDomain

extension PageWords {
    /// Of the cluster's page.
    static let ofCluster: KeyValuePairs<String, Localized> = [
        "drawn": Localized("连接图", "The tree"),
        "drawnFor": Localized("节点和连接的图；下面的表格内容相同。", "Nodes and links, drawn; the tables below say the same."),
        "linkUp": Localized("连通", "up"),
        "linkDown": Localized("断开", "down"),
        "linkPaused": Localized("已暂停", "paused"),
        "linkOther": Localized("横向或越级", "lateral, or further up"),
        "linkUntold": Localized("不详", "not known"),
        "attention": Localized("需要查看", "To look at"),
        "nothingToLook": Localized("没有需要查看的事项。", "Nothing."),
        "attentionHint": Localized("在本机运行所列命令查看详情。", "The command beside each, run on this machine, tells more."),
        "nodeAt": Localized("地点与节点", "Place and node"),
        "allNodes": Localized("全部节点", "All nodes"),
        "allLinks": Localized("全部连接", "All links"),
        "upper": Localized("上级", "Upper end"),
        "lower": Localized("下级", "Lower end"),
        "linkKind": Localized("类型", "Kind"),
        "since": Localized("起始", "Since"),
        "toldBy": Localized("消息来源", "Told by"),
        "clock": Localized("时钟差", "Clock"),
    ]
}
