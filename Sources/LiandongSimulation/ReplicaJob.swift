import LiandongCore
import LiandongDomain

/// A write transaction that waits for its replica's one writer.
enum ReplicaJob {
    case persist(Ticket, PersistBatch)
    case command(any Command)
    /// The signer's next entries, made with the chain before its eyes.
    case append(@Sendable (Ledger) -> [AuthorityEntryContent.Body], reply: EnrolmentReply?)
    /// Looks whether the replica went back, as a peer says.
    case renew(RewindReport)
    case keepPreview(Ticket, PreviewBatch)
    case endPreview(Ticket)
    /// Looks again at ops whose time has come.
    case wake
    /// Takes in what a dishonest node made up.
    case fabricate(Fabrication)
}

/// What is told once a job's flush has ended.
enum ReplicaOutcome {
    case persisted(Ticket, PersistOutcome)
    case failed(Ticket, String)
    case committed([CommittedDelta], definitions: [Audience], receipt: any Sendable)
    case refused(String)
    case previewKept(Ticket)
    case previewFailed(Ticket, String)
    case previewEnded(Ticket, unproven: Int)
    case appended([SignedAuthorityEntry], AuthorityState, reply: EnrolmentReply?)
    case renewed(Renewal)
    case fabricated([CommittedDelta], definitions: [Audience])
    case woken
    case nothing
}
