package import LiandongCore

/// Something a person or a device asks a node to do.
///
/// A command reads, decides and says what to write; it writes nothing. Whoever runs it calls
/// ``plan(_:_:)`` inside the writing transaction, so that what it read still holds when its drafts are appended.
package protocol Command<Receipt>: Sendable {
    /// What the caller is told once the drafts are durable.
    associatedtype Receipt: Sendable

    /// The identity numbers that the command will ask match tags of.
    ///
    /// A tag costs hundredths of a second: whoever runs the command makes them before the writing transaction, and
    /// hands in ``Purposes`` that have them ready.
    var identityNumbers: [String] { get }

    /// - Throws: ``Refusal`` when the command may not or cannot be done; whatever the reader throws otherwise.
    func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt>
}

extension Command {
    package var identityNumbers: [String] { [] }
}

/// What a command wants written, and what to answer once it is.
package struct Plan<Receipt: Sendable>: Sendable {
    /// In the order they are to be appended: a record's creation first.
    package let drafts: [Draft]
    package let receipt: Receipt

    package init(drafts: [Draft], receipt: Receipt) {
        self.drafts = drafts
        self.receipt = receipt
    }
}

/// What commands read of a replica, inside the writing transaction.
///
/// `LiandongStore` answers from SQLite, the simulator from dictionaries. Lists are sorted by record id.
package protocol DomainReader {
    /// The shown entries of a record; nil when this replica does not hold it.
    func record(_ id: RecordID) throws -> RecordView?
    /// The work orders that carry a number: more than one when two nodes gave it out.
    func workOrders(number: String) throws -> [RecordID]
    /// The registrations whose identity number has this match tag (``Registration/MatchTag/digest``).
    func registrations(matchTagDigest: [UInt8]) throws -> [RecordID]
    /// The person links that name a registration.
    func personLinks(of registration: RecordID) throws -> [RecordID]
}
