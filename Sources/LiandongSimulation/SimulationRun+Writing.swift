import LiandongCore

// Each replica's one writer: a job at a time, told of once its flush has ended.
extension SimulationRun {
    mutating func startJob(_ index: Int) throws {
        let node = nodes[index]
        guard node.isUp, !node.replica.isWriting, !node.jobs.isEmpty else { return }
        try node.replica.perform(node.jobs.removeFirst(), at: reading(of: index))
        if case .committed(let deltas, let definitions, _)? = node.replica.expected {
            switch options.plantedBug {
            case .acknowledgesBeforeCommit: node.acknowledged.formUnion(deltas.map(\.delta.id))
            case .sendsBeforeCommit: try tell(index, .committed(deltas, definitions: definitions))
            default: break
            }
        }
        schedule.add(.flushed(index, life: node.life), at: now + disks.delay(1...options.flushLimit))
        try checkHeld(index)
    }

    mutating func flushed(_ index: Int) throws {
        let outcome = try nodes[index].replica.flush()
        let dropped = nodes[index].replica.takeDropped()
        if !dropped.isEmpty { try tell(index, .dropped(dropped)) }
        switch outcome {
        case .persisted(let ticket, let result):
            if !result.newEntries.isEmpty { try noteChain(result.newEntries, at: index) }
            try checkDisk(index)
            try tell(index, .persisted(ticket, result))
        case .failed(let ticket, let reason):
            counters.note(.commitsFailed)
            note("node \(index) cannot persist: \(reason)")
            try tell(index, .persistFailed(ticket, reason: reason))
        case .committed(let deltas, let definitions, let receipt):
            nodes[index].acknowledged.formUnion(deltas.map(\.delta.id))
            counters.note(.acknowledged)
            try noteIdentities(deltas.map(\.delta), of: index)
            // What a dishonest node opened may be two things at once: nothing is promised of it.
            if nodes[index].liar == nil { noteReceipt(receipt) }
            try checkDisk(index)
            try tell(index, .committed(deltas, definitions: definitions))
        case .refused(let reason):
            counters.note(.refusedCommands)
            note("node \(index) refuses: \(reason)")
        case .appended(let entries, let state, let reply):
            for entry in entries { try town.note(entry) }
            try checkDisk(index)
            try tell(index, .authorityAppended(entries, state))
            if let reply { try tell(index, .enrolmentDecided(reply)) }
        case .renewed(let renewal):
            note("node \(index) goes on under other names")
            counters.note(.renewals)
            try tell(index, .renewed(renewal))
        case .previewKept(let ticket): try tell(index, .previewKept(ticket))
        case .previewFailed(let ticket, let reason): try tell(index, .previewFailed(ticket, reason: reason))
        case .previewEnded(let ticket, let unproven):
            counters.note(.snapshotsProven, by: unproven == 0 ? 1 : 0)
            try tell(index, .previewEnded(ticket, unproven: unproven))
        case .fabricated(let deltas, let definitions):
            try checkDisk(index)
            try tell(index, .committed(deltas, definitions: definitions))
        case .woken, .nothing: break
        }
        try noteFollowing(index)
        try startJob(index)
    }

    /// What a job wrote besides, as it came of what was learnt in it.
    private mutating func noteFollowing(_ index: Int) throws {
        let deltas = nodes[index].replica.takeFollowing()
        guard !deltas.isEmpty else { return }
        counters.note(.erasuresFollowing, by: deltas.count)
        nodes[index].acknowledged.formUnion(deltas.map(\.delta.id))
        try noteIdentities(deltas.map(\.delta), of: index)
        try checkDisk(index)
        let audiences = Set(deltas.map(\.delta.lane.audience)).sorted()
        let definitions = audiences.compactMap { nodes[index].replica.storage.audience($0) }
        try tell(index, .committed(deltas, definitions: definitions))
    }

    private mutating func noteChain(_ entries: [SignedAuthorityEntry], at index: Int) throws {
        for entry in entries {
            switch try AuthorityEntryContent(decoding: entry.entry).body {
            case .enrol(let enrolment, _) where enrolment.node == nodes[index].id: counters.note(.enrolments)
            case .revoke:
                let held = nodes[index].replica.storage.content.deltas.values
                counters.note(.quarantined, by: held.count { $0.isQuarantined })
            default: break
            }
        }
    }
}
