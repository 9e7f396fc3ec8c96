import Foundation
import Testing

/// A photo on its way through real nodes: handed in, given to another street's community, erased.
@Suite("Photos", .serialized, .timeLimit(.minutes(5)))
struct PhotoClusterTests {
    private let district = "441202000000"
    private let street = "441202001000"
    private let community = "441202001001"
    private let otherStreet = "441202003000"
    private let other = "441202003001"

    private let pixels = "ZQXPIXELS1", more = "ZQXPIXELS2", camera = "ZQXCAMERA1"

    @Test("Handed in with a form, a photo comes byte-equal to whom the order is given, and goes with what is personal")
    func everywhere() async throws {
        try await Cluster.with("demo") { cluster in
            let (number, code) = try await handIn(cluster)
            let file = try TemporaryFolder()
            defer { file.remove() }
            let second = file.url.appending(component: "second.jpg")
            try jpeg(more, comment: camera).write(to: second)
            let added = try await cluster.run(community, ["order", "photo", "add", number, second.path])
            try #require(added.status == 0 && added.output.contains("image/jpeg"), "\(added.errors)")
            let offered = try await cluster.run(community, ["order", "offer", number], ["--to", other])
            try #require(offered.status == 0, "\(offered.errors)")

            var digest = ""
            let isHere = try await eventually {
                let photos = try await photos(cluster, other, number)
                digest = photos.first?["digest"] as? String ?? ""
                return photos.count == 2 && photos.allSatisfy { $0["parts_here"] as? Int == $0["parts"] as? Int }
            }
            try #require(isHere)
            #expect(try await photos(cluster, other, number).first?["parts"] as? Int == 4)
            let saved = file.url.appending(component: "saved.jpg")
            let save = ["order", "photo", "save", number, String(digest.prefix(12)), saved.path]
            let output = try await cluster.run(other, save)
            #expect(output.status == 0, "\(output.errors)")
            #expect(try Data(contentsOf: saved) == jpeg(pixels))
            let again = try await cluster.run(other, save)
            #expect(again.status == 64, "nothing is written over")

            let path = "api/v1/orders/\(number)/attachments/\(digest)"
            for place in [community, other, otherStreet, district] {
                let client = StaffClient(base: try await cluster.node(place).http)
                let own = try await client.ask("GET", path, ["Query-Code": code])
                #expect(own.status == 200 && own.body == jpeg(pixels) && own.cacheControl == "private, no-store")
                #expect(try await client.ask("GET", path).status == 404)
            }
            for place in [community, street, district, otherStreet, other] {
                #expect(try await found(cluster, place) == [pixels, more], "\(place): and nothing of the camera")
            }

            let erased = try await cluster.run(
                community,
                ["order", "erase", number],
                ["--reason", "consent-withdrawn"]
            )
            #expect(erased.status == 0 && erased.output.contains("photos"), "\(erased.errors)")
            #expect(try await eventually { try await cluster.run(community, ["erasures", number]).status == 0 })
            for place in await cluster.nodes.keys.sorted() {
                #expect(try await eventually { try await found(cluster, place).isEmpty }, "\(place)")
            }
            let client = StaffClient(base: try await cluster.node(other).http)
            #expect(try await client.ask("GET", path, ["Query-Code": code]).status == 404)
            let late = try await cluster.run(community, ["order", "photo", "add", number, second.path])
            #expect(late.status == 6, "\(late.output)")
        }
    }

