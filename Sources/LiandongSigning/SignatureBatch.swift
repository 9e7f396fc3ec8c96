package import LiandongCore

/// Checks signatures on all cores.
package enum SignatureBatch {
    /// So many a task: about a millisecond of work, far above what a task costs.
    private static let chunkSize = 16

    /// The answer to each check, in the order given.
    ///
    /// - Complexity: about 50 µs a signature and core.
    @concurrent
    package static func verify(
        _ checks: [SignatureCheck],
        _ cryptography: Cryptography = .sodium
    ) async -> [Bool] {
        guard checks.count > chunkSize else { return verifyHere(checks, cryptography) }
        let starts = stride(from: 0, to: checks.count, by: chunkSize)
        return await withTaskGroup(of: (Int, [Bool]).self) { group in
            for start in starts {
                let chunk = checks[start..<min(start + chunkSize, checks.count)]
                group.addTask { (start, verifyHere(chunk, cryptography)) }
            }
            var answers = [Bool](repeating: false, count: checks.count)
            for await (start, part) in group {
                answers.replaceSubrange(start..<start + part.count, with: part)
            }
            return answers
        }
    }

    /// The same on the caller's thread: for a few.
    package static func verifyHere(
        _ checks: some Collection<SignatureCheck>,
        _ cryptography: Cryptography = .sodium
    ) -> [Bool] {
        checks.map { cryptography.verify($0.signature, $0.message, $0.key) }
    }
}
