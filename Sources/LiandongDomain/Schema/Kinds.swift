package import LiandongCore

extension RecordKind {
    /// One community's entry about one resident.
    package static let registration = RecordKind(code: 1)
    /// A service request and all that is done about it; 工单.
    package static let workOrder = RecordKind(code: 2)
    /// A question put to the people of a place.
    package static let consultation = RecordKind(code: 3)
    /// Whether two registrations are one person.
    package static let personLink = RecordKind(code: 4)
    /// "Also registered elsewhere since …", told to two communities.
    package static let elsewhereNotice = RecordKind(code: 5)
}
