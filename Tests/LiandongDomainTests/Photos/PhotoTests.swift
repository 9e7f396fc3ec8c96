import LiandongCore
import LiandongDomain
import Testing

/// Files as they are handed in, and what is left of them.
@Suite("Photos")
struct PhotoTests {
    private typealias Files = PhotoFiles

    private func flaw(_ file: [UInt8]) -> String? {
        do throws(Refusal) {
            _ = try Photo(file)
            return nil
        } catch {
            #expect(error.code == .invalid && !error.wayOut.isEmpty)
            return error.reason
        }
    }

    private func holds(_ bytes: [UInt8], _ text: String) -> Bool {
        let text = Array(text.utf8)
        return bytes.indices.contains { bytes[$0...].starts(with: text) }
    }

    @Test("Of a JPEG's Exif the orientation alone is left, and only where it says something", arguments: [true, false])
    func exif(isLittle: Bool) throws {
        for orientation in UInt16(0)...9 {
            let exif = Files.exif(orientation: orientation, isLittle: isLittle)
            let given = Files.jpeg(exif)
            #expect(holds(given, "ZQXGPS") && holds(given, "ZQXCAMERA"))
            let photo = try Photo(given)
            let kept = (2...8).contains(orientation) ? Files.minimalExif(orientation) : []
            #expect(photo.type == .jpeg)
            #expect(photo.bytes == Files.jpeg(kept), "\(orientation)")
        }
    }

