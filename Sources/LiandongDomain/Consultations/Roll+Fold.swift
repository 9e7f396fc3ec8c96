import LiandongCore

extension Roll {
    /// - Parameters:
    ///   - creation: the entry that made the consultation; its author alone says who is on the roll.
    ///   - size: as the creation says; 0: there is no roll.
    ///   - place: the consultation's.
    init?(_ view: RecordView, creation: EntryView, size: UInt32, place: PlaceID, _ authority: AuthorityState) {
        guard size > 0 else { return nil }
        var sealed: [[UInt8]: [UInt8]] = [:]
        for entry in view.log(ConsultationField.rollLabels) where entry.author == creation.author {
            if sealed[entry.element] == nil { sealed[entry.element] = entry.value }
        }
        var parts: [UInt64: Part] = [:]
        var left = min(Int(clamping: size), Limit.entries)
        for entry in view.log(ConsultationField.roll) where entry.author == creation.author {
            guard let number = UInt64(bigEndianBytes: entry.element), parts[number] == nil,
                let units = entry.message(WireRollUnits.self).flatMap({ Roll.words([UInt8]($0.units)) }),
                units.count <= left
            else { continue }
            left -= units.count
            parts[number] = Part(number: number, units: units, labels: sealed[entry.element])
        }
        self.init(
            size: min(Int(clamping: size), Limit.entries),
            parts: parts.keys.sorted().compactMap { parts[$0] },
            codes: Roll.codes(view, of: Set(parts.values.flatMap(\.units)), place: place, authority)
        )
    }

    /// The newest code of each unit, of those that the place or one above it gave out.
    private static func codes(
        _ view: RecordView,
        of units: Set<Bytes16>,
        place: PlaceID,
        _ authority: AuthorityState
    ) -> [Bytes16: Bytes16] {
        var codes: [Bytes16: Bytes16] = [:]
        for entry in view.log(ConsultationField.rollCodes) {
            guard let by = authority.place(of: entry.author), authority.isWithin(place, by),
                let given = entry.message(WireRollCodes.self), let named = words([UInt8](given.units)),
                let hashes = words([UInt8](given.hashes)), named.count == hashes.count
            else { continue }
            for (unit, hash) in zip(named, hashes) where units.contains(unit) { codes[unit] = hash }
        }
        return codes
    }

    /// 16 bytes each; nil for anything else.
    private static func words(_ bytes: [UInt8]) -> [Bytes16]? {
        guard bytes.count.isMultiple(of: 16) else { return nil }
        return stride(from: 0, to: bytes.count, by: 16).compactMap { Bytes16(bytes[$0..<($0 + 16)]) }
    }
}
