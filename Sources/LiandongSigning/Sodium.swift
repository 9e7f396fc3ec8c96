import CSodium

/// Starts libsodium once; everything in this module that calls it asks here first.
enum Sodium {
    /// Reads as true, or traps: without its random source nothing here can be trusted.
    static let isReady: Bool = {
        guard sodium_init() >= 0 else { fatalError("libsodium cannot start: it found no source of randomness") }
        return true
    }()

    static func start() { precondition(isReady) }
}

/// Bytes from the kernel's random source, by way of libsodium.
package func secureRandomBytes(_ count: Int) -> [UInt8] {
    Sodium.start()
    return unsafe [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, initialized in
        if let base = buffer.baseAddress { unsafe randombytes_buf(base, buffer.count) }
        initialized = max(count, 0)
    }
}

/// The kernel's random source as a generator, for what asks for a `RandomNumberGenerator`.
package struct SecureRandomGenerator: RandomNumberGenerator, Sendable {
    package init() { Sodium.start() }

    package mutating func next() -> UInt64 {
        var word: UInt64 = 0
        unsafe randombytes_buf(&word, MemoryLayout<UInt64>.size)
        return word
    }
}
