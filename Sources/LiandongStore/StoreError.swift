/// Why a store cannot be opened, or cannot do what was asked.
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case inUse
        case cannotOpen
        case schemaTooNew
        case schemaTooOld
        case notDurable
        case wrongNode
        case corrupt
        case busy
        case readOnly
        case noNumbers
        case verifying
        case keyReused
        case stopped
    }

    package let code: Code
    package let reason: String

    package var description: String { reason }

    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
