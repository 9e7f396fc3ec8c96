import LiandongCore
import LiandongDomain
import LiandongSigning

/// What the district's signer writes into the chain: founding, places, invites, enrolments.
enum District {
    /// The purposes whose keys every node of the district gets when it is enrolled.
    static let purposes = [Purpose.register, Purpose.contact, PurposeKeys.match]

    /// The entries that found a district: the first is signed by the root key, the others by its first node.
    static func founding(
        name: String,
        placeName: String,
        code: String,
        root: SigningKey,
        keys: NodeKeys,
        place: PlaceID,
        addresses: [String]
    ) -> (genesis: AuthorityEntryContent.Body, rest: [AuthorityEntryContent.Body]) {
        let district = Place(id: place, tier: .district, parent: nil, code: code, name: placeName)
        let genesis = AuthorityEntryContent.Body.genesis(
            root: root.publicKey,
            signer: keys.nodeID,
            district: district
        )
        let enrolment = Enrolment(
            node: keys.nodeID,
            sealingKey: keys.sealingKey,
            place: place,
            name: name,
            ordinal: 1,
            addresses: addresses
        )
        var rest: [AuthorityEntryContent.Body] = [.enrol(enrolment, invite: nil)]
        for purpose in purposes {
            rest.append(wrapping(SymmetricKey.generate(), of: purpose, version: 1, for: enrolment))
        }
        return (genesis, rest)
    }

    /// The entries that invite a node: the place when it is new, and the invite.
    static func invitation(
        _ request: Invitation,
        key: [UInt8],
        newPlace: PlaceID,
        _ authority: AuthorityState
    ) throws -> [AuthorityEntryContent.Body] {
        guard authority.district != nil else {
            throw NodeError(.refused, "there is no district yet; run liandong init")
        }
        try checkCode(request.code, request.tier)
        var bodies: [AuthorityEntryContent.Body] = []
        let place: PlaceID
        if let known = authority.place(code: request.code) {
            guard known.tier == request.tier else {
                throw NodeError(
                    .refused,
                    "\(request.code) is a \(known.tier.name), not a \(request.tier.name): give its own tier"
                )
            }
            place = known.id
        } else {
            let parent = try parent(of: request.code, request.tier, given: request.parentCode, authority)
            place = newPlace
            let new = Place(
                id: newPlace,
                tier: request.tier,
                parent: parent.id,
                code: request.code,
                name: request.placeName
            )
            bodies.append(.place(try checked(new, authority)))
        }
        let invite = AuthorityState.InviteRecord(
            key: key,
            place: place,
            expires: request.expires,
            name: request.name
        )
        return bodies + [.invite(invite)]
    }

    /// What an operator asks of `invite`.
    struct Invitation: Sendable {
        let tier: Tier
        let name: String
        let placeName: String
        let code: String
        let parentCode: String?
        let expires: Instant
    }

    /// The entries that enrol a node by its invite, judged by the chain as it is when they are written.
    static func enrolment(
        _ request: EnrolmentRequest,
        at now: Instant,
        keys: PurposeKeys,
        _ authority: AuthorityState
    ) throws -> [AuthorityEntryContent.Body] {
        let hash = Cryptography.sodium.hash(request.invite)
        guard let invite = authority.invites[hash] else { throw EnrolmentRefusal.unknownInvite }
        if invite.usedBy == request.node || authority.nodes[request.node] != nil { return [] }
        guard invite.usedBy == nil else { throw EnrolmentRefusal.alreadyUsed }
        guard now < invite.expires else { throw EnrolmentRefusal.expired(invite.expires) }
        let taken = Set(authority.nodes.values.filter { $0.place == invite.place }.map(\.ordinal))
        guard let ordinal = (1...99).first(where: { !taken.contains($0) }) else { throw EnrolmentRefusal.placeIsFull }
        let enrolment = Enrolment(
            node: request.node,
            sealingKey: request.sealingKey,
            place: invite.place,
            name: invite.name,
            ordinal: ordinal,
            addresses: request.addresses
        )
        var bodies: [AuthorityEntryContent.Body] = [.enrol(enrolment, invite: request.invite)]
        for purpose in purposes {
            if let (version, key) = keys.newest(purpose, authority) {
                bodies.append(wrapping(key, of: purpose, version: version, for: enrolment))
            }
        }
        return bodies
    }

    enum EnrolmentRefusal: Error {
        case unknownInvite
        case alreadyUsed
        case expired(Instant)
        case placeIsFull
    }

    private static func wrapping(
        _ key: SymmetricKey,
        of purpose: String,
        version: UInt32,
        for enrolment: Enrolment
    ) -> AuthorityEntryContent.Body {
        let box = (try? SealingKey.seal(key.bytes, to: enrolment.sealingKey)) ?? []
        return .purposeKey(.init(purpose: purpose, version: version), [enrolment.node: box])
    }
}
