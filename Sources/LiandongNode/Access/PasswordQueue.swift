import Dispatch
import LiandongSigning
import LiandongWeb
import Synchronization

/// The one thread on which passwords are hashed, and who may wait for it.
///
/// Each takes 64 MiB and some hundredths of a second, so one after the other; whoever finds too many before them is told
/// so at once, and no address takes all places.
final class PasswordQueue: Sendable {
    static let places = 16
    static let placesOfAddress = 4

    private struct State {
        var taken = 0
        var byAddress: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "liandong.passwords", qos: .utility)

    /// Carries out what needs passwords hashed, in a place of its own.
    ///
    /// - Throws: ``AccessError`` with `busy` when there is no place.
    func withPlace<Value>(for address: String, _ body: () async throws -> Value) async throws -> Value {
        try take(address)
        defer { leave(address) }
        return try await body()
    }

    /// Whether a password fits a string; to be called in a place.
    func verify(_ password: String, _ text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            thread.async { continuation.resume(returning: PasswordHash.verify(password, text)) }
        }
    }

    /// The string to keep of a password; to be called in a place.
    func hash(_ password: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            thread.async { continuation.resume(with: Result { try PasswordHash.make(password) }) }
        }
    }

    private func take(_ address: String) throws(AccessError) {
        let isTaken = state.withLock { state in
            guard state.taken < PasswordQueue.places,
                state.byAddress[address, default: 0] < PasswordQueue.placesOfAddress
            else { return false }
            state.taken += 1
            state.byAddress[address, default: 0] += 1
            return true
        }
        guard isTaken else { throw .busy("too many sign in at the moment") }
    }

    private func leave(_ address: String) {
        state.withLock { state in
            state.taken -= 1
            let rest = (state.byAddress[address] ?? 1) - 1
            state.byAddress[address] = rest > 0 ? rest : nil
        }
    }
}
