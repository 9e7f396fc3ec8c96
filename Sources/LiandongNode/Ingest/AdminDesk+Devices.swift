import Foundation
import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongReports
import LiandongStore
import LiandongWeb

extension AdminDesk {
    /// Carries out what the command line asks of devices.
    func device(_ request: DeviceRequest) async throws -> Data {
        switch request {
        case .add(let form): try encoded(await add(form))
        case .change(let form): try encoded(await change(form))
        case .list(let kind): try encoded(await devices(kind))
        case .show(let code): try encoded(await deviceReport(try await deviceRecord(code)))
        case .explain(let code): try encoded(await explain(code))
        case .block(let code, let reason, let isBlocked): try encoded(await block(code, reason, isBlocked))
        case .token(let code, let replacing): try encoded(await token(code, replacing))
        case .rules(let kind, let place): try encoded(await rules(kind, place))
        case .setRules(let file, let place): try encoded(await setRules(file, place))
        case .alarms(let query): try encoded(await alarms(query))
        case .alarm(let id): try encoded(await alarmReport(try await record(id)))
        case .act(let act): try encoded(await self.act(act))
        case .series(let query): try encoded(await series(query))
        case .quarantine(let limit): try encoded(await quarantine(limit))
        case .replay(let number): try encoded(await replay(number))
        }
    }

    private func encoded(_ report: some Encodable) throws -> Data { try ReportCoding.encoder.encode(report) }

    // MARK: Devices

    private func add(_ form: DeviceRequest.Form) async throws -> DeviceReport {
        guard let kind = DeviceKind(rawValue: form.kind) else {
            let words = DeviceKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw NodeError(.usage, "--kind: \(form.kind) is none of \(words)")
        }
        let command = RegisterDevice(code: form.code, kind: kind, try values(form))
        let receipt = try await node.store.commit(command, as: try node.actor(role: "operator"))
        var report = try await deviceReport(receipt.record)
        report.token = try await node.ingest.makeToken(for: receipt.record, replacing: false)
        return report
    }

    private func change(_ form: DeviceRequest.Form) async throws -> DeviceReport {
        let record = try await deviceRecord(form.code)
        let command = ChangeDevice(.record(record), try values(form))
        _ = try await node.store.commit(command, as: try node.actor(role: "operator"))
        return try await deviceReport(record)
    }

    private func values(_ form: DeviceRequest.Form) throws -> DeviceValues {
        var location: GeoPoint?
        if let latitude = form.latitude, let longitude = form.longitude {
            location = GeoPoint(latitude: latitude, longitude: longitude)
            guard location != nil else {
                throw NodeError(.usage, "latitude \(latitude), longitude \(longitude) is no place on earth")
            }
        } else if form.latitude != nil || form.longitude != nil {
            throw NodeError(.usage, "a latitude and a longitude are given together, or neither")
        }
        return DeviceValues(
            name: form.name,
            model: form.model,
            place: try form.place.map { try authority.requirePlace(code: $0).id },
            location: location,
            address: form.address,
            reported: form.reported,
            hearers: form.hearers?.map { text in
                let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return Contact(name: parts[0], phone: parts.count > 1 ? parts[1] : "")
            }
        )
    }

    /// The device that a code or the beginning of a record's id means.
    private func deviceRecord(_ text: String) async throws -> RecordID {
        let found = try await node.store.read { try $0.devices(code: text) }
        if let first = found.first, found.count == 1 { return first }
        guard found.isEmpty else {
            throw NodeError(.refused, "\(found.count) communities have a device \(text); give the beginning of its id")
        }
        guard text.count >= 4, text.allSatisfy(\.isHexDigit) else {
            throw NodeError(.notFound, "this node holds no device \(text)")
        }
        let id = try await record(text)
        guard try await node.store.read({ try $0.device(id) }) != nil else {
            throw NodeError(.notFound, "this node holds no device \(text)")
        }
        return id
    }

    private func devices(_ kind: String?) async throws -> DevicesReport {
        let (now, purposes) = (now, node.purposeKeys.purposes(authority))
        return try await node.store.read { reader in
            let rows = try reader.devices(kind: kind).compactMap { try reader.deviceReport($0, purposes, at: now) }
            return DevicesReport(rows, at: now)
        }
    }

    private func deviceReport(_ record: RecordID) async throws -> DeviceReport {
        let (now, purposes) = (now, node.purposeKeys.purposes(authority))
        guard let report = try await node.store.read({ try $0.deviceReport(record, purposes, at: now) }) else {
            throw NodeError(.notFound, "this node holds no device \(record)")
        }
        return report
    }

    private func block(_ code: String, _ reason: String, _ isBlocked: Bool) async throws -> DoneReport {
        let record = try await deviceRecord(code)
        let command = BlockDevice(.record(record), isBlocked: isBlocked, reason: reason)
        _ = try await node.store.commit(command, as: try node.actor(role: "operator"))
        return done(isBlocked ? "blocked" : "unblocked", id: "\(record)")
    }

    private func token(_ code: String, _ replacing: Bool) async throws -> DeviceReport {
        let record = try await deviceRecord(code)
        // A token made elsewhere would speak to nobody.
        if let device = try await node.store.read({ try $0.device(record) }), device.community != node.place?.id {
            let owner = authority.name(of: device.community)
            throw NodeError(.refused, "the device \(code) sends to \(owner), whose node alone makes its tokens")
        }
        var report = try await deviceReport(record)
        report.token = try await node.ingest.makeToken(for: record, replacing: replacing)
        return report
    }

