import LiandongCore

/// Small files of each kind, made part by part.
enum PhotoFiles {
    // MARK: JPEG

    static func segment(_ marker: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0xFF, marker] + UInt16(payload.count + 2).bigEndianBytes + payload
    }

    static let tables = segment(0xDB, [0] + [UInt8](repeating: 1, count: 64)) + segment(0xC4, [0] + [UInt8](1...17))

    static func frame(width: UInt16 = 16, height: UInt16 = 8, kind: UInt8 = 0xC0) -> [UInt8] {
        segment(kind, [8] + height.bigEndianBytes + width.bigEndianBytes + [1, 1, 0x11, 0])
    }

    /// Restart markers, stuffed and fill bytes among it.
    static let scan: [UInt8] = segment(0xDA, [1, 1, 0, 0, 0x3F, 0]) + [1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4, 5]

    static let end: [UInt8] = [0xFF, 0xD9]

    /// A picture with other segments behind its beginning, and something behind its end.
    static func jpeg(_ others: [UInt8] = [], behind: [UInt8] = []) -> [UInt8] {
        [0xFF, 0xD8] + others + tables + frame() + scan + end + behind
    }

    /// Exif with an orientation, a camera's name and a place, as cameras write it.
    static func exif(orientation: UInt16, isLittle: Bool) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return isLittle ? bytes : bytes.reversed()
        }
        let model = Array("ZQXCAMERA\0".utf8)
        let latitude = Array("ZQXGPSLATITUDE".utf8)
        let head: [UInt8] = (isLittle ? [0x49, 0x49] : [0x4D, 0x4D]) + number(42, 2) + number(8, 4)
        let entries =
            number(0x0110, 2) + number(2, 2) + number(model.count, 4) + number(50, 4)
            + number(0x0112, 2) + number(3, 2) + number(1, 4) + number(Int(orientation), 2) + [0, 0]
            + number(0x8825, 2) + number(4, 2) + number(1, 4) + number(60, 4)
        let tiff = head + number(3, 2) + entries + number(0, 4) + model + latitude
        return segment(0xE1, Array("Exif".utf8) + [0, 0] + tiff)
    }

    /// What is left of Exif.
    static func minimalExif(_ orientation: UInt16) -> [UInt8] {
        let entry: [UInt8] = [0x01, 0x12, 0, 3, 0, 0, 0, 1] + orientation.bigEndianBytes + [0, 0]
        let tiff: [UInt8] = [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 1] + entry + [0, 0, 0, 0]
        return segment(0xE1, Array("Exif".utf8) + [0, 0] + tiff)
    }

    // MARK: PNG

    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        UInt32(data.count).bigEndianBytes + Array(type.utf8) + data + [1, 2, 3, 4]
    }

    static func header(width: UInt32 = 16, height: UInt32 = 8) -> [UInt8] {
        chunk("IHDR", width.bigEndianBytes + height.bigEndianBytes + [8, 2, 0, 0, 0])
    }

    static func png(_ others: [UInt8] = [], behind: [UInt8] = []) -> [UInt8] {
        signature + header() + others + chunk("IDAT", [9, 9, 9]) + chunk("IEND", []) + behind
    }

    // MARK: WebP

    static func part(_ type: String, _ data: [UInt8]) -> [UInt8] {
        Array(type.utf8) + little(data.count) + data + (data.count % 2 == 1 ? [0] : [])
    }

    static func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    static func webp(_ parts: [UInt8], behind: [UInt8] = []) -> [UInt8] {
        Array("RIFF".utf8) + little(parts.count + 4) + Array("WEBP".utf8) + parts + behind
    }

    static func extended(flags: UInt8) -> [UInt8] { part("VP8X", [flags, 0, 0, 0, 15, 0, 0, 7, 0, 0]) }

    /// 16 × 8 pixels.
    static let lossy = part("VP8 ", [0, 0, 0, 0x9D, 0x01, 0x2A, 16, 0, 8, 0, 7, 7, 7])
    static let lossless = part("VP8L", [0x2F, 15, 0xC0, 1, 0, 7])

    /// One good file of each kind, with all that there is to cut.
    static let samples: [[UInt8]] = [
        jpeg(exif(orientation: 6, isLittle: true) + segment(0xFE, [1, 2, 3]), behind: [7, 7]),
        png(chunk("tEXt", [1, 2, 3]), behind: [7, 7]),
        webp(extended(flags: 0x2C) + lossy + part("EXIF", [1, 2, 3]), behind: [7, 7]),
        webp(lossless),
    ]
}
