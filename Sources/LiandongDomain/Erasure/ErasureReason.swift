/// Why something personal is erased: the cases that the Personal Information Protection Law (个人信息保护法) has.
///
/// - SeeAlso: its article 47, first paragraph.
package enum ErasureReason: String, Sendable, CaseIterable {
    /// (1) The purpose is achieved, cannot be achieved, or does not need the information any more.
    case purposeAchieved = "purpose-achieved"
    /// (2) The service has ended, or the time for which it may be kept.
    case retentionEnded = "retention-ended"
    /// (3) The person has withdrawn their consent.
    case consentWithdrawn = "consent-withdrawn"
    /// (4) It was handled against the law, rules or an agreement.
    case unlawful = "unlawful"
    /// (5) Another law says so.
    case byLaw = "by-law"

    /// As pages show it.
    package var title: Localized {
        switch self {
        case .purposeAchieved: Localized("处理目的已实现", "the purpose is achieved")
        case .retentionEnded: Localized("保存期限已届满", "the time for keeping it has ended")
        case .consentWithdrawn: Localized("个人撤回同意", "consent was withdrawn")
        case .unlawful: Localized("违法处理", "it was handled unlawfully")
        case .byLaw: Localized("法律、行政法规规定", "a law says so")
        }
    }
}
