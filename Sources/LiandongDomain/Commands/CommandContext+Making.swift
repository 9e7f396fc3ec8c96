import LiandongCore

extension CommandContext {
    /// A new record's id and the nonce that it commits to.
    func newRecord(_ kind: RecordKind, in home: Audience) -> (record: RecordID, nonce: Nonce) {
        let nonce = Nonce(raw: Bytes16(high: randomWord(), low: randomWord()))
        return (recordID(kind, in: home, nonce: nonce), nonce)
    }

    func recordID(_ kind: RecordKind, in home: Audience, nonce: Nonce) -> RecordID {
        RecordID(kind: kind, home: AudienceID(home, cryptography), nonce: nonce, cryptography)
    }

    /// A new name for a log entry.
    func newEventID() -> EventID { EventID(raw: randomWord()) }

    /// The 16 bytes that two nodes derive alike from the same parts, so that what both make is one record.
    func derivedNonce(_ label: String, _ parts: [[UInt8]]) -> Nonce {
        let hash = cryptography.hash(Array(label.utf8) + parts.flatMap { $0 })
        return Nonce(raw: Bytes16(prefixOf: hash.raw))
    }

    func randomWord() -> UInt64 {
        random(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// - Throws: a refusal when the node's place would not even receive what it wants to write.
    func requireEntitled(to audience: Audience, _ thing: Localized) throws(Refusal) {
        guard !authority.isEntitled(actor.node, to: audience) else { return }
        throw Refusal(
            .placeNotReceiving,
            authority.name(of: actor.place),
            thing,
            audience.members.map { authority.name(of: $0.place) }.joined(separator: ", ")
        )
    }

    /// - Throws: a refusal when the node is not enrolled, was revoked, or serves another place than it says.
    func requireEnrolled() throws(Refusal) {
        guard authority.place(of: actor.node) == actor.place, authority.revocations[actor.node] == nil else {
            throw Refusal(.nodeNotEnrolled, authority.name(of: actor.place))
        }
    }
}
