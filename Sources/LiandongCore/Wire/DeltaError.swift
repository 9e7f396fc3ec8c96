/// Why bytes are no delta, or no delta that may be taken.
package struct DeltaError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case undecodable
        case tooLarge
        case wrongSuite
        case wrongRoot
        case wrongLane
        case unknownAudience
        case unknownAuthor
        case notEntitled
        case unknownEpoch
    }

    package let code: Code
    package let reason: String

    package var description: String { reason }

    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
