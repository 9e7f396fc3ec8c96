/// Why an entry of the authority chain was not applied.
package struct AuthorityError: Error, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case undecodable
        case outOfOrder
        case fork
        case refused
    }

    package let code: Code
    package let reason: String

    package var description: String { reason }

    static func undecodable(_ why: String) -> AuthorityError {
        AuthorityError(code: .undecodable, reason: "an authority entry cannot be read: \(why)")
    }

    static func outOfOrder(height: UInt64, expected: UInt64) -> AuthorityError {
        AuthorityError(code: .outOfOrder, reason: "authority entry \(height) came where \(expected) was expected")
    }

    static func fork(height: UInt64) -> AuthorityError {
        AuthorityError(code: .fork, reason: "authority entry \(height) does not follow the entry before it")
    }

    static func refused(height: UInt64, _ why: String) -> AuthorityError {
        AuthorityError(code: .refused, reason: "authority entry \(height) \(why)")
    }
}
