package import LiandongCore

/// What a reading makes of an alarm's condition, as the community's node found it.
package struct AlarmSignal: Sendable, Hashable {
    package enum Change: Sendable, Hashable {
        /// An episode begins.
        case raised
        /// Another input of an episode that goes on.
        case repeated
        /// It ends: "value", "quiet" or "heard".
        case cleared(reason: String)
    }

    package var device: RecordID
    package var type: String
    package var change: Change
    /// What names the input that began the episode; with device and type, it is the alarm's id.
    package var firstInput: [UInt8]
    /// What names this input.
    package var input: [UInt8]
    package var at: Instant
    package var receivedAt: Instant
    package var quality: TimeQuality
    package var series: String
    /// As people read it.
    package var value: String
    /// How many inputs this stands for.
    package var count: Int
    package var severity: AlarmSeverity
    package var service: String
    package var escalation: DeviceRule.Escalation

    package init(
        device: RecordID,
        type: String,
        _ change: Change,
        firstInput: [UInt8],
        input: [UInt8],
        at: Instant,
        receivedAt: Instant,
        quality: TimeQuality,
        series: String,
        value: String,
        count: Int = 1,
        severity: AlarmSeverity,
        service: String = "",
        escalation: DeviceRule.Escalation = .never
    ) {
        self.device = device
        self.type = type
        self.change = change
        self.firstInput = firstInput
        self.input = input
        self.at = at
        self.receivedAt = receivedAt
        self.quality = quality
        self.series = series
        self.value = value
        self.count = count
        self.severity = severity
        self.service = service
        self.escalation = escalation
    }

    var isRaised: Bool {
        switch change {
        case .raised, .repeated: true
        case .cleared: false
        }
    }
}

extension DeviceAlarm {
    /// The alarm of an episode: the same for whoever derives it from device, type and first input.
    package static func record(
        device: RecordID,
        type: String,
        firstInput: [UInt8],
        community: PlaceID,
        _ cryptography: Cryptography
    ) -> (record: RecordID, nonce: Nonce, home: Audience) {
        guard let home = Audience(lines: [community]) else { preconditionFailure("one place is an audience") }
        let label = Array("liandong/alarm/1".utf8)
        let hash = cryptography.hash(label + device.bytes + Array(type.utf8) + [0] + firstInput)
        let nonce = Nonce(raw: Bytes16(prefixOf: hash.raw))
        return (RecordID(kind: .alarm, home: AudienceID(home, cryptography), nonce: nonce, cryptography), nonce, home)
    }
}
