import Crypto
import Foundation
import LiandongCore
import LiandongOpen311

/// The address of a photo in the page of whoever showed the query code, who has no session: it says itself that it is
/// right, for an hour and for that one photo.
struct PhotoLink: Sendable {
    static let path = "/orders/{number}/photos/{digest}"
    private static let lifetime: Int64 = 3_600_000

    /// Of this run of the node.
    private let key = SymmetricKey(size: .bits256)

    func address(of digest: String, in record: RecordID, number: String, at now: Instant) -> String {
        let until = now.advanced(byMilliseconds: PhotoLink.lifetime).milliseconds
        let code = HMAC<SHA256>.authenticationCode(for: subject(digest, "\(record)", number, "\(until)"), using: key)
        return "/orders/\(number)/photos/\(digest)?record=\(record)&until=\(until)&proof=\(hexadecimal(code))"
    }

    /// The order's record; nil where the address is not one that was given out, or its time is over.
    func record(_ request: PageRequest, at now: Instant) throws -> RecordID? {
        guard let record = try request.query.value("record", limit: 40),
            let until = try request.query.value("until", limit: 20), let end = Int64(until),
            let proof = try request.query.value("proof", limit: 80).flatMap({ bytes(hexadecimal: $0) }),
            HMAC<SHA256>.isValidAuthenticationCode(
                proof,
                authenticating: subject(request.path("digest"), record, request.path("number"), until),
                using: key
            ),
            now.milliseconds < end
        else { return nil }
        return bytes(hexadecimal: record).flatMap { RecordID($0) }
    }

    private func subject(_ digest: String, _ record: String, _ number: String, _ until: String) -> Data {
        Data(["liandong/photo-link/1", digest, record, number, until].joined(separator: " ").utf8)
    }
}
