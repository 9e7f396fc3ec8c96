/// Counters of an engine since its start.
package struct SyncCounters: Sendable, Hashable {
    package var framesSent: UInt64 = 0
    package var framesReceived: UInt64 = 0
    package var bytesSent: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    package var deltasSent: UInt64 = 0
    package var deltasReceived: UInt64 = 0
    /// Bytes of the frames that carried deltas.
    package var deltaBytesSent: UInt64 = 0
    package var deltaBytesReceived: UInt64 = 0
    package var duplicates: UInt64 = 0
    package var snapshotRecordsSent: UInt64 = 0
    /// Deltas whose origin had no right to their audience.
    package var deltasRefused: UInt64 = 0
    /// Deltas of audiences that this node is not of, any more.
    package var deltasNotOurs: UInt64 = 0
    /// Deltas of revoked origins beyond what is kept of them as evidence.
    package var deltasBeyondQuota: UInt64 = 0
    /// Passes of reconciliation: opened here, come to their end, given up.
    package var passesOpened: UInt64 = 0
    package var passesDone: UInt64 = 0
    package var passesFailed: UInt64 = 0
    /// Deltas sent because a pass found that the peer lacked them.
    package var deltasRepaired: UInt64 = 0
    /// Deltas on disk that were checked again, and those of them that were set aside.
    package var deltasScrubbed: UInt64 = 0
    package var deltasRotten: UInt64 = 0
    /// Deltas that were held back: their origins wrote more for others than their quotas allow.
    package var deltasHeldBack: UInt64 = 0
    /// Goodbyes received, by reason code of session.proto.
    package var byes: [Int: UInt64] = [:]
}