    @Test("Open311 takes photos as curl sends them, with a request and with more on it, at a node of another place")
    func open311() async throws {
        try await Cluster.with("demo") { cluster in
            let file = try TemporaryFolder()
            defer { file.remove() }
            let base = try await cluster.node(other).http.appending(path: "open311/v2").absoluteString
            func curl(_ name: String, _ fields: [String], _ mark: String) async throws -> [String: Any] {
                let photo = file.url.appending(component: "\(mark).jpg")
                try jpeg(mark, comment: camera).write(to: photo)
                let forms = (fields + ["media=@\(photo.path)"]).flatMap { ["-F", $0] }
                let asked = ["--silent", "--show-error", "--max-time", "20"] + forms + ["\(base)/\(name).json"]
                let answer = try await Liandong.run(URL(filePath: "/usr/bin/curl"), asked).output
                let list = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [[String: Any]]
                return try #require(list?.first, "\(answer)")
            }
            let fields = ["service_code=0101", "description=路灯不亮", "address_id=\(community)"]
            let made = try await curl("requests", fields, pixels)
            let number = try #require(made["service_request_id"] as? String, "\(made)")
            let notice = try #require(made["service_notice"] as? String)
            let code = String(try #require(notice.firstMatch(of: /\d{8}/)).0)
            let update = ["service_request_id=\(number)", "query_code=\(code)", "description=还有一张"]
            #expect(try await curl("servicerequestupdates", update, more)["update_id"] != nil)
            let isHere = try await eventually {
                let photos = try await photos(cluster, community, number)
                return photos.count == 2 && photos.allSatisfy { $0["parts_here"] as? Int == $0["parts"] as? Int }
            }
            try #require(isHere, "both are where the request belongs")
            #expect(try await found(cluster, community) == [pixels, more], "and nothing of the camera")
        }
    }

    // MARK: -

    /// As a browser without scripts does: the form, the preview, the receipt.
    private func handIn(_ cluster: Cluster) async throws -> (number: String, code: String) {
        let client = StaffClient(base: try await cluster.node(community).http)
        let fields = ["service_code": "0101", "description": "路灯不亮", "address_id": community]
        var form = Data()
        let asked = fields.merging(["step": "preview"]) { $1 }
        for (name, value) in asked {
            form += Data("--xx\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
        }
        form += Data("--xx\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n".utf8)
        form += jpeg(pixels, comment: camera) + Data("\r\n--xx--\r\n".utf8)
        let type = ["Content-Type": "multipart/form-data; boundary=xx"]
        let preview = try await client.ask("POST", "request", type, body: form)
        let shown = String(decoding: preview.body, as: UTF8.self)
        let token = try #require(shown.firstMatch(of: /name="photos" value="([^"]+)"/), "\(preview.status)").1
        let sent = fields.merging(["step": "send", "key": "1", "photos": String(token)]) { $1 }
        let body = try sent.map { name, value in
            "\(name)=\(try #require(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics)))"
        }.joined(separator: "&")
        let receipt = try await client.ask(
            "POST",
            "request",
            ["Content-Type": "application/x-www-form-urlencoded"],
            body: Data(body.utf8)
        )
        let page = String(decoding: receipt.body, as: UTF8.self)
        try #require(receipt.status == 201, "\(page)")
        let numbers = page.matches(of: /<dd class="number">(\d+)<\/dd>/).map { String($0.1) }
        try #require(numbers.count == 2 && page.contains("<img src=\"/orders/"))
        return (numbers[0], numbers[1])
    }

    private func photos(_ cluster: Cluster, _ place: String, _ number: String) async throws -> [[String: Any]] {
        let output = try await cluster.run(place, ["order", "show", number], ["--json"])
        return output.status == 0 ? try output.json()["attachments"] as? [[String: Any]] ?? [] : []
    }

    /// A picture of a mark again and again; 50,000 bytes of it.
    private func jpeg(_ mark: String, comment: String? = nil) -> Data {
        var bytes: [UInt8] = [0xFF, 0xD8]
        if let comment { bytes += [0xFF, 0xFE, 0, UInt8(comment.utf8.count + 2)] + Array(comment.utf8) }
        bytes += [0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0x3F, 0]
        for _ in 0..<5_000 { bytes += Array(mark.utf8) }
        return Data(bytes + [0xFF, 0xD9])
    }

    /// Which of the marks stand in the files of a place's node.
    private func found(_ cluster: Cluster, _ place: String) async throws -> [String] {
        let folder = URL(filePath: try await cluster.node(place).data)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in files {
            // A socket, or a file that was renamed meanwhile, cannot be read.
            guard let data = try? Data(contentsOf: file) else { continue }
            for mark in [pixels, more, camera] where data.range(of: Data(mark.utf8)) != nil { found.insert(mark) }
        }
        return found.sorted()
    }
}
