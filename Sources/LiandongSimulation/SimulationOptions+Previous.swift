import LiandongCore
import LiandongDomain

extension SimulationOptions {
    /// A build before the current one, and what it does not know.
    package enum Previous: String, Sendable, CaseIterable {
        /// Two fields of records that it knows.
        case withoutFields
        /// A field of personal text.
        case withoutNotes
        /// Records of a kind.
        case withoutKind
        /// Consultations.
        case withoutConsultations

        var schema: Schema {
            let fields = SimulatedSchema.current.fields.filter { field, _ in
                switch self {
                case .withoutFields: field != SimulatedSchema.unit && field != SimulatedSchema.tags
                case .withoutNotes: field != SimulatedSchema.notes
                case .withoutKind: field.kind != SimulatedSchema.kind
                case .withoutConsultations: field.kind != .consultation
                }
            }
            return Schema(
                version: SimulatedSchema.current.version - 1,
                fields: fields,
                acceptableForOthers: SimulatedSchema.current.acceptableForOthers.filter { kind in
                    fields.keys.contains { $0.kind == kind }
                }
            )
        }
    }
}
