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
    /// A device of a community.
    package static let device = RecordKind(code: 6)
    /// One episode in which a device says that something is wrong.
    package static let alarm = RecordKind(code: 7)
    /// The rules that a place has for a kind of device.
    package static let deviceRules = RecordKind(code: 8)
    /// The day rollups of one series of one device in one year.
    package static let series = RecordKind(code: 9)
    /// What a place lets its people know; 公告.
    package static let notice = RecordKind(code: 10)
}
