/// A change as a command wants it, before the ledger gives it a place in a lane.
package struct Draft: Sendable, Hashable {
    /// What the change does; the ledger adds floor and context from what the replica has seen.
    package enum Change: Sendable, Hashable {
        case write
        case remove
    }

    package let record: RecordID
    package let field: Field
    package let element: [UInt8]
    package let value: [UInt8]
    package let change: Change
    package let audience: Audience
    /// In the creating draft only.
    package let nonce: Nonce?

    package init(
        record: RecordID,
        field: Field,
        element: [UInt8] = [],
        value: [UInt8] = [],
        change: Change = .write,
        audience: Audience,
        nonce: Nonce? = nil
    ) {
        self.record = record
        self.field = field
        self.element = element
        self.value = value
        self.change = change
        self.audience = audience
        self.nonce = nonce
    }
}
