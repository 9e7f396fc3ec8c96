/// A key, a box or a key file that cannot be used.
package struct SigningError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case wrongLength, badKey, notAuthentic, unknownVersion
        case keyMissing, keyExists, keyExposed, keyUnreadable, keyUnwritable
        case outOfMemory
    }

    package let code: Code
    package let reason: String

    package var description: String { reason }

    static func wrongLength(_ thing: String, _ count: Int, expected: Int) -> SigningError {
        SigningError(code: .wrongLength, reason: "\(thing) has \(count) bytes, \(expected) are needed")
    }

    static func badKey(_ thing: String) -> SigningError {
        SigningError(code: .badKey, reason: "\(thing) is not a usable point of the curve")
    }

    static func notAuthentic(_ thing: String) -> SigningError {
        SigningError(
            code: .notAuthentic,
            reason: "\(thing) does not open: it was made with another key or for another place, or was altered"
        )
    }

    static func unknownVersion(_ thing: String, _ version: UInt8, known: UInt8) -> SigningError {
        SigningError(
            code: .unknownVersion,
            reason: "\(thing) has version \(version), this build knows up to \(known); upgrade liandong"
        )
    }

    static func keyMissing(_ path: String) -> SigningError {
        SigningError(
            code: .keyMissing,
            reason: "\(path): there is no key; restore it from its backup, or make a new node with init or join"
        )
    }

    static func keyExists(_ path: String) -> SigningError {
        SigningError(code: .keyExists, reason: "\(path): a key is there already and is never overwritten")
    }

    static func keyExposed(_ path: String, mode: UInt32) -> SigningError {
        SigningError(
            code: .keyExposed,
            reason: "\(path): mode \(String(mode, radix: 8)) lets others at the key, at most 600 is allowed; "
                + "chmod 600 it, and replace the key if others may have read it"
        )
    }

    static func keyUnreadable(_ path: String, _ why: String) -> SigningError {
        SigningError(code: .keyUnreadable, reason: "\(path): cannot read the key: \(why)")
    }

    static func keyUnwritable(_ path: String, _ why: String) -> SigningError {
        SigningError(code: .keyUnwritable, reason: "\(path): cannot write the key: \(why)")
    }

    static func outOfMemory(_ thing: String) -> SigningError {
        SigningError(code: .outOfMemory, reason: "cannot make \(thing): out of memory; try again")
    }
}
