extension Consultation.FranchiseUnit {
    /// What decides between two ballots of one unit, as pages show it.
    package var ruleTitle: Localized {
        switch self {
        case .person:
            Localized("同一人投了多张票的，最早的一张计入。", "Of several ballots of one person the first counts.")
        case .rollEntry:
            Localized("名册每项一票；投了多张票的，最早的一张计入。", "Each entry of the roll has one vote: of several the first counts.")
        }
    }
}

extension Consultation.Tally.Uncounted.Reason {
    /// As pages show it.
    package var title: Localized {
        switch self {
        case .notFirst: Localized("此前已投过票", "there was a ballot before")
        case .late: Localized("截止后投出", "cast after the end")
        case .unknownOption: Localized("没有这个选项", "there is no such option")
        case .notOnRoll: Localized("不在名册中", "not on the roll")
        }
    }
}
