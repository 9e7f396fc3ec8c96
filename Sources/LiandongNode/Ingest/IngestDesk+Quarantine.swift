import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongStore
import LiandongWeb
import Synchronization

/// What nothing can be made of is kept for people to look at.
extension IngestDesk {
    /// Keeps what nothing can be made of; the device's rules hear that it spoke.
    func quarantine(_ parcel: Parcel, _ reason: String) async throws {
        counters.withLock { $0.undecodable += 1 }
        let listening = listeningSince
        _ = try await store.ingest(as: try actor()) { scope in
            let record = parcel.known.device.record
            var machine = DeviceMachine(
                device: record,
                rules: parcel.known.rules,
                state: try IngestDesk.state(of: record, scope),
                now: parcel.receivedAt
            )
            machine.receivedNonsense()
            var effects = IngestEffects(receipt: DeviceReceipt(accepted: 0, quarantined: 1))
            effects.drafts = try SignalAlarms(machine.signals).plan(scope.reader, scope.context).drafts
            effects.states = [
                .init(device: record, bytes: machine.state.bytes, due: machine.nextDue(listeningSince: listening))
            ]
            effects.quarantined = [parcel.quarantined(reason)]
            return effects
        }
    }

    /// Keeps what could not be judged through a fault of this node's, and touches nothing else.
    func setAside(_ parcel: Parcel, _ reason: String) async throws {
        try await setAside(parcel.quarantined(reason))
    }

    func setAside(_ entry: QuarantineEntry) async throws {
        counters.withLock { $0.setAside += 1 }
        _ = try await store.ingest(as: try actor()) { _ in
            var effects = IngestEffects(receipt: DeviceReceipt(accepted: 0, quarantined: 1))
            effects.quarantined = [entry]
            return effects
        }
    }

    /// Whether a failure would come again with the same message, whenever that comes.
    static func isOfTheMessage(_ error: any Error) -> Bool {
        switch error {
        case let error as StoreError: error.code == .corrupt
        // A node that may not write any more takes nothing in.
        case let error as DraftError: error.code != .notPermitted
        case let error as Refusal:
            switch error.code {
            case .notFound, .invalid, .wrongState, .conflict: true
            // Of this node: it is not enrolled any more, or has no number to give out.
            case .notPermitted, .unavailable: false
            }
        default: false
        }
    }
}

extension IngestDesk.Parcel {
    func quarantined(_ reason: String) -> QuarantineEntry {
        .init(device: known.device.record, source: source, format: format.rawValue, reason: reason, payload: bytes)
    }

    /// Some messages of it, in this project's own form.
    func quarantined(
        _ reason: String,
        _ messages: [DeviceMessage]
    ) -> QuarantineEntry {
        .init(
            device: known.device.record,
            source: source,
            format: MessageFormat.json.rawValue,
            reason: reason,
            payload: messages.json
        )
    }
}
