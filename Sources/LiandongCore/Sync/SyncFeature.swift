/// A part of the protocol that came after its first build, which ends a session over frames it does not know.
///
/// A node says in its hello which it knows, and uses one only with a peer that said so too.
package enum SyncFeature: UInt8, Sendable, CaseIterable, Comparable {
    /// Frame 16, and deltas without an LSN as repairs.
    case reconciliation = 1
    /// Frames 17 to 19: a node far behind may fetch records before their deltas.
    case snapshot = 2

    package static func < (a: SyncFeature, b: SyncFeature) -> Bool { a.rawValue < b.rawValue }

    /// Nil for a feature that this build does not know.
    init?(_ wire: WireFeature) {
        switch wire {
        case .reconcile: self = .reconciliation
        case .snapshot: self = .snapshot
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }
}

extension WireFeature {
    init(_ feature: SyncFeature) {
        switch feature {
        case .reconciliation: self = .reconcile
        case .snapshot: self = .snapshot
        }
    }
}

extension SyncEngine {
    /// Whether both ends of a session know a feature.
    func shares(_ feature: SyncFeature, on id: SessionID) -> Bool {
        configuration.features.contains(feature) && sessions[id]?.hello?.features.contains(feature) == true
    }
}
