import LiandongCore

// What passes of reconciliation ask of a replica, answered a little later and not always in order.
extension SimulationRun {
    enum LaneQuery {
        case lanes(LaneRead, salt: [UInt8])
        case nodes([Reconciler.NodeRead])
        case deltas(DeltaRead)
    }

    mutating func ask(_ query: LaneQuery, _ ticket: Ticket, of index: Int) {
        schedule.add(.asked(index, life: nodes[index].life, ticket, query), at: now + disks.delay(0...20))
    }

    mutating func answer(_ query: LaneQuery, _ ticket: Ticket, of index: Int) throws {
        let replica = nodes[index].replica
        switch query {
        case .lanes(let read, let salt): try tell(index, .lanesRead(ticket, replica.lanes(read, salt: salt)))
        case .nodes(let reads): try tell(index, .laneNodesRead(ticket, try replica.nodes(reads)))
        case .deltas(let read): try tell(index, .deltasRead(ticket, replica.deltas(read)))
        }
    }

    mutating func note(_ report: PassReport, of index: Int) {
        switch report.result {
        case .done:
            counters.note(.passes)
            counters.note(.repairs, by: report.received)
        case .partial: counters.note(.passes)
        case .failed: counters.note(.brokenPasses)
        }
        note(
            "node \(index): pass with \(report.peer) \(report.result), \(report.sent) sent, \(report.received) received"
        )
    }
}
