import Crypto
import HTTPTypes
import Hummingbird
import NIOCore

/// A client's name for one submission, and what it stood for.
package struct IdempotencyKey: Sendable, Hashable {
    /// 1 to 200 visible ASCII characters.
    package let text: String
    /// SHA-256 of the body, 32 bytes.
    package let bodyHash: [UInt8]

    package init(text: String, bodyHash: [UInt8]) {
        self.text = text
        self.bodyHash = bodyHash
    }
}

extension IdempotencyKey {
    /// The request's own name, from `Idempotency-Key`; nil when it has none.
    ///
    /// - Parameters:
    ///   - owner: whose key it is, without blanks: one asker's key is nobody else's.
    ///   - subject: what must be the same besides the body.
    /// - Throws: a ``Problem`` for one that is empty, too long or of other characters.
    init?(of request: Request, body: ByteBuffer, owner: String, subject: String = "") throws(Problem) {
        guard let text = request.headers[.idempotencyKey] else { return nil }
        guard (1...200).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalid("Idempotency-Key", "it must be 1 to 200 visible ASCII characters; a UUID will do")
        }
        var hash = SHA256()
        hash.update(data: Array(subject.utf8))
        hash.update(data: body.readableBytesView)
        // No key holds a blank, so that no owner's keys can be those of another.
        self.init(text: "\(owner) \(text)", bodyHash: Array(hash.finalize()))
    }
}
