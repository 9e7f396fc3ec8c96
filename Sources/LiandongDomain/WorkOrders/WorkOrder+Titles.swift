extension WorkOrder.Status {
    /// As pages show it.
    package var title: Localized {
        switch self {
        case .submitted: Localized("已提交", "submitted")
        case .accepted: Localized("已受理", "accepted")
        case .reopened: Localized("已重开", "reopened")
        case .filed: Localized("已立案", "filed")
        case .dispatched: Localized("已派单", "dispatched")
        case .signedFor: Localized("已签收", "signed for")
        case .handling: Localized("处理中", "being handled")
        case .handled: Localized("已处理", "handled")
        case .verified: Localized("已核实", "verified")
        case .revisited: Localized("已回访", "revisited")
        case .declined: Localized("不予受理", "declined")
        case .closed: Localized("已结案", "closed")
        case .archived: Localized("已归档", "archived")
        }
    }
}

extension WorkOrder.CorrectedField {
    /// As pages and refusals name it.
    package var title: Localized {
        switch self {
        case .service: Localized("事项", "the service")
        case .description: Localized("情况说明", "the description")
        case .address: Localized("详细地址", "the address")
        case .location: Localized("位置", "the location")
        case .papersAt: Localized("材料存放处", "the place of the papers")
        case .contact: Localized("诉求人", "the requester")
        }
    }
}

extension WorkOrder.Offer.State {
    /// As pages show it.
    package var title: Localized {
        switch self {
        case .open: Localized("待接收", "open")
        case .overtaken: Localized("已失效", "overtaken")
        case .lapsed: Localized("已过期", "lapsed")
        case .withdrawn: Localized("已撤回", "withdrawn")
        case .refused: Localized("已拒收", "refused")
        case .taken: Localized("已接收", "taken")
        }
    }
}

extension WorkOrderEvent.Act {
    /// As pages show it.
    package var title: Localized {
        switch self {
        case .accept: Localized("受理", "accepted")
        case .decline: Localized("不予受理", "declined")
        case .file: Localized("立案", "filed")
        case .dispatch: Localized("派单", "dispatched")
        case .signFor: Localized("签收", "signed for")
        case .handle: Localized("开始处理", "taken in hand")
        case .handled: Localized("处理完毕", "handled")
        case .verify: Localized("核实通过", "verified")
        case .rework: Localized("核实未通过，返工", "sent back")
        case .revisit: Localized("回访", "revisited")
        case .close: Localized("结案", "closed")
        case .reopen: Localized("重开", "reopened")
        case .archive: Localized("归档", "archived")
        case .note: Localized("备注", "note")
        case .offer: Localized("请求移交", "offered")
        case .take: Localized("接收移交", "taken")
        case .refuse: Localized("拒收移交", "offer refused")
        case .withdraw: Localized("撤回移交", "offer withdrawn")
        case .lapse: Localized("移交过期", "offer lapsed")
        case .pick: Localized("裁定承办方", "dispute decided")
        case .unknown: Localized("未知操作", "unknown")
        }
    }

    /// As what can be done is called; Chinese has one word for it and for what was done.
    package var command: Localized {
        let english =
            switch self {
            case .accept: "accept"
            case .decline: "decline"
            case .file: "file"
            case .dispatch: "dispatch"
            case .signFor: "sign for"
            case .handle: "take in hand"
            case .handled: "mark as handled"
            case .verify: "verify"
            case .rework: "send back"
            case .revisit: "revisit"
            case .close: "close"
            case .reopen: "reopen"
            case .archive: "archive"
            case .note: "add the remark"
            case .offer: "offer"
            case .take: "take"
            case .refuse: "refuse the offer"
            case .withdraw: "withdraw the offer"
            case .lapse: "let the offer lapse"
            case .pick: "decide the dispute"
            case .unknown: "unknown"
            }
        return Localized(title.zh, english)
    }
}

extension ActOnWorkOrder.DeclineReason {
    /// As pages show it.
    package var title: Localized {
        switch self {
        case .outsideDistrict: Localized("不属本区", "outside the district")
        case .outsideRemit: Localized("不属受理范围", "outside the remit")
        case .inCourt: Localized("已进入诉讼等程序", "before a court")
        case .emergency: Localized("紧急警情，请拨110、119、120", "an emergency: dial 110, 119 or 120")
        case .repeated: Localized("重复诉求", "repeated")
        case .unfounded: Localized("诉求不成立", "unfounded")
        }
    }
}
