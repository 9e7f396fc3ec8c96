import LiandongCore
import LiandongDomain
import LiandongSigning

// What the dictionaries make of a command, as a store does.
extension MemoryReplica {
    func plan(_ command: any Command, at now: Instant) throws -> (drafts: [Draft], receipt: any Sendable) {
        func erased<C: Command>(_ command: C) throws -> (drafts: [Draft], receipt: any Sendable) {
            let authority = ledger?.authority ?? disk.authority
            guard let enrolment = authority.nodes[node], let place = authority.places[enrolment.place] else {
                throw Refusal(.notEnrolledYet)
            }
            let source = SharedRandom(SeededRandom(seed: random.next(), .step))
            nextSequence += 1
            let sequence = nextSequence
            let context = CommandContext(
                now: now,
                actor: Actor(node: node, place: enrolment.place, name: "", role: "clerk"),
                authority: authority,
                cryptography: .sodium,
                purposes: purposes,
                random: { source.bytes($0) },
                nextNumber: { now in
                    let prefix = WorkOrderNumber.prefix(
                        placeCode: place.code,
                        ordinal: enrolment.ordinal,
                        date: CivilDate(now)
                    )
                    return prefix.flatMap { WorkOrderNumber(prefix: $0, sequence: sequence)?.text } ?? ""
                }
            )
            let plan = try command.plan(MemoryDomainReader(storage: storage, authority: authority), context)
            return (plan.drafts, plan.receipt)
        }
        return try erased(command)
    }
}
