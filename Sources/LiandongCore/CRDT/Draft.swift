/// A change as a command wants it, before the ledger gives it a place in a lane.
package struct Draft: Sendable, Hashable {
    /// What the change does; the ledger adds floor and context from what the replica has seen.
    package enum Change: Sendable, Hashable {
        case write
        case remove
        case erase
        /// The record is for this audience from now on: all of it that is live is brought there. The draft's own
        /// audience is one that the record is for already.
        case give(to: Audience)
        /// What this node holds of the record in the draft's own audience, and was carried into this one, is let go of
        /// there: who is not of this audience has the record no more.
        case leave(for: Audience)
    }

    package let record: RecordID
    package let field: Field
    package let element: [UInt8]
    package let value: [UInt8]
    package let change: Change
    package let audience: Audience
    /// In the creating draft only.
    package let nonce: Nonce?

    /// A draft that erases what is personal of a record.
    ///
    /// - Parameter reason: a code, never a text.
    package static func erasure(of record: RecordID, kind: RecordKind, reason: String, audience: Audience) -> Draft {
        Draft(
            record: record,
            field: Field(kind: kind, number: 0),
            value: Array(reason.utf8),
            change: .erase,
            audience: audience
        )
    }

    /// A draft that brings a record to a further audience; drafts after it may be for that one.
    package static func give(_ record: RecordID, of kind: RecordKind, from: Audience, to: Audience) -> Draft {
        Draft(record: record, field: .audiences(of: kind), change: .give(to: to), audience: from)
    }

    /// A draft that lets go of a record in an audience, for one that it was given to before.
    package static func leave(
        _ record: RecordID,
        of kind: RecordKind,
        _ audience: Audience,
        for further: Audience
    ) -> Draft {
        Draft(record: record, field: .audiences(of: kind), change: .leave(for: further), audience: audience)
    }

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
