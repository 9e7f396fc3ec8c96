import HTTPTypes
import Hummingbird
package import LiandongCore
package import LiandongDomain
import NIOCore

/// A photo that is whole at this node; its bytes are read part by part, as whoever asked takes them.
package struct PhotoFile: Sendable {
    package let digest: Hash
    package let type: PhotoType
    package let byteCount: Int
    package let partCount: Int
    /// One part; nil once its bytes were erased or let go of.
    package let part: @Sendable (Int) async throws -> [UInt8]?

    package init(
        digest: Hash,
        type: PhotoType,
        byteCount: Int,
        partCount: Int,
        part: @escaping @Sendable (Int) async throws -> [UInt8]?
    ) {
        self.digest = digest
        self.type = type
        self.byteCount = byteCount
        self.partCount = partCount
        self.part = part
    }
}

extension PhotoFile {
    /// The answer that shows the photo and can do nothing else: kept by nobody, run by nothing.
    ///
    /// As an attachment it is saved where it is opened by itself; in a page it is shown all the same.
    var response: Response {
        let name = "photo-\(digest.description.prefix(8)).\(type.fileExtension)"
        let headers: HTTPFields = [
            .contentType: type.mediaType,
            .contentDisposition: "attachment; filename=\"\(name)\"",
            .contentSecurityPolicy: "default-src 'none'; sandbox",
            .crossOriginResourcePolicy: "same-origin",
            .cacheControl: "private, no-store",
        ]
        let body = ResponseBody(contentLength: byteCount) { [self] writer in
            for index in 0..<partCount {
                // What was erased meanwhile ends here; whoever asked sees that it is cut off.
                guard let bytes = try await part(index) else { throw PhotoGone() }
                try await writer.write(ByteBuffer(bytes: bytes))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }
}

/// A photo's bytes went while they were sent.
struct PhotoGone: Error {}

extension Problem {
    /// The order has the photo, and not all of its bytes have come.
    package static func photoOnItsWay(_ photo: WorkOrderPhoto) -> Problem {
        Problem(
            "refusal:unavailable",
            "Not at this node",
            status: 503,
            Localized(
                "照片尚未到齐：\(photo.partCount)份中已到\(photo.partsHere)份",
                "the photo is not here yet: \(photo.partsHere) of \(photo.partCount) parts have come"
            ),
            wayOut: Localized("请稍后再试，或到添加它的节点查看", "try again later, or ask the node where it was added"),
            retryAfterSeconds: 30
        )
    }
}
