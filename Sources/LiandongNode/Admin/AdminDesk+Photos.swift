import Foundation
import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore
import LiandongWeb

// Photos of orders, from files and to files of the machine that the node runs on.
extension AdminDesk {
    func addPhoto(_ form: AdminRequest.PhotoForm) async throws -> OrderReport {
        let photo = try Photo(AdminDesk.bytes(ofPhoto: form.file))
        let actor = try node.actor(name: form.operatorName, role: "clerk")
        let receipt = try await node.add(photo, to: .number(form.number, queryCode: form.queryCode), as: actor)
        return try await order(receipt.number)
    }

    func savePhoto(_ form: AdminRequest.PhotoForm, named digest: String) async throws -> DoneReport {
        let digits = digest.lowercased()
        let found = try await node.store.read { reader -> [StoreReader.FoundPhoto] in
            let orders = try reader.workOrders(number: form.number).compactMap { try reader.workOrder($0) }
            return try orders.flatMap { order in
                try order.photos.filter { "\($0.digest)".hasPrefix(digits) }
                    .compactMap { try reader.photo($0.digest, of: order) }
            }
        }
        guard let photo = found.first else {
            throw NodeError(
                .notFound,
                "this node holds no photo \(digest) of an order \(form.number); see liandong order show"
            )
        }
        guard Set(found.map(\.photo.digest)).count == 1 else {
            throw NodeError(.usage, "\(found.count) photos begin with \(digest); give more of its digits")
        }
        guard photo.parts != nil else {
            throw NodeError(
                .refused,
                "the photo is not here yet: \(photo.photo.partsHere) of \(photo.photo.partCount) parts have come"
            )
        }
        var bytes: [UInt8] = []
        let file = try node.file(photo)
        for index in 0..<file.partCount {
            guard let part = try await file.part(index) else { throw NodeError(.notFound, "the photo was erased") }
            bytes += part
        }
        // Nothing is written over, and nobody else may read it.
        guard !FileManager.default.fileExists(atPath: form.file) else {
            throw NodeError(.usage, "\(form.file) is there already; name another file")
        }
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard FileManager.default.createFile(atPath: form.file, contents: Data(bytes), attributes: attributes) else {
            throw NodeError(.failed, "cannot write \(form.file)")
        }
        return done("\(file.type.mediaType), \(bytes.count) bytes, to \(form.file)", id: "\(file.digest)")
    }

    /// At most one byte more than a photo may have.
    private static func bytes(ofPhoto path: String) throws -> [UInt8] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular else {
            throw NodeError(.usage, "\(path) is no file that can be read")
        }
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            return [UInt8](try file.read(upToCount: Photo.Limit.bytes + 1) ?? Data())
        } catch {
            throw NodeError(.usage, "cannot read \(path): \(error.localizedDescription)")
        }
    }
}
