import Foundation
import GRDB
import LiandongCore
package import LiandongDomain

extension ReplicaStore {
    /// Carries a command out in a group commit; returns once it is durable.
    ///
    /// - Parameter idempotencyKey: a request with the same key gets the first one's receipt, for a day.
    /// - Throws: ``Refusal`` and `DraftError` when nothing was written; ``StoreError``.
    package func commit<C: Command>(_ command: C, as actor: Actor) async throws -> C.Receipt {
        try checkWritable()
        let tags = try await matchTags(of: command)
        return try await withCheckedThrowingContinuation { continuation in
            let job = CommitJob<C.Receipt>(random: configuration.random) { [self] transaction in
                try plan(command, as: actor, tags, in: &transaction)
            } answer: {
                continuation.resume(with: $0)
            }
            enqueue(job)
        }
    }

    /// Plans a command and writes nothing: what it would answer, or why it would be refused.
    package func rehearse<C: Command>(_ command: C, as actor: Actor) async throws -> C.Receipt {
        let tags = try await matchTags(of: command)
        return try await work { [self] transaction in
            try plan(command, as: actor, tags, isRehearsal: true, in: &transaction).receipt
        }
    }

    /// The same for a caller whose request must not happen twice.
    package func commit<C: Command>(
        _ command: C,
        as actor: Actor,
        idempotencyKey: IdempotencyKey
    ) async throws -> C.Receipt where C.Receipt: Codable {
        try checkWritable()
        let tags = try await matchTags(of: command)
        return try await withCheckedThrowingContinuation { continuation in
            let job = CommitJob<C.Receipt>(random: configuration.random) { [self] transaction in
                if let known: C.Receipt = try knownAnswer(idempotencyKey, in: transaction.db) {
                    return Plan(drafts: [], receipt: known)
                }
                let plan = try plan(command, as: actor, tags, in: &transaction)
                try transaction.db.run(
                    "INSERT INTO idempotency(key, digest, answer, at) VALUES(?, ?, ?, ?)",
                    idempotencyKey.key,
                    idempotencyKey.digest,
                    [UInt8](try JSONEncoder().encode(plan.receipt)),
                    transaction.now.milliseconds
                )
                return plan
            } answer: {
                continuation.resume(with: $0)
            }
            enqueue(job)
        }
    }

    func knownAnswer<Receipt: Decodable>(_ key: IdempotencyKey, in db: Database) throws -> Receipt? {
        let known = try db.first("SELECT digest, answer FROM idempotency WHERE key = ?", key.key) { row in
            (digest: try row.bytes(0), answer: try row.bytes(1))
        }
        guard let known else { return nil }
        guard known.digest == key.digest else {
            throw StoreError(.keyReused, "the idempotency key was used for another request; make a new one")
        }
        return try JSONDecoder().decode(Receipt.self, from: Data(known.answer))
    }

    private func plan<C: Command>(
        _ command: C,
        as actor: Actor,
        _ tags: [String: MatchTag],
        isRehearsal: Bool = false,
        in transaction: inout WriteTransaction
    ) throws -> Plan<C.Receipt> {
        let context = commandContext(actor, tags, isRehearsal: isRehearsal, in: transaction)
        let reader = try StoreReader(transaction)
        return try command.plan(reader, context)
    }

    /// What a command planned in a transaction may know of the world.
    func commandContext(
        _ actor: Actor,
        _ tags: [String: MatchTag] = [:],
        isRehearsal: Bool = false,
        in transaction: WriteTransaction
    ) -> CommandContext {
        let authority = transaction.ledger.authority
        return CommandContext(
            now: transaction.now,
            actor: actor,
            authority: authority,
            cryptography: configuration.cryptography,
            purposes: configuration.purposes(authority).with(tags),
            random: configuration.random,
            nextNumber: { [self] now in
                isRehearsal ? String(repeating: "0", count: 25) : try nextNumber(at: now, authority)
            }
        )
    }

    /// The tags that a command will ask for: each costs hundredths of a second, so they are made outside of transactions.
    @concurrent
    private func matchTags(of command: some Command) async throws -> [String: MatchTag] {
        let numbers = command.identityNumbers
        guard !numbers.isEmpty else { return [:] }
        let purposes = configuration.purposes(authority)
        var tags: [String: MatchTag] = [:]
        for number in numbers { tags[number] = try purposes.matchTag(number) }
        return tags
    }

    /// The next work-order number of this node: called on the writing connection only.
    private func nextNumber(at now: Instant, _ authority: AuthorityState) throws -> String {
        guard let enrolment = authority.nodes[configuration.node], let place = authority.places[enrolment.place] else {
            throw Refusal(.notEnrolledYet)
        }
        let prefix = WorkOrderNumber.prefix(placeCode: place.code, ordinal: enrolment.ordinal, date: CivilDate(now))
        guard let prefix else {
            throw Refusal(.placeCodeNoNumber, place.code)
        }
        let sequence = try anchor.nextSequence(prefix)
        guard let number = WorkOrderNumber(prefix: prefix, sequence: sequence) else {
            throw StoreError(.noNumbers, "no number for sequence \(sequence)")
        }
        return number.text
    }
}

/// argon2id of an identity number, and the version of the match key.
typealias MatchTag = (version: UInt32, bytes: [UInt8])

extension Purposes {
    /// The same with some tags at hand.
    fileprivate func with(_ tags: [String: MatchTag]) -> Purposes {
        guard !tags.isEmpty else { return self }
        let slow = matchTag
        return Purposes(holds: holds, seal: seal, open: open) { number in try tags[number] ?? slow(number) }
    }
}
