/// Why a reconciliation frame cannot be followed.
package struct ReconciliationError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case undecodable
        case tooLarge
        case outOfTurn
    }

    package let code: Code
    package let reason: String

    package var description: String { reason }

    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
