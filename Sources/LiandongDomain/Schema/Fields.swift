package import LiandongCore

/// Fields of a registration.
package enum RegistrationField {
    package static let creation = Field(kind: .registration, number: 0)
    package static let name = Field(kind: .registration, number: 1)
    package static let identity = Field(kind: .registration, number: 2)
    package static let phone = Field(kind: .registration, number: 3)
    package static let address = Field(kind: .registration, number: 4)
    package static let residence = Field(kind: .registration, number: 5)
    package static let note = Field(kind: .registration, number: 6)
}

/// Fields of a work order.
package enum WorkOrderField {
    package static let creation = Field(kind: .workOrder, number: 0)
    package static let service = Field(kind: .workOrder, number: 1)
    package static let description = Field(kind: .workOrder, number: 2)
    package static let address = Field(kind: .workOrder, number: 3)
    package static let location = Field(kind: .workOrder, number: 4)
    package static let numbers = Field(kind: .workOrder, number: 5)
    package static let events = Field(kind: .workOrder, number: 6)
    package static let eventTexts = Field(kind: .workOrder, number: 7)
    package static let papersAt = Field(kind: .workOrder, number: 8)
    package static let externalReferences = Field(kind: .workOrder, number: 9)
    package static let contact = Field(kind: .workOrder, number: 10)
    package static let media = Field(kind: .workOrder, number: 11)
    package static let attributes = Field(kind: .workOrder, number: 12)
    package static let place = Field(kind: .workOrder, number: 13)
    package static let photos = Field(kind: .workOrder, number: 14)
    package static let photoParts = Field(kind: .workOrder, number: 15)
}

/// Fields of a consultation.
package enum ConsultationField {
    package static let creation = Field(kind: .consultation, number: 0)
    package static let text = Field(kind: .consultation, number: 1)
    package static let opinions = Field(kind: .consultation, number: 2)
    package static let opinionTexts = Field(kind: .consultation, number: 3)
    package static let ballots = Field(kind: .consultation, number: 4)
    package static let events = Field(kind: .consultation, number: 5)
    package static let roll = Field(kind: .consultation, number: 6)
    package static let rollLabels = Field(kind: .consultation, number: 7)
    package static let rollCodes = Field(kind: .consultation, number: 8)
}

/// Fields of a person link.
package enum PersonLinkField {
    package static let creation = Field(kind: .personLink, number: 0)
    package static let verdict = Field(kind: .personLink, number: 1)
}

/// Fields of an "also registered elsewhere" notice.
package enum ElsewhereNoticeField {
    package static let creation = Field(kind: .elsewhereNotice, number: 0)
}

/// Fields of a device.
package enum DeviceField {
    package static let creation = Field(kind: .device, number: 0)
    package static let profile = Field(kind: .device, number: 1)
    package static let address = Field(kind: .device, number: 2)
    package static let hearers = Field(kind: .device, number: 3)
    package static let block = Field(kind: .device, number: 4)
}

/// Fields of an alarm.
package enum AlarmField {
    package static let creation = Field(kind: .alarm, number: 0)
    package static let conditions = Field(kind: .alarm, number: 1)
    package static let handling = Field(kind: .alarm, number: 2)
    package static let handlingTexts = Field(kind: .alarm, number: 3)
}

/// Fields of the rules of devices.
package enum DeviceRulesField {
    package static let creation = Field(kind: .deviceRules, number: 0)
    package static let versions = Field(kind: .deviceRules, number: 1)
}

/// Fields of a series' year.
package enum SeriesField {
    package static let creation = Field(kind: .series, number: 0)
    package static let days = Field(kind: .series, number: 1)
}

/// Fields of a notice.
package enum NoticeField {
    package static let creation = Field(kind: .notice, number: 0)
    package static let text = Field(kind: .notice, number: 1)
    package static let events = Field(kind: .notice, number: 2)
}
