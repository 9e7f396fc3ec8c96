extension Consultation.Tally {
    /// The rule, as pages show it.
    package static let ruleTitle = Localized(
        "同一人投了多张票的，最早的一张计入。",
        "Of several ballots of one person the first counts."
    )
}

extension Consultation.Tally.Uncounted.Reason {
    /// As pages show it.
    package var title: Localized {
        switch self {
        case .notFirst: Localized("此人已投过票", "this person had voted before")
        case .late: Localized("截止后投出", "cast after the end")
        case .unknownOption: Localized("没有这个选项", "there is no such option")
        }
    }
}
