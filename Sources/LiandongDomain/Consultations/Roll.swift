import Foundation
package import LiandongCore

/// The roll of a consultation: the entries that have one vote each, and the codes that were given out for them.
///
/// Both are held as hashes under the consultation's own key: without purpose `register` nobody can tell which entry a
/// unit is, or try codes.
package struct Roll: Sendable, Hashable {
    /// How many entries it has; more than are held here while parts of it are on their way.
    package let size: Int
    /// By number of the part, in the order of the roll.
    let parts: [Part]
    /// The hash of each unit's newest code.
    let codes: [Bytes16: Bytes16]
    private let units: Set<Bytes16>

    struct Part: Sendable, Hashable {
        let number: UInt64
        let units: [Bytes16]
        /// Sealed; nil while they are on their way.
        let labels: [UInt8]?
    }

    package enum Limit {
        /// Entries of one roll.
        package static let entries = 5_000
        /// Characters of an entry.
        package static let label = 30
        /// Entries of one part, so that its labels fit into a delta.
        static let part = 200
    }

    init(size: Int, parts: [Part], codes: [Bytes16: Bytes16]) {
        self.size = size
        self.parts = parts
        self.units = Set(parts.flatMap(\.units))
        self.codes = codes
    }

    /// Entries that a code was given out for.
    package var codedCount: Int { codes.count }

    func contains(_ unit: Bytes16) -> Bool { units.contains(unit) }
}

/// An entry of a roll: what its slip of paper says, a door's number say.
package struct RollEntry: Sendable, Hashable {
    /// As it was written into the roll.
    package let label: String
    /// What is the same however it is typed: NFKC, in lower case, without blanks.
    let name: [UInt8]

    /// - Throws: a refusal for what is empty or too long.
    init(_ text: String) throws(Refusal) {
        self.label = try Text.required(text, Localized("名册项", "an entry of the roll"), limit: Roll.Limit.label)
        self.name = RollEntry.name(of: label)
        guard !name.isEmpty else {
            throw Refusal(.rollEntryEmpty)
        }
    }

    /// The text that is the same for whatever somebody typed of an entry.
    package static func key(of text: String) -> String {
        text.precomposedStringWithCompatibilityMapping.lowercased().filter { !$0.isWhitespace }
    }

    static func name(of text: String) -> [UInt8] { Array(key(of: text).utf8) }
}

/// The 12 digits on the slip of a roll's entry.
package enum RollCode {
    static let digits = 12

    static func make(_ context: CommandContext) -> String {
        let text = String(context.randomWord() % 1_000_000_000_000)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The code as it was made, whatever way it was typed; nil for what can be none.
    static func normal(_ text: String) -> String? {
        let folded = text.precomposedStringWithCompatibilityMapping.filter { !$0.isWhitespace && $0 != "-" }
        let isCode = folded.utf8.count == digits && folded.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isCode ? folded : nil
    }
}

// MARK: - What stands for an entry and its code

/// The key that a consultation's units and codes are hashed with, as a node with purpose `register` opens it.
struct BallotKey {
    private let bytes: [UInt8]
    private let cryptography: Cryptography

    /// - Throws: a refusal at a node without the purpose.
    init(_ sealed: [UInt8], of record: RecordID, _ purposes: Purposes, _ cryptography: Cryptography) throws(Refusal) {
        guard let key = purposes.open(Purpose.register, sealed, record.bytes), key.count == 32 else {
            throw Refusal.purposeMissing(Purpose.register)
        }
        self.bytes = key
        self.cryptography = cryptography
    }

    /// For a consultation that is being made.
    init(new bytes: [UInt8], _ cryptography: Cryptography) {
        self.bytes = bytes
        self.cryptography = cryptography
    }

    /// What stands for a voter in this consultation and tells nothing about them in any other.
    func unit(of name: [UInt8]) -> Bytes16 { hash("liandong/ballot-unit/1", name) }

    func unit(ofEntry name: [UInt8]) -> Bytes16 { unit(of: Array("roll\0".utf8) + name) }

    func hash(of code: String, _ unit: Bytes16) -> Bytes16 {
        hash("liandong/roll-code/1", unit.bytes + Array(code.utf8))
    }

    private func hash(_ label: String, _ text: [UInt8]) -> Bytes16 {
        Bytes16(prefixOf: cryptography.hash(Array(label.utf8) + bytes + text).raw)
    }
}

extension Consultation {
    /// The unit of an entry whose code this is; nil for an entry that is not on the roll and for a wrong code alike,
    /// after the same work.
    ///
    /// - Throws: a refusal at a node without purpose `register`.
    package func unit(
        ofEntry entry: String,
        code: String,
        _ purposes: Purposes,
        _ cryptography: Cryptography
    ) throws(Refusal) -> Bytes16? {
        let key = try BallotKey(sealedBallotKey, of: record, purposes, cryptography)
        let unit = key.unit(ofEntry: RollEntry.name(of: entry))
        let hash = key.hash(of: RollCode.normal(code) ?? "", unit)
        guard let roll, roll.contains(unit), roll.codes[unit] == hash else { return nil }
        return unit
    }
}
