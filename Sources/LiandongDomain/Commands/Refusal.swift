/// Why a command is not carried out: an expected answer, told to who asked.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// No such record, place, service or option here.
        case notFound
        /// What was given is malformed, too long or out of range.
        case invalid
        /// The actor's place may not do this.
        case notPermitted
        /// The record is not in a state that allows it.
        case wrongState
        /// Somebody else has already done it.
        case conflict
        /// Something this node does not have: a purpose's key, a number.
        case unavailable
    }

    package let code: Code
    /// What is wrong: the thing, the value, the bound.
    package let reason: String
    /// What to do instead.
    package let wayOut: String

    package init(_ code: Code, _ reason: String, wayOut: String) {
        self.code = code
        self.reason = reason
        self.wayOut = wayOut
    }

    package var description: String { wayOut.isEmpty ? reason : "\(reason); \(wayOut)" }
}

extension Refusal {
    package static func purposeMissing(_ purpose: String) -> Refusal {
        Refusal(
            .unavailable,
            "this node does not hold the key of purpose \(purpose)",
            wayOut: "ask the district's operator to grant purpose:\(purpose) to it"
        )
    }
}
