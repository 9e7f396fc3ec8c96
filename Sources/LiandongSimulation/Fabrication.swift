import LiandongCore
import LiandongSigning

/// Deltas that a dishonest node makes up, signed with its own key, in its own lanes.
struct Fabrication: Sendable {
    /// Stands in every value that must never be shown.
    static let lie = Array("<<lie>>".utf8)

    let audience: Audience
    let op: Op
    /// What the stamps are ahead of the clock, in milliseconds.
    var lead: Int64 = 0
    var count = 1
    /// How far apart the deltas' seqs are; 0 makes forks.
    var stride: UInt64 = 1
    /// What the authority epoch is ahead of the chain.
    var epochLead: UInt64 = 0
    /// Under whose name, when not the liar's own.
    var origin: NodeID?

    /// - Parameter ledger: the liar's own, for where its lanes end.
    func deltas(by ledger: Ledger, _ signer: Signer, at now: Instant) -> [Delta] {
        guard let cluster = ledger.authority.cluster else { return [] }
        let deltaClass = ledger.schema.fields[op.field]?.deltaClass ?? .interactive
        let key = LaneKey(
            origin: origin ?? ledger.node,
            incarnation: ledger.incarnation,
            audience: AudienceID(audience, .sodium),
            deltaClass: deltaClass
        )
        let last = ledger.lanes[key]
        var seq = last?.highest ?? 0
        var previous = last?.head
        var made: [Delta] = []
        for number in 0..<count {
            seq += number == 0 ? 1 : stride
            // No two of them alike, so that two of one seq are a fork.
            let ops = [SaltedOp.held(salt: SaltedOp.plainSalt, op: numbered(number).wireBytes)]
            let header = DeltaHeader(
                cluster: cluster,
                lane: key,
                seq: seq,
                // The last one held stands in for what is missing before: nobody can tell.
                previous: seq == 1 ? nil : previous ?? DeltaID(headerBytes: [], .sodium),
                hlc: HLC(milliseconds: now.advanced(byMilliseconds: lead).milliseconds),
                schema: ledger.schema.version,
                epoch: AuthorityEpoch(district: ledger.authority.height + epochLead, issuer: 0),
                opCount: ops.count,
                opsRoot: MerkleTree.root(ops.map { $0.leaf(.sodium) }, .sodium)
            )
            let headerBytes = header.canonicalBytes
            let signature = signer.sign(Delta.signedMessage(headerBytes: headerBytes))
            guard let delta = try? Delta(headerBytes: headerBytes, signature: signature, ops: ops, .sodium) else {
                continue
            }
            made.append(delta)
            if stride > 0 { previous = delta.id }
        }
        return made
    }

    private func numbered(_ number: Int) -> Op {
        Op(
            record: op.record,
            field: op.field,
            element: op.element,
            value: op.value + [UInt8(truncatingIfNeeded: number)],
            change: op.change,
            context: op.context,
            floor: op.floor,
            nonce: op.nonce
        )
    }
}
