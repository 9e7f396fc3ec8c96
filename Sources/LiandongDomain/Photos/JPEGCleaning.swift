import LiandongCore

/// Copies of a JPEG what its picture needs: tables, frame and scans.
///
/// Segments of applications and comments are left out, with all that is behind the end of the image: there cameras keep
/// previews, films and second pictures, each with a place of its own. Of Exif the orientation alone is written anew.
///
/// - SeeAlso: ITU-T T.81, annex B; CIPA DC-008 (Exif), 4.6.
struct JPEGCleaning {
    private let file: [UInt8]
    private var offset = 2
    private var segments = 0
    private var orientation: UInt16?
    private var hasFrame = false
    private var hasScan = false
    private var picture: [UInt8] = []

    static func cleaned(_ file: [UInt8]) throws(Refusal) -> [UInt8] {
        var cleaning = JPEGCleaning(file: file)
        while try cleaning.copySegment() {}
        return [0xFF, 0xD8] + (cleaning.orientation.map(exif) ?? []) + cleaning.picture
    }

    private init(file: [UInt8]) {
        self.file = file
        picture.reserveCapacity(file.count)
    }

    /// - Returns: false at the end of the image.
    private mutating func copySegment() throws(Refusal) -> Bool {
        segments += 1
        guard segments <= Photo.Limit.segments else {
            throw .photo("it has more than \(Photo.Limit.segments) segments")
        }
        let marker = try marker()
        switch marker {
        case 0xD9:
            guard hasScan else { throw .photo("there is no picture in it") }
            picture += [0xFF, marker]
            return false
        case 0xC0, 0xC1, 0xC2:
            let payload = try payload()
            try checkFrame(payload)
            copy(marker, payload)
        case 0xC4, 0xDB, 0xDD:
            copy(marker, try payload())
        case 0xDA:
            guard hasFrame else { throw .photo("a scan stands before its frame") }
            copy(marker, try payload())
            let end = try endOfScan()
            picture += file[offset..<end]
            offset = end
            hasScan = true
        case 0xEE:
            // Says how colours are coded; its payload is 12 bytes, and what is behind them is somebody's.
            let payload = try payload()
            if payload.starts(with: Array("Adobe".utf8)), payload.count >= 12 { copy(marker, payload.prefix(12)) }
        case 0xE1:
            let payload = try payload()
            orientation = orientation ?? JPEGCleaning.orientation(in: payload)
        case 0xDC, 0xE0, 0xE2...0xED, 0xEF, 0xFE:
            _ = try payload()
        default:
            throw .photo("it has a segment 0x\(String(marker, radix: 16)), which browsers do not read")
        }
        return true
    }

    /// The next marker, behind however many fill bytes.
    private mutating func marker() throws(Refusal) -> UInt8 {
        guard offset < file.count else { throw .photoCutOff }
        guard file[offset] == 0xFF else { throw .photo("there is no segment at byte \(offset)") }
        while offset < file.count, file[offset] == 0xFF { offset += 1 }
        guard offset < file.count else { throw .photoCutOff }
        defer { offset += 1 }
        return file[offset]
    }

    private mutating func payload() throws(Refusal) -> ArraySlice<UInt8> {
        guard offset + 2 <= file.count, let length = UInt16(bigEndianBytes: file[offset..<offset + 2]).map(Int.init),
            length <= file.count - offset
        else { throw .photoCutOff }
        guard length >= 2 else { throw .photo("a segment at byte \(offset) has the length \(length)") }
        defer { offset += length }
        return file[offset + 2..<offset + length]
    }

    private mutating func copy(_ marker: UInt8, _ payload: ArraySlice<UInt8>) {
        picture += [0xFF, marker]
        picture += UInt16(truncatingIfNeeded: payload.count + 2).bigEndianBytes
        picture += payload
    }

    private mutating func checkFrame(_ payload: ArraySlice<UInt8>) throws(Refusal) {
        let bytes = Array(payload)
        guard !hasFrame else { throw .photo("it has two frames") }
        guard bytes.count >= 6, bytes.count == 6 + 3 * Int(bytes[5]) else { throw .photo("its frame is malformed") }
        try Photo.requireSize(Int(bytes[3]) << 8 | Int(bytes[4]), Int(bytes[1]) << 8 | Int(bytes[2]))
        hasFrame = true
    }

    /// Where the marker begins that ends the entropy-coded data; restart markers belong to it.
    private func endOfScan() throws(Refusal) -> Int {
        var at = offset
        while let found = file[at...].firstIndex(of: 0xFF) {
            guard found + 1 < file.count else { break }
            switch file[found + 1] {
            case 0x00, 0xD0...0xD7: at = found + 2
            case 0xFF: at = found + 1
            default: return found
            }
        }
        throw .photoCutOff
    }

    // MARK: Exif

    /// How the camera was held, where a viewer has to turn or mirror the picture: 2 to 8.
    private static func orientation(in payload: ArraySlice<UInt8>) -> UInt16? {
        guard payload.starts(with: Array("Exif".utf8) + [0, 0]) else { return nil }
        let tiff = Array(payload.dropFirst(6))
        let isLittle = tiff.starts(with: [0x49, 0x49, 0x2A, 0])
        guard isLittle || tiff.starts(with: [0x4D, 0x4D, 0, 0x2A]) else { return nil }
        func number(at offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, offset <= tiff.count - count else { return nil }
            let bytes = tiff[offset..<offset + count]
            return (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(at: 4, 4), let count = number(at: directory, 2) else { return nil }
        for index in 0..<count {
            let entry = directory + 2 + 12 * index
            guard let tag = number(at: entry, 2), let type = number(at: entry + 2, 2),
                let values = number(at: entry + 4, 4), let value = number(at: entry + 8, 2)
            else { return nil }
            guard tag == 0x0112 else { continue }
            return type == 3 && values == 1 && (2...8).contains(value) ? UInt16(value) : nil
        }
        return nil
    }

    /// A segment with a directory of one entry.
    private static func exif(_ orientation: UInt16) -> [UInt8] {
        let head: [UInt8] = [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 1]
        let entry: [UInt8] = [0x01, 0x12, 0, 3, 0, 0, 0, 1] + orientation.bigEndianBytes + [0, 0]
        let payload = Array("Exif".utf8) + [0, 0] + head + entry + [0, 0, 0, 0]
        return [0xFF, 0xE1] + UInt16(truncatingIfNeeded: payload.count + 2).bigEndianBytes + payload
    }
}