    @Test("Comments, profiles, XMP, previews, and what stands behind the end of a JPEG are cut")
    func jpeg() throws {
        let jfif = Files.segment(0xE0, Array("JFIF\0".utf8) + [1, 2, 0, 0, 1, 0, 1, 1, 1, 9, 9, 9])
        let xmp = Files.segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>ZQXGPS".utf8))
        let others =
            jfif + xmp + Files.segment(0xE2, Array("MPF\0ZQX".utf8)) + Files.segment(0xED, Array("Photoshop ZQX".utf8))
            + Files.segment(0xFE, Array("ZQX".utf8)) + [0xFF, 0xFF, 0xFF] + Files.segment(0xFE, [])
        let film = Array("ftypmp42 ZQXGPS".utf8)
        let photo = try Photo(Files.jpeg(others, behind: Files.jpeg() + film))
        #expect(photo.bytes == Files.jpeg())
        // How colours are coded is needed; what is written behind it is not.
        let adobe = Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 1]
        let coded = try Photo(Files.jpeg(Files.segment(0xEE, adobe + Array("ZQX".utf8))))
        #expect(coded.bytes == Files.jpeg(Files.segment(0xEE, adobe)))
    }

    @Test("A progressive JPEG keeps all its scans")
    func scans() throws {
        let file =
            [0xFF, 0xD8] + Files.tables + Files.frame(kind: 0xC2) + Files.scan + Files.segment(0xFE, [1])
            + Files.tables + Files.scan + Files.scan + Files.end
        let kept =
            [0xFF, 0xD8] + Files.tables + Files.frame(kind: 0xC2) + Files.scan + Files.tables + Files.scan + Files.scan
            + Files.end
        #expect(try Photo(file).bytes == kept)
    }

    @Test("Texts, times, Exif, profiles and what stands behind the end of a PNG are cut")
    func png() throws {
        let others = ["tEXt", "zTXt", "iTXt", "eXIf", "tIME", "iCCP", "acTL", "zzZz"].flatMap {
            Files.chunk($0, Array("ZQX".utf8))
        }
        let needed = Files.chunk("PLTE", [1, 2, 3]) + Files.chunk("tRNS", [1]) + Files.chunk("gAMA", [0, 0, 0, 1])
        let photo = try Photo(Files.png(others + needed, behind: Array("<script>alert(1)</script>".utf8)))
        #expect(photo.type == .png)
        #expect(photo.bytes == Files.png(needed))
    }

    @Test("Exif, XMP, profiles and what stands behind the picture of a WebP are cut, and its header says so")
    func webp() throws {
        let alpha = Files.part("ALPH", [1, 2, 3])
        let others = Files.part("ICCP", Array("ZQX".utf8)) + Files.part("zzzz", [1])
        let behind = Files.part("EXIF", Array("ZQXGPS".utf8)) + Files.part("XMP ", [1])
        let photo = try Photo(Files.webp(Files.extended(flags: 0x3C) + others + alpha + Files.lossy + behind))
        #expect(photo.type == .webp)
        #expect(photo.bytes == Files.webp(Files.extended(flags: 0x10) + alpha + Files.lossy))
        #expect(try Photo(Files.webp(Files.lossless + behind, behind: [1, 2])).bytes == Files.webp(Files.lossless))
    }

    @Test("What was cut once is not cut again", arguments: PhotoFiles.samples)
    func again(_ file: [UInt8]) throws {
        let photo = try Photo(file)
        #expect(try Photo(photo.bytes) == photo)
    }

    @Test(
        "A file that is cut off anywhere is refused, and nothing beyond its end is read",
        arguments: PhotoFiles.samples
    )
    func truncated(_ file: [UInt8]) throws {
        let whole = try Photo(file)
        for count in 0..<file.count {
            // What stands behind the end may be missing.
            if let photo = try? Photo(Array(file.prefix(count))) {
                #expect(photo == whole && count >= whole.bytes.count)
            }
        }
        #expect(flaw(Array(file.prefix(file.count / 2))) != nil)
    }

    @Test("Files that begin well and go on at random are refused or taken, and trap nothing")
    func random() {
        var generator = SeededGenerator(seed: 11)
        for sample in PhotoFiles.samples {
            for _ in 0..<2_000 {
                var file = sample
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    file[Int.random(in: 0..<file.count, using: &generator)] = UInt8.random(
                        in: 0...255,
                        using: &generator
                    )
                }
                guard let photo = try? Photo(file) else { continue }
                #expect(photo.bytes.count <= file.count + PhotoFiles.minimalExif(1).count)
                #expect((try? Photo(photo.bytes)) == photo)
            }
        }
    }

    @Test("Hostile lengths and orders of a JPEG are refused")
    func hostileJPEG() {
        let start: [UInt8] = [0xFF, 0xD8]
        let rest = Files.tables + Files.frame() + Files.scan + Files.end
        let cases: [(String, [UInt8])] = [
            ("length", start + [0xFF, 0xFE, 0, 0] + rest), ("length", start + [0xFF, 0xFE, 0, 1] + rest),
            ("cut off", start + [0xFF, 0xFE, 0xFF, 0xFF] + rest),
            ("cut off", start + [UInt8](repeating: 0xFF, count: 5_000)),
            ("no segment", start + [0xFF, 0xFE, 0, 2, 7] + rest),
            ("before its frame", start + Files.scan + Files.end),
            ("two frames", start + Files.frame() + rest),
            ("malformed", start + Files.segment(0xC0, [8, 0, 8, 0, 16, 2, 1, 0x11, 0]) + Files.scan + Files.end),
            ("pixels", start + Files.frame(width: 0) + Files.scan + Files.end),
            ("pixels", start + Files.frame(width: 65_535, height: 1) + Files.scan + Files.end),
            ("pixels", start + Files.frame(width: 19_000, height: 19_000) + Files.scan + Files.end),
            ("browsers", start + Files.frame(kind: 0xC9) + Files.scan + Files.end),
            ("browsers", start + [0xFF, 0xD8] + rest),
            ("no picture", start + Files.tables + Files.frame() + Files.end),
            ("segments", start + (0..<20_000).flatMap { _ in Files.segment(0xFE, []) } + rest),
        ]
        for (words, file) in cases {
            let reason = flaw(file)
            #expect(reason?.contains(words) == true, "\(words): \(reason ?? "taken")")
        }
    }

    @Test("Exif that points beyond its end or in circles gives no orientation")
    func hostileExif() throws {
        let tiffs: [[UInt8]] = [
            [], [0x49, 0x49], [0x49, 0x49, 0x2A, 0], [0x49, 0x49, 0x2A, 0, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0xFF, 0xFF], [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 0, 0xFF, 0xFF, 1, 0x12],
            [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF, 0, 6, 0, 0],
            [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 4, 0, 0, 0, 1, 0, 6, 0, 0],
        ]
        for tiff in tiffs {
            let exif = Files.segment(0xE1, Array("Exif".utf8) + [0, 0] + tiff)
            #expect(try Photo(Files.jpeg(exif)).bytes == Files.jpeg())
        }
    }

    @Test("Hostile lengths and orders of a PNG are refused")
    func hostilePNG() {
        let cases: [(String, [UInt8])] = [
            ("cut off", Files.signature + [0xFF, 0xFF, 0xFF, 0xFF] + Array("IHDR".utf8) + [0, 0, 0, 0]),
            ("header", Files.signature + Files.chunk("IDAT", [1]) + Files.header() + Files.chunk("IEND", [])),
            ("header", Files.png(Files.header())), ("13", Files.signature + Files.chunk("IHDR", [0, 0, 0, 1])),
            ("pixels", Files.signature + Files.header(width: 0) + Files.chunk("IDAT", [1]) + Files.chunk("IEND", [])),
            ("pixels", Files.signature + Files.header(width: 0xFFFF_FFFF, height: 0xFFFF_FFFF)),
            ("browsers", Files.png(Files.chunk("CgBI", [1]))),
            ("PLTE", Files.png(Files.chunk("PLTE", [UInt8](repeating: 0, count: 769)))),
            ("no picture", Files.signature + Files.header() + Files.chunk("IEND", [])),
            ("IEND", Files.signature + Files.header() + Files.chunk("IDAT", [1]) + Files.chunk("IEND", [1])),
            ("chunks", Files.png((0..<20_000).flatMap { _ in Files.chunk("tEXt", []) })),
        ]
        for (words, file) in cases {
            let reason = flaw(file)
            #expect(reason?.contains(words) == true, "\(words): \(reason ?? "taken")")
        }
    }

    @Test("Films, lying lengths and empty pictures of a WebP are refused")
    func hostileWebP() {
        let empty = Files.part("VP8 ", [0, 0, 0, 0x9D, 0x01, 0x2A, 0, 0, 0, 0, 7, 7])
        let cases: [(String, [UInt8])] = [
            ("film", Files.webp(Files.extended(flags: 0x02) + Files.lossy)),
            ("film", Files.webp(Files.part("ANIM", [1]) + Files.lossy)),
            ("cut off", Array("RIFF".utf8) + [0xFF, 0xFF, 0xFF, 0xFF] + Array("WEBP".utf8) + Files.lossy),
            ("cut off", Array("RIFF".utf8) + Files.little(2) + Array("WEBP".utf8) + Files.lossy),
            ("cut off", Files.webp(Array("VP8 ".utf8) + [0xFF, 0xFF, 0xFF, 0x7F, 1])), ("cut off", Files.webp([])),
            ("malformed", Files.webp(Files.part("VP8 ", [0, 0, 0, 1, 2, 3, 16, 0, 8, 0, 7]))),
            ("malformed", Files.webp(Files.part("VP8L", [0x2F]))), ("pixels", Files.webp(empty)),
            ("header", Files.webp(Files.part("ALPH", []) + Files.extended(flags: 0) + Files.lossy)),
        ]
        for (words, file) in cases {
            let reason = flaw(file)
            #expect(reason?.contains(words) == true, "\(words): \(reason ?? "taken")")
        }
    }

    @Test("What is too large, empty or no photo is refused by what it is, whatever it is called")
    func others() {
        let texts = [
            "GIF89a", "%PDF-1.7", "<html><img src=x>", "<?xml version=\"1.0\"?><svg/>", "....ftypheic", "RIFFxxxxWAVE",
        ]
        for text in texts { #expect(flaw(Array(text.utf8))?.contains("no JPEG") == true, "\(text)") }
        #expect(flaw([])?.contains("empty") == true)
        let large = Files.jpeg(behind: [UInt8](repeating: 0, count: Photo.Limit.bytes))
        #expect(flaw(large)?.contains("\(large.count) bytes") == true)
    }
}
