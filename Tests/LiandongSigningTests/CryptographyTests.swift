import LiandongCore
import LiandongSigning
import Testing

/// RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature.
private let rfc8032: [[String]] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            + "d25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            + "387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            + "4a7c15e9716ed28dc027beceea1ec40a",
    ],
]

@Suite("Suite 1: Ed25519 and BLAKE2b-256")
struct CryptographyTests {
    @Test(
        "Hashes as b2sum -l 256 does",
        arguments: [
            ("", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
            ("abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
        ]
    )
    func hashesKnownMessages(message: String, digest: String) {
        #expect(Cryptography.sodium.hash(Array(message.utf8)).description == digest)
    }

    @Test("Signs and verifies the vectors of RFC 8032", arguments: rfc8032)
    func agreesWithRFC8032(vector: [String]) throws {
        let parts = try vector.map { try #require(bytes(hexadecimal: $0)) }
        let key = try SigningKey(seed: parts[0])
        #expect(key.publicKey == parts[1])
        #expect(key.seed == parts[0])
        #expect(key.sign(parts[2]) == parts[3])
        #expect(key.signer.sign(parts[2]) == parts[3])
        #expect(Cryptography.sodium.verify(parts[3], parts[2], parts[1]))
    }

    @Test("Refuses a signature with any bit flipped")
    func refusesFlippedBits() {
        let key = SigningKey.generate()
        let message: [UInt8] = [1, 2, 3]
        let good = key.sign(message)
        for bit in 0..<512 {
            var bad = good
            bad[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!Cryptography.sodium.verify(bad, message, key.publicKey))
        }
        #expect(!Cryptography.sodium.verify(good, [1, 2, 4], key.publicKey))
        #expect(!Cryptography.sodium.verify(good, message, SigningKey.generate().publicKey))
    }

    @Test("Answers false, and does not trap, for parts of any wrong length", arguments: [0, 1, 31, 33, 63, 65, 1000])
    func refusesWrongLengths(count: Int) {
        let key = SigningKey.generate()
        let wrong = [UInt8](repeating: 7, count: count)
        #expect(!Cryptography.sodium.verify(wrong, [1], key.publicKey))
        #expect(!Cryptography.sodium.verify(key.sign([1]), [1], wrong))
        #expect(!Cryptography.sodium.verify(key.sign(wrong), [], wrong))
    }

    @Test("Refuses keys of small order", arguments: [UInt8(0), 1])
    func refusesSmallOrder(firstByte: UInt8) {
        let key = [firstByte] + [UInt8](repeating: 0, count: 31)
        #expect(!Cryptography.sodium.verify(key + [UInt8](repeating: 0, count: 32), [], key))
    }

    @Test("Answers a batch in its order", arguments: [0, 1, 16, 17, 100])
    func verifiesBatches(count: Int) async {
        let key = SigningKey.generate()
        let checks = (0..<count).map { index in
            let message = [UInt8(index)]
            let signature = index % 3 == 0 ? key.sign(message + [0]) : key.sign(message)
            return SignatureCheck(signature: signature, message: message, key: key.publicKey)
        }
        #expect(await SignatureBatch.verify(checks) == (0..<count).map { $0 % 3 != 0 })
    }
}
