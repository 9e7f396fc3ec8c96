// What alarms are called for people.

extension DeviceAlarm {
    /// The name of a type that this build has rules for; nil for others, which their place has named.
    package static func title(ofType type: String) -> Localized? { types[type] }

    private static let types: [String: Localized] = [
        "fire": Localized("火警", "Fire"),
        "gas": Localized("燃气泄漏", "Gas leak"),
        "sos": Localized("紧急呼叫", "Call for help"),
        "pressure-high": Localized("血压过高", "Blood pressure high"),
        "pressure-low": Localized("血压过低", "Blood pressure low"),
        "door-open": Localized("门未关", "Door left open"),
        "lane-blocked": Localized("消防通道被占", "Fire lane blocked"),
        "trapped": Localized("电梯困人", "Trapped in an elevator"),
        "elevator-fault": Localized("电梯故障", "Elevator fault"),
        "overspeed": Localized("电梯超速", "Elevator overspeed"),
        "air-bad": Localized("空气污染", "Bad air"),
        "noise-at-night": Localized("夜间噪声", "Noise at night"),
        "bin-full": Localized("垃圾桶满", "Waste bin full"),
        "bin-fire": Localized("垃圾桶起火", "Waste bin on fire"),
        "fall": Localized("有人跌倒", "A fall"),
        "intrusion": Localized("闯入", "Intrusion"),
        "crowd": Localized("人群聚集", "Crowd"),
        "thrown-object": Localized("高空抛物", "Object thrown from a height"),
        "ebike-indoors": Localized("电动车进楼", "Electric bike indoors"),
        "battery-low": Localized("电量低", "Battery low"),
        DeviceRules.silence: Localized("设备失联", "Device silent"),
    ]
}

extension DeviceAlarm.Status {
    package var title: Localized {
        switch self {
        case .new: Localized("待响应", "new")
        case .acknowledged: Localized("已响应", "acknowledged")
        case .tasked: Localized("已转工单", "made a work order")
        case .verified: Localized("已核实", "verified")
        case .closed: Localized("已关闭", "closed")
        }
    }
}

extension DeviceAlarm.Result {
    package var title: Localized {
        switch self {
        case .real: Localized("属实", "real")
        case .falseAlarm: Localized("误报", "false alarm")
        case .test: Localized("测试", "test")
        case .unclear: Localized("无法判断", "unclear")
        }
    }
}

extension AlarmSeverity {
    package var title: Localized {
        switch self {
        case .notice: Localized("提示", "notice")
        case .warning: Localized("一般", "warning")
        case .critical: Localized("严重", "critical")
        case .life: Localized("危及生命", "danger to life")
        }
    }
}

extension ActOnAlarm.Verb {
    package var title: Localized {
        switch self {
        case .ack: Localized("响应", "Acknowledge")
        case .task: Localized("转工单", "Make a work order")
        case .verify: Localized("核实结果", "What was found")
        case .close: Localized("关闭", "Close")
        case .note: Localized("备注", "Note")
        }
    }
}
