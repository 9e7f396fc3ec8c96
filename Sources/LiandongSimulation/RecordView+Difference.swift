import LiandongCore

extension RecordView {
    /// What two views of one record, which are not the same, do not agree on.
    static func difference(_ a: RecordView?, _ b: RecordView?) -> String {
        guard let a, let b else { return "whether it is there" }
        let entry = Set(a.entries).symmetricDifference(Set(b.entries)).map { "\($0)" }.min()
        if let entry { return entry }
        if a.audiences != b.audiences { return "its current audiences" }
        if a.givenTo != b.givenTo { return "what it was given to" }
        if a.isScattered != b.isScattered { return "whether it is scattered" }
        return "its erasures: \(a.erasures) and \(b.erasures)"
    }
}
