import LiandongCore
import LiandongSigning
import Testing

@Suite("Sealed boxes and sealed values")
struct SealingTests {
    private let place: [UInt8] = Array("resident/7/number".utf8)

    @Test("A box opens for the key it was sealed to and for no other", arguments: [0, 1, 1000])
    func boxRoundTrip(count: Int) throws {
        let key = SealingKey.generate()
        let plaintext = secureRandomBytes(count)
        let box = try SealingKey.seal(plaintext, to: key.publicKey)
        #expect(box.count == count + SealingKey.overhead)
        #expect(try key.open(box) == plaintext)
        #expect(throws: SigningError.self) { try SealingKey.generate().open(box) }
        for index in [0, 31, 32, box.count - 1] {
            var bad = box
            bad[index] ^= 1
            #expect(throws: SigningError.self) { try key.open(bad) }
        }
        for length in [0, 1, SealingKey.overhead - 1, box.count - 1] {
            #expect(throws: SigningError.self) { try key.open(Array(box.prefix(length))) }
        }
    }

    @Test("A key that cannot be sealed to is refused", arguments: [0, 31, 32, 33])
    func boxToBadKey(count: Int) {
        #expect(throws: SigningError.self) {
            try SealingKey.seal([1], to: [UInt8](repeating: 0, count: count))
        }
    }

    @Test("A sealed value opens for the same key and place only", arguments: [0, 1, 40])
    func valueRoundTrip(count: Int) throws {
        let key = SymmetricKey.generate()
        let plaintext = secureRandomBytes(count)
        for sealed in [key.seal(plaintext, for: place), key.sealDeterministically(plaintext, for: place)] {
            #expect(sealed.count == count + SymmetricKey.overhead)
            #expect(try key.open(sealed, for: place) == plaintext)
            #expect(throws: SigningError.self) { try key.open(sealed, for: place + [0]) }
            #expect(throws: SigningError.self) { try SymmetricKey.generate().open(sealed, for: place) }
            for index in sealed.indices {
                var bad = sealed
                bad[index] ^= 0x80
                #expect(throws: SigningError.self) { try key.open(bad, for: place) }
                #expect(throws: SigningError.self) { try key.open(Array(sealed.prefix(index)), for: place) }
            }
        }
    }

    @Test("Deterministic seals of a value are equal in one place and differ elsewhere; random ones always differ")
    func determinism() {
        let key = SymmetricKey.generate()
        let value: [UInt8] = [1, 2, 3]
        #expect(key.sealDeterministically(value, for: place) == key.sealDeterministically(value, for: place))
        #expect(key.sealDeterministically(value, for: place) != key.sealDeterministically(value, for: place + [0]))
        #expect(key.sealDeterministically([9] + value, for: [8]) != key.sealDeterministically(value, for: [8, 9]))
        #expect(key.seal(value, for: place) != key.seal(value, for: place))
    }

    @Test("Keyed hashes and derived keys depend on key and label")
    func keyedHashes() throws {
        let key = try SymmetricKey([UInt8](repeating: 1, count: 32))
        // Python: hashlib.blake2b(b"abc", digest_size=32, key=bytes([1]) * 32).hexdigest()
        #expect(
            key.hash(Array("abc".utf8)).description
                == "8cc77af752046919e25cca7b87a17aaa67fb6aad75964f730a1c2178c986505c"
        )
        #expect(key.derived("a") == key.derived("a"))
        #expect(key.derived("a") != key.derived("b"))
        #expect(try SymmetricKey(key.bytes) == key)
        #expect(throws: SigningError.self) { try SymmetricKey([1, 2]) }
    }

    @Test("Match tags are equal for equal numbers under one key, and tell nothing without it")
    func matchTags() throws {
        let key = try SymmetricKey([UInt8](repeating: 1, count: 32))
        let tag = MatchTag.tag(of: "11010519491231002X", key: key)
        #expect(tag.count == MatchTag.byteCount)
        #expect(tag == MatchTag.tag(of: "11010519491231002X", key: key))
        #expect(tag != MatchTag.tag(of: "440524188001010014", key: key))
        #expect(tag != MatchTag.tag(of: "11010519491231002X", key: .generate()))
        // As Python gives it, with hashlib's keyed blake2b around libsodium's argon2id. It may never change, or the district's residents stop matching.
        #expect(hexadecimal(tag) == "e00d9944c05168c73d7ca3b0984fcd05f6e9912019a157df0efcc0fe335b81ef")
        let clock = ContinuousClock()
        let cost = clock.measure { for _ in 0..<10 { _ = MatchTag.tag(of: "440524188001010014", key: key) } } / 10
        #expect(cost > .milliseconds(1) && cost < .milliseconds(250))
    }
}
