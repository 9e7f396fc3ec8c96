import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// Photos in forms and on pages: chosen, looked at, added to an order that is there.
extension PageRoutes {
    func addPhotoPages(to router: Router<HTTPFace.Context>) {
        add(PhotoLink.path, to: router, get: { try await photo($0) })
        add("/staff/orders/{number}/photos", to: router, takesFiles: true, post: { try await addPhotos($0) })
    }

    /// For who showed the query code; staff are shown the API's.
    private func photo(_ request: PageRequest) async throws -> Response {
        guard let record = try photoLink.record(request, at: now()),
            let digest = Hash(hexadecimal: request.path("digest")),
            let photo = try await desk.photo(digest, of: request.path("number"), for: .requester(record))
        else { throw Problem.missing("photo") }
        return photo.response
    }

    private func addPhotos(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(StaffRole.handling, token: nil)
        let number = request.path("number")
        guard let record = try await desk.workableOrder(number, for: .staff(staff.scope)) else {
            throw Problem.missing("order")
        }
        do {
            try await add(photosOf: request, to: record, by: Performer(staff, orElse: .resident))
        } catch {
            return try await work(number, staff, request, problem: try refusal(error, request))
        }
        return .seeOther("/staff/orders/\(number)?photos=1")
    }

    /// - Throws: a refusal for the first that cannot be taken; those before it are.
    func add(photosOf request: PageRequest, to record: RecordID, by performer: Performer) async throws {
        let files = request.files.filter { $0.name == ChosenPhotos.field }
        guard !files.isEmpty else {
            throw Problem.noPhoto
        }
        for file in files {
            try await add(try Photo(Array(file.content.readableBytesView)), to: record, by: performer, request)
        }
    }

    func add(_ photo: Photo, to record: RecordID, by performer: Performer, _ request: PageRequest) async throws {
        let address = request.context.address
        try await desk.add(photo, to: record, by: performer, within: allowance, from: address, at: now())
    }

    /// What was chosen so far, over all steps of handing in.
    func chosenPhotos(_ request: PageRequest) throws -> ChosenPhotos {
        var chosen = ChosenPhotos()
        let isDropped = try request.form.value(ChosenPhotos.dropField, limit: 10) != nil
        if !isDropped, let token = try request.form.value(ChosenPhotos.keptField, limit: 60) {
            if let kept = stash.photos(token, at: now()) {
                (chosen.photos, chosen.token) = (kept, token)
            } else {
                chosen.problem = .photosForgotten
            }
        }
        let known = chosen.photos
        for file in request.files where file.name == ChosenPhotos.field { chosen.choose(file) }
        if chosen.photos != known { chosen.token = stash.keep(chosen.photos, at: now()) }
        return chosen
    }

    /// As a requester sees them.
    func tiles(_ order: OrderReport, of record: RecordID, _ text: PageText) -> [PhotoTile] {
        order.attachments.map { photo in
            PhotoTile(photo, photoLink.address(of: photo.digest, in: record, number: order.number, at: now()), text)
        }
    }
}

/// The photos that a request is to be handed in with.
struct ChosenPhotos: Sendable {
    /// Of files in forms.
    static let field = "photo"
    /// The token of photos that were chosen before, and that they are not wanted any more.
    static let keptField = "photos"
    static let dropField = "drop_photos"

    var photos: [Photo] = []
    /// What they are found by in the next step; nil while there are none.
    var token: String?
    /// Why one of them was not taken.
    var problem: Problem?

    mutating func choose(_ file: MultipartForm.File) {
        let photo: Photo
        do throws(Refusal) { photo = try Photo(Array(file.content.readableBytesView)) } catch {
            problem = Problem(error)
            return
        }
        guard !photos.contains(photo) else { return }
        guard photos.count < WorkOrderPhoto.Limit.form,
            photos.byteCount + photo.bytes.count <= WorkOrderPhoto.Limit.formBytes
        else {
            problem = .tooManyPhotos
            return
        }
        photos.append(photo)
    }

    /// How many there are and how large; nil for none.
    func words(_ text: PageText) -> String? {
        guard !photos.isEmpty else { return nil }
        let size = PhotoTile.size(photos.byteCount)
        return text(Localized("\(photos.count)张，\(size)", "\(photos.count), \(size)"))
    }
}

extension Problem {
    static let noPhoto = Problem.invalid(
        ChosenPhotos.field,
        Localized("没有选照片", "none was chosen"),
        wayOut: Localized("请选一张或拍一张", "choose one, or take one")
    )

    static let photosForgotten = Problem.invalid(
        ChosenPhotos.field,
        Localized("先前选的照片已不再保留", "the photos that were chosen are not kept any more"),
        wayOut: Localized("请重新选择", "choose them again")
    )

    static let tooManyPhotos = {
        let (count, size) = (WorkOrderPhoto.Limit.form, PhotoTile.size(WorkOrderPhoto.Limit.formBytes))
        return Problem.invalid(
            ChosenPhotos.field,
            Localized("照片超过\(count)张，或共超过\(size)", "there are more than \(count), or more than \(size) of them"),
            wayOut: Localized(
                "请先附其中几张提交，其余之后添加",
                "hand it in with some of them, and add the others to the order"
            )
        )
    }()
}

/// A photo on a page.
struct PhotoTile: Sendable {
    let address: String
    /// When, where and by whom it was added.
    let words: String
    /// Its bytes have come; until then how many parts have.
    let isHere: Bool
    let parts: String

    init(_ photo: OrderReport.Attachment, _ address: String, _ text: PageText) {
        self.address = address
        let who =
            photo.role == Actor.residentRole
            ? text(Localized("诉求人", "the requester")) : photo.operatorName.flatMap { $0.isEmpty ? nil : $0 }
        self.words = [text.time(photo.addedAt), photo.by.name, who].compactMap { $0 }.joined(separator: " · ")
        self.isHere = photo.partsHere == photo.parts
        self.parts = "\(photo.partsHere)/\(photo.parts)"
    }

    /// As in "3.1 MB".
    static func size(_ byteCount: Int) -> String {
        let tenths = (byteCount * 10 + (1 << 19)) >> 20
        return "\(tenths / 10).\(tenths % 10) MB"
    }
}
