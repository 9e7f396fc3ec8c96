import CSodium

/// A password as it may be kept: argon2id with libsodium's interactive limits (64 MiB, 2 passes), salted.
package enum PasswordHash {
    /// A string that no password fits, of what ``make(_:)`` makes today: to work on where there is no account.
    package static let ofNobody =
        "$argon2id$v=19$m=65536,t=2,p=1$poS4txj2B6hx0q5KIrVYZg$xQYBOzDhWpnAn5e4k8C1Np5rTll6zufkGjJU0MoGz30"

    /// - Throws: `outOfMemory`.
    /// - Complexity: some hundredths of a second and 64 MiB; call it off the core and few at a time.
    package static func make(_ password: String) throws(SigningError) -> String {
        Sodium.start()
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_strbytes()))
        let bytes = password.utf8.map { CChar(bitPattern: $0) }
        let status = unsafe crypto_pwhash_str(
            &text,
            bytes,
            UInt64(bytes.count),
            UInt64(crypto_pwhash_opslimit_interactive()),
            crypto_pwhash_memlimit_interactive()
        )
        guard status == 0 else { throw .outOfMemory("a password's hash") }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether a password is the one that a string was made of; false for a string of any other form.
    ///
    /// Equal work for every password, and for every string that ``make(_:)`` made.
    /// - Complexity: as ``make(_:)``.
    package static func verify(_ password: String, _ text: String) -> Bool {
        Sodium.start()
        let bytes = password.utf8.map { CChar(bitPattern: $0) }
        var known = text.utf8.filter { $0 != 0 }.map { CChar(bitPattern: $0) }
        guard known.count < Int(crypto_pwhash_strbytes()) else { return false }
        known += [CChar](repeating: 0, count: Int(crypto_pwhash_strbytes()) - known.count)
        return unsafe crypto_pwhash_str_verify(known, bytes, UInt64(bytes.count)) == 0
    }
}
