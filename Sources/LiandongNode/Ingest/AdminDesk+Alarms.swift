import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongSigning
import LiandongStore

extension AdminDesk {
    func alarms(_ query: DeviceRequest.AlarmQuery) async throws -> AlarmsReport {
        var filter = StoreReader.AlarmFilter()
        filter.limit = min(max(query.limit, 1), 10_000)
        filter.type = query.type
        if let code = query.device {
            guard let device = try await node.store.read({ try $0.devices(code: code) }).first else {
                throw NodeError(.notFound, "this node holds no device \(code)")
            }
            filter.device = device
        }
        if let word = query.severity {
            guard let severity = AlarmSeverity.allCases.first(where: { $0.name == word }) else {
                let words = AlarmSeverity.allCases.map(\.name).joined(separator: ", ")
                throw NodeError(.usage, "--severity: \(word) is none of \(words)")
            }
            filter.leastSeverity = severity
        }
        switch query.status {
        case "open"?: filter.isOpen = true
        case "closed"?: filter.isOpen = false
        case let word?:
            guard let status = DeviceAlarm.Status(name: word) else {
                let words = DeviceAlarm.Status.allCases.map(\.name).joined(separator: ", ")
                throw NodeError(.usage, "--status: \(word) is none of open, \(words)")
            }
            filter.status = status
        case nil: break
        }
        let now = now
        return try await node.store.read { [filter] reader in
            AlarmsReport(try reader.alarms(filter).compactMap { try reader.alarmReport($0, at: now) }, at: now)
        }
    }

    func alarmReport(_ record: RecordID) async throws -> AlarmReport {
        let now = now
        guard let report = try await node.store.read({ try $0.alarmReport(record, at: now) }) else {
            throw NodeError(.notFound, "this node holds no alarm \(record)")
        }
        return report
    }

    func act(_ request: DeviceRequest.AlarmAct) async throws -> AlarmReport {
        let id = try await record(request.alarm)
        let values = ActOnAlarm.Values(result: request.result, service: request.service, text: request.text)
        let actor = try node.actor(name: request.operatorName, role: "clerk")
        _ = try await node.store.commit(try ActOnAlarm(id, request.verb, values), as: actor)
        return try await alarmReport(id)
    }

    // MARK: Series

    func series(_ query: DeviceRequest.SeriesQuery) async throws -> SeriesReport {
        guard let resolution = SeriesResolution(rawValue: query.resolution) else {
            let words = SeriesResolution.allCases.map(\.rawValue).joined(separator: ", ")
            throw NodeError(.usage, "--resolution: \(query.resolution) is none of \(words)")
        }
        let devices = try await node.store.read { reader in
            try reader.devices(code: query.device).compactMap { try reader.device($0) }
        }
        guard let device = devices.first else {
            throw NodeError(.notFound, "this node holds no device \(query.device)")
        }
        let (from, to) = (Instant(milliseconds: query.from), Instant(milliseconds: query.to))
        let limit = min(max(query.limit, 1), 100_000)
        let answer: SeriesAnswer
        if device.community == node.place?.id {
            try await node.drainReadings()
            answer = try await node.store.query(
                device: device.record,
                series: query.series,
                from: from,
                to: to,
                resolution: resolution,
                limit: limit
            )
        } else {
            guard resolution == .day else {
                throw NodeError(
                    .refused,
                    "finer than a day it is kept by \(authority.name(of: device.community)) alone; ask there, or "
                        + "--resolution day"
                )
            }
            answer = .stretches(try await replicatedDays(device, query.series, from, to, limit))
        }
        return report(answer, device, query)
    }

    /// The day rollups that the community has published.
    private func replicatedDays(
        _ device: Device,
        _ series: String,
        _ from: Instant,
        _ to: Instant,
        _ limit: Int
    ) async throws -> [SeriesStretch] {
        let (first, last) = (CivilDate(from).year, CivilDate(to).year)
        guard last - first < 20 else { throw NodeError(.usage, "more than 20 years are asked for") }
        var stretches: [SeriesStretch] = []
        for year in first...max(first, last) {
            let record = SeriesYear.record(
                device: device.record,
                series: series,
                year: year,
                community: device.community,
                .sodium
            ).record
            let days = try await node.store.read { reader in
                try reader.record(record).flatMap { SeriesYear.fold($0, reader.authority) }?.days ?? []
            }
            stretches += days.map { SeriesStretch(start: $0.date.start, sketch: $0.sketch) }
        }
        return Array(stretches.filter { $0.start >= from && $0.start < to }.prefix(limit))
    }

    private func report(
        _ answer: SeriesAnswer,
        _ device: Device,
        _ query: DeviceRequest.SeriesQuery
    ) -> SeriesReport {
        var readings: [SeriesReport.Reading] = []
        var stretches: [SeriesReport.Stretch] = []
        switch answer {
        case .readings(let found):
            readings = found.map {
                .init(
                    at: $0.at.iso8601,
                    receivedAt: $0.receivedAt.iso8601,
                    quality: $0.quality.name,
                    value: $0.value.description
                )
            }
        case .stretches(let found):
            stretches = found.map {
                .init(
                    start: $0.start.iso8601,
                    count: $0.sketch.count,
                    mean: $0.sketch.mean,
                    least: $0.sketch.least,
                    greatest: $0.sketch.greatest,
                    deviation: $0.sketch.deviation,
                    last: $0.sketch.last
                )
            }
        }
        return SeriesReport(
            asOf: now.iso8601,
            device: device.code,
            series: query.series,
            resolution: query.resolution,
            readings: readings,
            stretches: stretches
        )
    }
}
