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
}

/// Fields of a consultation.
package enum ConsultationField {
    package static let creation = Field(kind: .consultation, number: 0)
    package static let text = Field(kind: .consultation, number: 1)
    package static let opinions = Field(kind: .consultation, number: 2)
    package static let opinionTexts = Field(kind: .consultation, number: 3)
    package static let ballots = Field(kind: .consultation, number: 4)
    package static let events = Field(kind: .consultation, number: 5)
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
