package import LiandongCore

/// Why a command is not carried out: an expected answer, told to who asked in their language.
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

    package let key: Key
    /// What the message's places are filled with.
    package let values: [Localized]

    package init(_ key: Key, _ values: any RefusalValue...) { self.init(key, values) }

    package init(_ key: Key, _ values: [any RefusalValue]) {
        self.key = key
        self.values = values.map(\.words)
    }

    package var code: Code { key.message.code }

    /// What is wrong: the thing, the value, the bound.
    package var reasonWords: Localized { key.message.reason.filled(with: values) }
    /// What to do instead.
    package var wayOutWords: Localized { key.message.wayOut.filled(with: values) }

    /// In English, as logs and the command line have it.
    package var reason: String { reasonWords.en }
    package var wayOut: String { wayOutWords.en }

    package var description: String { wayOut.isEmpty ? reason : "\(reason); \(wayOut)" }
}

/// What can stand in a refusal's message.
package protocol RefusalValue: Sendable {
    var words: Localized { get }
}

extension RefusalValue where Self: CustomStringConvertible {
    package var words: Localized { Localized("\(self)", "\(self)") }
}

extension Localized: RefusalValue {
    package var words: Localized { self }
}

extension String: RefusalValue {}
extension Substring: RefusalValue {}
extension Int: RefusalValue {}
extension RecordID: RefusalValue {}
extension PlaceID: RefusalValue {}
extension CivilDate: RefusalValue {}

extension Refusal {
    package static func purposeMissing(_ purpose: String) -> Refusal { Refusal(.purposeMissing, purpose) }
}
