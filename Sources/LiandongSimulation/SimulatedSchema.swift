import LiandongCore
import LiandongDomain
import LiandongSigning

/// The product's fields, and records of the simulator's own with one field of each cell rule and one of the bulk class.
enum SimulatedSchema {
    static let kind = RecordKind(code: 0xFFFF)
    static let creation = Field(kind: kind, number: 0)
    static let title = Field(kind: kind, number: 1)
    static let unit = Field(kind: kind, number: 2)
    static let tags = Field(kind: kind, number: 3)
    static let events = Field(kind: kind, number: 4)
    static let notes = Field(kind: kind, number: 5)

    private static let own: [Field: FieldSpecification] = [
        creation: FieldSpecification(rule: .log, deltaClass: .interactive),
        title: FieldSpecification(rule: .register, deltaClass: .interactive),
        unit: FieldSpecification(rule: .multiValue, deltaClass: .interactive),
        tags: FieldSpecification(rule: .set, deltaClass: .interactive),
        events: FieldSpecification(rule: .log, deltaClass: .interactive),
        notes: FieldSpecification(rule: .register, deltaClass: .bulk, isPersonal: true),
    ]

    static let current = Schema(
        version: LiandongSchema.current.version + 1,
        fields: LiandongSchema.current.fields.merging(own) { first, _ in first },
        acceptableForOthers: LiandongSchema.current.acceptableForOthers.union([kind])
    )

    /// Every node holds every purpose; what the keys are is not under test.
    static func purposes() throws -> Purposes {
        let key = try SymmetricKey([UInt8](repeating: 5, count: 32))
        return Purposes(
            holds: { _ in true },
            // Random nonces would make two runs of one seed differ.
            seal: { purpose, plaintext, context in
                key.derived(purpose).sealDeterministically(plaintext, for: context)
            },
            open: { purpose, sealed, context in try? key.derived(purpose).open(sealed, for: context) },
            matchTag: { number in (1, key.derived("match").hash(Array(number.utf8)).bytes) }
        )
    }
}

/// Writes drafts as they are, of the simulator's own records.
struct WriteDrafts: Command {
    let drafts: [Draft]

    func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Void> {
        Plan(drafts: drafts, receipt: ())
    }
}
