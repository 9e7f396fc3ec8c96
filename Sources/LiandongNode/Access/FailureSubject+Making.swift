import LiandongCore
import LiandongSigning
import LiandongStore

// Whom and what wrong guesses are counted of.
extension FailureSubject {
    private static let minute: Int64 = 60_000

    /// - Parameter name: normalised; there need not be such an account.
    static func account(_ name: String) -> FailureSubject {
        subject("account", name, memoryMilliseconds: 24 * 60 * minute)
    }

    /// Many may be behind one address, so it is forgotten sooner; no sooner than the longest wait ends.
    static func address(_ address: String) -> FailureSubject {
        subject("address", address, memoryMilliseconds: 2 * 60 * minute)
    }

    /// The same address as it guesses query codes: whoever mistypes one can still sign in.
    static func addressOfRequester(_ address: String) -> FailureSubject {
        subject("requester's address", address, memoryMilliseconds: 2 * 60 * minute)
    }

    /// An order whose query code is guessed.
    ///
    /// Numbers are public: with few free guesses, anyone could lock its requester out. A thousand find one of 10⁸ codes
    /// with a chance of 1 to 100,000.
    static func queryCode(of order: RecordID) -> FailureSubject {
        subject("query code", "\(order)", memoryMilliseconds: 24 * 60 * minute, free: 1_000)
    }

    /// The same address as it guesses codes of rolls.
    static func addressOfVoter(_ address: String) -> FailureSubject {
        subject("voter's address", address, memoryMilliseconds: 2 * 60 * minute)
    }

    /// An entry of a roll whose code is guessed, on the roll or not.
    ///
    /// Entries are no secret, doors have numbers: with few free guesses, anyone could lock a voter out. A thousand find
    /// one of 10¹² codes with a chance of 1 to 1,000,000,000.
    static func rollCode(of entry: String, in consultation: RecordID) -> FailureSubject {
        subject("roll code", "\(consultation) \(entry)", memoryMilliseconds: 24 * 60 * minute, free: 1_000)
    }

    private static func subject(
        _ kind: String,
        _ text: String,
        memoryMilliseconds: Int64,
        free: Int = 5
    ) -> FailureSubject {
        FailureSubject(
            id: Cryptography.sodium.hash(Array("liandong/sign-in/1 \(kind) \(text)".utf8)).bytes,
            memoryMilliseconds: memoryMilliseconds,
            free: free
        )
    }
}
