/// How concurrent writes to a cell merge.
package enum CellRule: Sendable, Hashable {
    /// The greatest in (floor or HLC, dot) wins.
    case register
    /// Concurrent writes all survive.
    case multiValue
    /// Add-wins; a remove covers what its author had seen.
    case set
    /// Union; entries are never changed.
    case log
}

/// What the core has to know of a field.
package struct FieldSpecification: Sendable, Hashable {
    package let rule: CellRule
    package let deltaClass: DeltaClass
    /// Personal or free text: salted with 16 random bytes.
    package let isPersonal: Bool
    /// Its values are large, and no fold needs them: a cell notes that an op is there and has an empty value; who wants
    /// the value reads it from the op (``LedgerStorage/op(at:)``).
    package let isLarge: Bool

    package init(rule: CellRule, deltaClass: DeltaClass, isPersonal: Bool = false, isLarge: Bool = false) {
        self.rule = rule
        self.deltaClass = deltaClass
        self.isPersonal = isPersonal
        self.isLarge = isLarge
    }
}

/// The fields this build understands, and what authors may do with each kind of record.
package struct Schema: Sendable {
    package let version: UInt32
    /// What a schema before this one folded is to be folded anew: a field's rule was another then.
    package let foldedAnewSince: UInt32
    package let fields: [Field: FieldSpecification]
    /// Kinds that the standing grant *accept for others* lets a community create for another place.
    package let acceptableForOthers: Set<RecordKind>

    package init(
        version: UInt32,
        foldedAnewSince: UInt32 = 0,
        fields: [Field: FieldSpecification],
        acceptableForOthers: Set<RecordKind>
    ) {
        self.version = version
        self.foldedAnewSince = foldedAnewSince
        self.fields = fields
        self.acceptableForOthers = acceptableForOthers
    }
}