    private func explain(_ code: String) async throws -> DeviceExplainReport {
        let record = try await deviceRecord(code)
        guard let known = try await node.ingest.known(record) else {
            throw NodeError(.refused, "the device \(code) is blocked, or another community's: ask there")
        }
        let bytes = try await node.store.read { try $0.deviceState(record) }
        let state = bytes.flatMap { DeviceState(bytes: $0) } ?? DeviceState()
        let raised = Set(state.raised)
        let waits = Dictionary(state.waits.map { ($0.rule, $0.since) }, uniquingKeysWith: { first, _ in first })
        try await node.drainReadings()
        return DeviceExplainReport(
            asOf: now.iso8601,
            code: known.device.code,
            kind: known.device.kind.rawValue,
            rulesVersion: known.rules.version,
            silentAfterSeconds: known.rules.silentAfterSeconds,
            rules: known.rules.rules.map { rule in
                .init(
                    type: rule.type,
                    severity: rule.severity.name,
                    says: rule.words,
                    state: raised.contains(rule.key)
                        ? "raised" : waits[rule.key].map { "waiting since \($0.iso8601)" } ?? "quiet"
                )
            },
            messages: state.counters.messages,
            readings: state.counters.readings,
            duplicates: state.counters.duplicates,
            missing: state.sequence.missing,
            resets: state.sequence.resets,
            late: state.counters.late,
            ahead: state.counters.ahead,
            withheld: state.counters.withheld,
            passedOver: state.counters.passedOver,
            latestSequence: state.sequence.latest,
            lastHeard: state.lastHeard?.iso8601,
            series: try await node.store.series(of: record)
        )
    }

    // MARK: Quarantine

    private func quarantine(_ limit: Int) async throws -> QuarantineReport {
        let bounded = min(max(limit, 1), 10_000)
        let (messages, counts) = try await node.store.read { reader in
            (
                try reader.quarantinedMessages(limit: bounded).map {
                    ($0, try $0.device.flatMap { try reader.device($0) }?.code)
                },
                try reader.quarantineCounts()
            )
        }
        return QuarantineReport(
            asOf: now.iso8601,
            held: counts.held,
            dropped: counts.dropped,
            messages: messages.map { message, code in
                .init(
                    number: message.number,
                    device: code ?? "",
                    source: message.source,
                    format: message.format,
                    reason: message.reason,
                    receivedAt: message.receivedAt.iso8601,
                    bytes: message.payload.count,
                    beginning: String(decoding: message.payload.prefix(60), as: UTF8.self).debugDescription
                )
            }
        )
    }

    private func replay(_ number: Int64?) async throws -> ReplayReport {
        var (replayed, readings) = (0, 0)
        var kept: [String] = []
        // What a replay puts there anew is not of this round.
        let last = try await node.store.read { try $0.newestQuarantined() }
        var position = number.map { $0 - 1 } ?? 0
        while position < number ?? last {
            let some = try await node.store.read { [position] in
                try $0.quarantinedMessages(after: position, limit: number == nil ? 100 : 1)
            }
            for message in some where message.number <= number ?? last {
                do {
                    readings += try await node.ingest.replay(message)
                    replayed += 1
                } catch { kept.append("\(message.number): \(error)") }
            }
            position = some.last?.number ?? .max
        }
        if let number, replayed + kept.count == 0 {
            throw NodeError(.notFound, "there is no message \(number) in quarantine")
        }
        return ReplayReport(asOf: now.iso8601, replayed: replayed, readings: readings, kept: kept)
    }
}

extension IngestDesk {
    /// Takes in what lay in quarantine, as of when it came; it leaves quarantine in the same transaction.
    ///
    /// - Returns: how many readings it held.
    func replay(_ message: QuarantinedMessage) async throws -> Int {
        guard let record = message.device, let known = try await known(record),
            let format = MessageFormat(rawValue: message.format)
        else { throw NodeError(.refused, "its device is not known here any more, or blocked") }
        let parcel = Parcel(
            known: known,
            bytes: message.payload,
            format: format,
            source: message.source,
            receivedAt: message.receivedAt,
            quarantine: message.number
        )
        return try await take(parcel).accepted
    }
}

extension DeviceRule {
    /// What the rule says, for people.
    fileprivate var words: String {
        let what =
            switch condition {
            case .above(let bound, let clears): "\(series) > \(bound), cleared at \(clears)"
            case .below(let bound, let clears): "\(series) < \(bound), cleared at \(clears)"
            case .isTrue: "\(series) is true"
            case .isFalse: "\(series) is false"
            case .equals(let text): "\(series) is \(text)"
            }
        var parts = [what]
        if forSeconds > 0 { parts.append("for \(forSeconds) s") }
        if quietSeconds > 0 { parts.append("until \(quietSeconds) s of quiet") }
        if schedule != .always { parts.append("from minute \(schedule.fromMinute) to \(schedule.toMinute)") }
        if !service.isEmpty { parts.append("becomes an order of \(service)") }
        return parts.joined(separator: "; ")
    }
}
