/// The kinds of pictures that every browser shows.
package enum PhotoType: String, Sendable, CaseIterable {
    case jpeg, png, webp

    /// By a file's first bytes, whatever it is called.
    package init?(sniffing file: [UInt8]) {
        if file.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if file.starts(with: PNGCleaning.signature) {
            self = .png
        } else if file.starts(with: Array("RIFF".utf8)), file.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            self = .webp
        } else {
            return nil
        }
    }

    package var mediaType: String { "image/\(rawValue)" }

    package var fileExtension: String { self == .jpeg ? "jpg" : rawValue }
}

/// A photo as it is kept: the picture, and nothing that a camera wrote beside it.
///
/// Nothing is decoded but the parts that a file is made of: what shows the picture is copied as it stands, in an order
/// that was checked; all else is left out, the unknown too. So where it was taken, when and by what is gone, and so are
/// thumbnails, comments and whatever stands behind the picture's end. How a camera was held stays, where it matters.
package struct Photo: Sendable, Hashable {
    package let type: PhotoType
    package let bytes: [UInt8]

    package enum Limit {
        package static let bytes = 10 << 20
        /// Pixels a side, and in all: what a browser can show on an old machine.
        package static let side = 20_000
        package static let pixels = 100_000_000
        /// Segments or chunks of a file.
        static let segments = 16_384
    }

    /// - Parameter file: as it was handed in.
    /// - Throws: a refusal for what is too large, none of ``PhotoType``, or not whole.
    package init(_ file: [UInt8]) throws(Refusal) {
        guard !file.isEmpty else { throw .photo("it is empty", zh: "是空文件") }
        guard file.count <= Limit.bytes else {
            throw Refusal(.photoTooLarge, file.count, Limit.bytes)
        }
        guard let type = PhotoType(sniffing: file) else {
            throw .photo("it is no JPEG, PNG or WebP", zh: "不是 JPEG、PNG 或 WebP")
        }
        self.type = type
        switch type {
        case .jpeg: self.bytes = try JPEGCleaning.cleaned(file)
        case .png: self.bytes = try PNGCleaning.cleaned(file)
        case .webp: self.bytes = try WebPCleaning.cleaned(file)
        }
    }

    static func requireSize(_ width: Int, _ height: Int) throws(Refusal) {
        guard (1...Limit.side).contains(width), (1...Limit.side).contains(height), width * height <= Limit.pixels else {
            throw .photo(
                "it has \(width) × \(height) pixels; 1 to \(Limit.side) a side and \(Limit.pixels) in all are allowed",
                zh: "有\(width) × \(height)像素，每边最多\(Limit.side)，共最多\(Limit.pixels)"
            )
        }
    }
}

extension Refusal {
    /// - Parameter zh: the same in Chinese, where people can do something about it.
    static func photo(_ flaw: String, zh: String = "文件内容不合格式") -> Refusal {
        Refusal(.photoFlawed, Localized(zh, flaw))
    }

    static let photoCutOff = Refusal.photo("it is cut off before its end", zh: "文件不完整")
}
