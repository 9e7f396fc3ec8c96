import CSodium

/// Bytes that are zeroed when the last holder lets go of them.
///
/// They lie on locked pages of their own between guard pages, read-only once filled: kept out of swap where the
/// system allows it, and out of reach of a stray read beside them. Comparing takes the same time whatever differs.
@safe final class SecretBytes: @unchecked Sendable {  // immutable after init
    let count: Int
    private let base: UnsafeMutableRawPointer

    /// Has `fill` write `count` bytes; a throw in it frees them.
    init(count: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) throws -> Void) rethrows {
        Sodium.start()
        guard let base = unsafe sodium_malloc(count) else {
            fatalError("cannot reserve \(count) bytes for a secret: out of memory")
        }
        self.count = count
        unsafe self.base = base
        try unsafe fill(base.assumingMemoryBound(to: UInt8.self))
        _ = unsafe sodium_mprotect_readonly(base)
    }

    /// Copies the bytes; the caller's array is the caller's to forget.
    convenience init(_ bytes: [UInt8]) {
        unsafe self.init(count: bytes.count) { target in
            for (index, byte) in bytes.enumerated() { unsafe target[index] = byte }
        }
    }

    deinit { unsafe sodium_free(base) }

    /// A copy outside the locked pages.
    var bytes: [UInt8] { unsafe withPointer { unsafe Array(UnsafeBufferPointer(start: $0, count: count)) } }

    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) throws -> Result) rethrows -> Result {
        try unsafe body(UnsafePointer(base.assumingMemoryBound(to: UInt8.self)))
    }
}

extension SecretBytes: Equatable {
    static func == (a: SecretBytes, b: SecretBytes) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe a.withPointer { left in
            unsafe b.withPointer { right in unsafe sodium_memcmp(left, right, a.count) == 0 }
        }
    }
}
