import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import LiandongTransport

/// What a node or its operator's command could not do, with the exit code that says so.
package struct NodeError: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    /// The exit codes of the command line (design §13).
    package enum Code: Int32, Codable, Sendable {
        case failed = 1
        case degraded = 2
        case critical = 3
        case unreachable = 4
        case notFound = 5
        case refused = 6
        case partial = 7
        case usage = 64
        case notPermitted = 77
    }

    /// What a program can tell apart where the exit code says too little.
    package enum Cause: String, Codable, Sendable {
        /// Somebody else, or the same request before, has done it already.
        case conflict
    }

    package let code: Code
    package let reason: String
    package let cause: Cause?

    package var description: String { reason }

    package init(_ code: Code, _ reason: String, cause: Cause? = nil) {
        self.code = code
        self.reason = reason
        self.cause = cause
    }

    /// What any part of the node throws, as an operator is told.
    package init(_ error: any Error) {
        switch error {
        case let error as NodeError: self = error
        case let refusal as Refusal: self.init(refusal)
        case let error as StoreError:
            self.init(error.code == .busy || error.code == .readOnly ? .refused : .failed, error.reason)
        case let error as DraftError:
            self.init(error.code == .notPermitted ? .notPermitted : .refused, error.reason)
        default: self.init(.failed, "\(error)")
        }
    }

    private init(_ refusal: Refusal) {
        let code: Code =
            switch refusal.code {
            case .notFound: .notFound
            case .notPermitted: .notPermitted
            case .invalid, .wrongState, .conflict, .unavailable: .refused
            }
        self.init(code, refusal.description, cause: refusal.code == .conflict ? .conflict : nil)
    }
}
