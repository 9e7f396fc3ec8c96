package import LiandongCore

/// All that a command may know of the world besides the records: no command looks at a clock or rolls a die itself.
package struct CommandContext: Sendable {
    /// The corrected wall clock when the command was taken up.
    package let now: Instant
    package let actor: Actor
    package let authority: AuthorityState
    package let cryptography: Cryptography
    /// Seals to and opens what was sealed to a purpose.
    package let purposes: Purposes
    /// So many random bytes.
    package let random: @Sendable (_ count: Int) -> [UInt8]
    /// The next number of a work order: 25 digits.
    ///
    /// It throws when no block of numbers can be taken.
    package let nextNumber: @Sendable (_ now: Instant) throws -> String

    package init(
        now: Instant,
        actor: Actor,
        authority: AuthorityState,
        cryptography: Cryptography,
        purposes: Purposes,
        random: @escaping @Sendable (_ count: Int) -> [UInt8],
        nextNumber: @escaping @Sendable (_ now: Instant) throws -> String
    ) {
        self.now = now
        self.actor = actor
        self.authority = authority
        self.cryptography = cryptography
        self.purposes = purposes
        self.random = random
        self.nextNumber = nextNumber
    }
}

/// Who acts: the node, the place it serves, and the person at it.
package struct Actor: Sendable, Hashable {
    package let node: NodeID
    package let place: PlaceID
    /// The person's name; travels apart from what they did.
    ///
    /// Empty when nobody is signed in.
    package let name: String
    /// What they are: "clerk", "grid worker", "resident".
    ///
    /// Travels with what they did.
    package let role: String

    /// The role of whoever made a request and is not signed in.
    package static let residentRole = "resident"

    package init(node: NodeID, place: PlaceID, name: String = "", role: String = "") {
        self.node = node
        self.place = place
        self.name = name
        self.role = role
    }
}

/// A purpose that values are sealed to.
package enum Purpose {
    /// Identity numbers, match tags, residents' phones, the keys of ballot units.
    package static let register = "register"
    /// Name and phone of who made a request.
    package static let contact = "contact"
}

/// What this node can do with the purposes' keys it holds.
package struct Purposes: Sendable {
    /// Whether this node holds a key of the purpose.
    package let holds: @Sendable (_ purpose: String) -> Bool
    /// Seals with the purpose's newest key.
    ///
    /// `context` is bound to the value: it opens under the same context only.
    package let seal: @Sendable (_ purpose: String, _ plaintext: [UInt8], _ context: [UInt8]) throws -> [UInt8]
    /// Opens what was sealed; nil when this node holds no such key or the bytes or context are not the sealed ones.
    package let open: @Sendable (_ purpose: String, _ sealed: [UInt8], _ context: [UInt8]) -> [UInt8]?
    /// argon2id of an identity number under the district's match key; nil without purpose `register`.
    package let matchTag: @Sendable (_ number: String) throws -> (version: UInt32, bytes: [UInt8])?

    package init(
        holds: @escaping @Sendable (_ purpose: String) -> Bool,
        seal: @escaping @Sendable (_ purpose: String, _ plaintext: [UInt8], _ context: [UInt8]) throws -> [UInt8],
        open: @escaping @Sendable (_ purpose: String, _ sealed: [UInt8], _ context: [UInt8]) -> [UInt8]?,
        matchTag: @escaping @Sendable (_ number: String) throws -> (version: UInt32, bytes: [UInt8])?
    ) {
        self.holds = holds
        self.seal = seal
        self.open = open
        self.matchTag = matchTag
    }

    /// A node that was given no purpose: it relays what it cannot read.
    package static let none = Purposes(
        holds: { _ in false },
        seal: { purpose, _, _ in throw Refusal.purposeMissing(purpose) },
        open: { _, _, _ in nil },
        matchTag: { _ in nil }
    )
}
