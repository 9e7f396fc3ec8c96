import LiandongCore

/// Copies of a WebP the still picture: Exif, XMP, profiles and whatever is unknown are left out.
///
/// - SeeAlso: RFC 9649.
enum WebPCleaning {
    static func cleaned(_ file: [UInt8]) throws(Refusal) -> [UInt8] {
        var reader = ByteReader(file)
        guard reader.take(4) != nil, let size = reader.little(4), let form = reader.take(4), size <= file.count - 8,
            let content = reader.take(size - 4)
        else { throw .photoCutOff }
        var body = Array(form)
        body.reserveCapacity(size)
        reader = ByteReader(Array(content))
        for number in 0..<Photo.Limit.segments {
            guard let name = reader.take(4), let length = reader.little(4), let data = reader.take(length) else {
                throw .photoCutOff
            }
            // What is of an odd length is followed by a byte, which is often forgotten at the end.
            if length % 2 == 1 { _ = reader.take(1) }
            let type = String(decoding: name, as: UTF8.self)
            var kept = Array(data)
            switch type {
            case "VP8X":
                guard number == 0, kept.count == 10 else { throw .photo("its header is malformed") }
                guard kept[0] & 0x02 == 0 else { throw .photo("it is a film", zh: "是动图，不是照片") }
                try Photo.requireSize(1 + little(kept[4..<7]), 1 + little(kept[7..<10]))
                // Whether there is transparency; the rest tells of what is left out.
                kept[0] &= 0x10
            case "ALPH": break
            case "VP8 ", "VP8L": try checkSize(of: kept, isLossless: type == "VP8L")
            case "ANIM", "ANMF": throw .photo("it is a film", zh: "是动图，不是照片")
            default: continue
            }
            body += name
            body += (0..<4).map { UInt8(truncatingIfNeeded: kept.count >> (8 * $0)) }
            body += kept
            if kept.count % 2 == 1 { body.append(0) }
            // Nothing behind the picture belongs to it.
            guard type == "VP8 " || type == "VP8L" else { continue }
            let head = Array("RIFF".utf8) + (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) }
            return head + body
        }
        throw .photo("it has more than \(Photo.Limit.segments) chunks")
    }

    /// - SeeAlso: RFC 6386, 9.1; RFC 9649, 3.4.
    private static func checkSize(of data: [UInt8], isLossless: Bool) throws(Refusal) {
        if isLossless {
            guard data.count > 5, data[0] == 0x2F else { throw .photo("its picture is malformed") }
            let bits = little(data[1..<5])
            try Photo.requireSize(1 + bits & 0x3FFF, 1 + bits >> 14 & 0x3FFF)
        } else {
            guard data.count > 10, data[0] & 1 == 0, data[3..<6].elementsEqual([0x9D, 0x01, 0x2A]) else {
                throw .photo("its picture is malformed")
            }
            try Photo.requireSize(little(data[6..<8]) & 0x3FFF, little(data[8..<10]) & 0x3FFF)
        }
    }
}

private func little(_ bytes: some BidirectionalCollection<UInt8>) -> Int {
    bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
}

extension ByteReader {
    /// A number of so many bytes, at most 4, least significant first.
    fileprivate mutating func little(_ count: Int) -> Int? {
        take(count).map { $0.reversed().reduce(0) { $0 << 8 | Int($1) } }
    }
}
