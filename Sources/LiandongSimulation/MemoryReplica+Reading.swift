import LiandongCore

// What an engine reads of a replica for its peers: durable deltas and records only.
extension MemoryReplica {
    /// The next page of what a peer is entitled to, durable records only.
    func readSnapshot(_ query: SnapshotQuery) throws -> SnapshotPage {
        if let store { return try store.readSnapshot(query) }
        let durable = MemoryLedgerStorage(content: disk.content)
        var records: [SnapshotRecord] = []
        var last: RecordID?
        var byteCount = 0
        for record in disk.content.homes.keys.sorted() where query.after.map({ record > $0 }) ?? true {
            // Dictionaries do not throw.
            if let view = try? RecordView(of: record, in: durable), query.filter.admits(view.home) {
                let found = SnapshotRecord(admitted(view, query.filter, durable))
                guard records.isEmpty || byteCount + found.entries.count <= query.byteLimit else {
                    return SnapshotPage(records: records, last: last, reachedEnd: false)
                }
                byteCount += found.entries.count
                records.append(found)
            }
            last = record
        }
        return SnapshotPage(records: records, last: last, reachedEnd: true)
    }

    /// A record without what was written in audiences that the peer is not of.
    private func admitted(
        _ view: RecordView,
        _ filter: EntitlementFilter,
        _ durable: MemoryLedgerStorage
    ) -> RecordView {
        guard view.givenTo.count > 1 else { return view }
        let lanes = Dictionary(
            (durable.content.cells[view.record] ?? []).compactMap { entry in
                durable.deltaID(number: entry.delta).map { ($0, durable.laneKey(number: entry.lane)?.audience) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        let entries = view.entries.filter { entry in
            (lanes[entry.dot.delta] ?? nil).flatMap { durable.audience($0) }.map(filter.admits) ?? false
        }
        return RecordView(record: view.record, home: view.home, entries: entries)
    }

    /// The next stretch of arrivals of a class, durable ones only.
    func scan(_ request: ScanRequest) throws -> ScanResult {
        if let store { return try store.scan(request) }
        var deltas: [CommittedDelta] = []
        var byteCount = 0
        var scannedTo = request.after
        let durable = MemoryLedgerStorage(content: disk.content)
        for (lsn, stored) in durable.arrivals(after: request.after) {
            guard byteCount < request.byteLimit, deltas.count < request.countLimit else {
                if bug == .skipsRestOfScan { scannedTo = LSN(disk.content.arrivals.count) }
                return ScanResult(deltas: deltas, scannedTo: scannedTo, reachedEnd: bug == .skipsRestOfScan)
            }
            scannedTo = lsn
            guard stored.delta.lane.deltaClass == request.deltaClass,
                let audience = durable.audience(stored.delta.lane.audience),
                bug == .ignoresEntitlement || request.filter.admits(audience)
            else { continue }
            let committed = CommittedDelta(lsn: lsn, delta: stored.delta, source: stored.source)
            byteCount += committed.byteCount
            deltas.append(committed)
        }
        return ScanResult(deltas: deltas, scannedTo: scannedTo, reachedEnd: true)
    }
}
