package import LiandongCore

/// One entry of a work order's log.
package struct WorkOrderEvent: Sendable, Hashable {
    /// What was done.
    package enum Act: String, Sendable, CaseIterable {
        case accept, decline, file, dispatch, signFor, handle, handled, verify, rework, revisit, close, reopen, archive
        case note, offer, take, refuse, withdraw, lapse, pick
        /// Of a later build: kept, shown as such, without effect.
        case unknown

        /// Whether what is written with it is for the requester, and public as the decision is.
        package var isTold: Bool {
            switch self {
            case .accept, .decline, .handled, .close, .reopen, .rework: true
            case .file, .dispatch, .signFor, .handle, .verify, .revisit, .archive, .note, .offer, .take, .refuse,
                .withdraw, .lapse, .pick, .unknown:
                false
            }
        }
    }

    /// What a requester's note is, by its reason.
    package enum RequesterReason: String, Sendable, CaseIterable {
        case rating
        case reopenAsked = "reopen-asked"
    }

    /// Whether the entry counts.
    package enum Verdict: Sendable, Hashable {
        case applied
        /// Kept and shown, without effect: its author's place might not do it in the state that it saw.
        case flagged(Refusal)
    }

    package let id: EventID
    package let act: Act
    /// The newest entries that its author had seen.
    package let after: [EventID]
    package let author: NodeID
    /// The place its author serves; nil when the authority chain does not know the author.
    package let authorPlace: PlaceID?
    /// The stamp's time.
    package let writtenAt: Instant
    /// When it happened, if that is told apart from the writing.
    package let happenedAt: Instant?
    /// To whom it was dispatched or offered.
    package let place: PlaceID?
    /// The offer that a take, refuse, withdraw or lapse is about; the take that a pick chooses.
    package let subject: EventID?
    package let reason: String
    /// 1 to 5, at a revisit.
    package let satisfaction: Int?
    package let role: String
    package let text: String
    package let operatorName: String
    package let verdict: Verdict
    /// The round that its author saw, or that it began: a closing that knew nothing of a reopening stays in the round
    /// before it.
    package let round: Int

    package var at: Instant { happenedAt ?? writtenAt }
    package var isApplied: Bool { verdict == .applied }
}
