package import LiandongCore

extension LiandongSchema {
    /// What people call a field, where it is spoken of without its value.
    package static func name(of field: Field) -> String { names[field] ?? "field \(field)" }

    private static let names: [Field: String] = [
        RegistrationField.name: "name",
        RegistrationField.identity: "identity number",
        RegistrationField.phone: "phone",
        RegistrationField.address: "address",
        RegistrationField.residence: "residence",
        RegistrationField.note: "note",
        WorkOrderField.description: "description",
        WorkOrderField.address: "address",
        WorkOrderField.location: "location",
        WorkOrderField.eventTexts: "texts and names in the log",
        WorkOrderField.contact: "requester",
        WorkOrderField.media: "media",
        WorkOrderField.attributes: "answers",
        WorkOrderField.photos: "photos",
        WorkOrderField.photoParts: "parts of photos",
        ConsultationField.opinionTexts: "texts of opinions",
        ConsultationField.rollLabels: "entries of the roll",
        DeviceField.address: "address",
        DeviceField.hearers: "who hears",
        AlarmField.handlingTexts: "texts and names in the log",
    ]
}
