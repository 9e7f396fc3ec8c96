package import LiandongCore

/// The fields this build knows.
///
/// `docs/protocol/fields.md` is the same table for people.
package enum LiandongSchema {
    package static let current = Schema(
        version: 4,
        foldedAnewSince: 4,
        fields: [
            // Whole quarters are registered at once, so registrations must not stand before work orders in a lane.
            RegistrationField.creation: FieldSpecification(rule: .register, deltaClass: .bulk),
            RegistrationField.name: FieldSpecification(rule: .multiValue, deltaClass: .bulk, isPersonal: true),
            RegistrationField.identity: FieldSpecification(rule: .multiValue, deltaClass: .bulk, isPersonal: true),
            RegistrationField.phone: FieldSpecification(rule: .register, deltaClass: .bulk, isPersonal: true),
            RegistrationField.address: FieldSpecification(rule: .register, deltaClass: .bulk, isPersonal: true),
            RegistrationField.residence: FieldSpecification(rule: .multiValue, deltaClass: .bulk, isPersonal: true),
            RegistrationField.note: FieldSpecification(rule: .register, deltaClass: .bulk, isPersonal: true),

            WorkOrderField.creation: FieldSpecification(rule: .register, deltaClass: .interactive),
            // What people correct: two who do not know of each other are both kept.
            WorkOrderField.service: FieldSpecification(rule: .multiValue, deltaClass: .interactive),
            WorkOrderField.description: FieldSpecification(
                rule: .multiValue,
                deltaClass: .interactive,
                isPersonal: true
            ),
            WorkOrderField.address: FieldSpecification(rule: .multiValue, deltaClass: .interactive, isPersonal: true),
            WorkOrderField.location: FieldSpecification(rule: .multiValue, deltaClass: .interactive, isPersonal: true),
            WorkOrderField.numbers: FieldSpecification(rule: .set, deltaClass: .interactive),
            WorkOrderField.events: FieldSpecification(rule: .log, deltaClass: .interactive),
            WorkOrderField.eventTexts: FieldSpecification(rule: .log, deltaClass: .interactive, isPersonal: true),
            WorkOrderField.papersAt: FieldSpecification(rule: .multiValue, deltaClass: .interactive),
            WorkOrderField.externalReferences: FieldSpecification(rule: .set, deltaClass: .interactive),
            WorkOrderField.contact: FieldSpecification(rule: .multiValue, deltaClass: .interactive, isPersonal: true),
            WorkOrderField.media: FieldSpecification(rule: .set, deltaClass: .interactive, isPersonal: true),
            WorkOrderField.attributes: FieldSpecification(rule: .register, deltaClass: .interactive, isPersonal: true),
            WorkOrderField.place: FieldSpecification(rule: .register, deltaClass: .interactive),
            WorkOrderField.photos: FieldSpecification(rule: .log, deltaClass: .interactive, isPersonal: true),
            // A photo's bytes must not stand before orders.
            WorkOrderField.photoParts: FieldSpecification(
                rule: .log,
                deltaClass: .bulk,
                isPersonal: true,
                isLarge: true
            ),

            ConsultationField.creation: FieldSpecification(rule: .register, deltaClass: .interactive),
            ConsultationField.text: FieldSpecification(rule: .register, deltaClass: .interactive),
            ConsultationField.opinions: FieldSpecification(rule: .log, deltaClass: .interactive),
            ConsultationField.opinionTexts: FieldSpecification(rule: .log, deltaClass: .interactive, isPersonal: true),
            ConsultationField.ballots: FieldSpecification(rule: .log, deltaClass: .interactive),
            ConsultationField.events: FieldSpecification(rule: .log, deltaClass: .interactive),
            ConsultationField.roll: FieldSpecification(rule: .log, deltaClass: .interactive),
            ConsultationField.rollLabels: FieldSpecification(rule: .log, deltaClass: .interactive, isPersonal: true),
            ConsultationField.rollCodes: FieldSpecification(rule: .log, deltaClass: .interactive),

            PersonLinkField.creation: FieldSpecification(rule: .register, deltaClass: .interactive),
            PersonLinkField.verdict: FieldSpecification(rule: .register, deltaClass: .interactive),

            ElsewhereNoticeField.creation: FieldSpecification(rule: .register, deltaClass: .interactive),

            DeviceField.creation: FieldSpecification(rule: .register, deltaClass: .interactive),
            DeviceField.profile: FieldSpecification(rule: .register, deltaClass: .interactive),
            DeviceField.address: FieldSpecification(rule: .register, deltaClass: .interactive, isPersonal: true),
            DeviceField.hearers: FieldSpecification(rule: .register, deltaClass: .interactive, isPersonal: true),
            DeviceField.block: FieldSpecification(rule: .register, deltaClass: .interactive),

            AlarmField.creation: FieldSpecification(rule: .register, deltaClass: .interactive),
            AlarmField.conditions: FieldSpecification(rule: .log, deltaClass: .interactive),
            AlarmField.handling: FieldSpecification(rule: .log, deltaClass: .interactive),
            AlarmField.handlingTexts: FieldSpecification(rule: .log, deltaClass: .interactive, isPersonal: true),

            DeviceRulesField.creation: FieldSpecification(rule: .register, deltaClass: .interactive),
            // A log: who may not set rules could supersede a register, and in a log is left out.
            DeviceRulesField.versions: FieldSpecification(rule: .log, deltaClass: .interactive),

            // A day's rollups of a thousand devices come at once, and must not stand before alarms.
            SeriesField.creation: FieldSpecification(rule: .register, deltaClass: .bulk),
            SeriesField.days: FieldSpecification(rule: .log, deltaClass: .bulk),

            NoticeField.creation: FieldSpecification(rule: .register, deltaClass: .interactive),
            NoticeField.text: FieldSpecification(rule: .register, deltaClass: .interactive),
            NoticeField.events: FieldSpecification(rule: .log, deltaClass: .interactive),
        ],
        acceptableForOthers: [.workOrder]
    )
}
