import LiandongCore

/// Copies of a PNG the chunks that its picture needs; texts, times, Exif, profiles and whatever is unknown are left out.
///
/// - SeeAlso: W3C, PNG (Third Edition), 5.3 and 11.
enum PNGCleaning {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func cleaned(_ file: [UInt8]) throws(Refusal) -> [UInt8] {
        var picture = signature
        picture.reserveCapacity(file.count)
        var reader = ByteReader(file)
        _ = reader.take(signature.count)
        var hasData = false
        for number in 0..<Photo.Limit.segments {
            guard let length = reader.take(4).flatMap({ UInt32(bigEndianBytes: $0) }), let name = reader.take(4),
                let data = reader.take(Int(length)), let checksum = reader.take(4)
            else { throw .photoCutOff }
            let type = String(decoding: name, as: UTF8.self)
            guard (number == 0) == (type == "IHDR") else { throw .photo("its header does not come first, or twice") }
            guard try isNeeded(type, data) else { continue }
            hasData = hasData || type == "IDAT"
            picture += length.bigEndianBytes
            picture += name
            picture += data
            picture += checksum
            guard type == "IEND" else { continue }
            guard hasData else { throw .photo("there is no picture in it") }
            return picture
        }
        throw .photo("it has more than \(Photo.Limit.segments) chunks")
    }

    private static func isNeeded(_ type: String, _ data: ArraySlice<UInt8>) throws(Refusal) -> Bool {
        switch type {
        case "IHDR":
            guard data.count == 13, let width = UInt32(bigEndianBytes: data.prefix(4)),
                let height = UInt32(bigEndianBytes: data.dropFirst(4).prefix(4))
            else { throw .photo("its header has \(data.count) bytes instead of 13") }
            try Photo.requireSize(Int(width), Int(height))
            return true
        case "IDAT": return true
        case "IEND": return try require(type, data, data.isEmpty)
        case "PLTE": return try require(type, data, data.count <= 768)
        case "tRNS": return try require(type, data, data.count <= 256)
        // How light its values are meant: a few numbers.
        case "gAMA": return data.count == 4
        case "cHRM": return data.count == 32
        case "sRGB": return data.count == 1
        default:
            // A capital letter: whoever does not know the chunk cannot show the picture.
            guard type.utf8.first.map({ $0 & 0x20 != 0 }) ?? false else {
                throw .photo("it has a chunk that browsers do not read")
            }
            return false
        }
    }

    private static func require(_ type: String, _ data: ArraySlice<UInt8>, _ isRight: Bool) throws(Refusal) -> Bool {
        guard isRight else { throw .photo("its chunk \(type) has \(data.count) bytes") }
        return true
    }
}
