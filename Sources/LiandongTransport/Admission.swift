/// Decides which inbound connections are let in, before anything is read from them.
///
/// Holds no socket and no clock: the listener tells it what happened and when.
struct Admission {
    /// Names an inbound connection; never reused.
    typealias Number = UInt64

    enum Verdict: Hashable {
        /// Let in. When the handshakes are too many, the oldest of them is to be closed: an honest one takes
        /// milliseconds, so the oldest is the likeliest to be stalling.
        case admitted(Number, evicting: Number?)
        case refused(TransportError)
    }

    private struct Failures {
        var count = 0
        let windowStart: ContinuousClock.Instant
    }

    /// So many addresses' failures are remembered at most; beyond it, those of an older window are forgotten.
    private static let rememberedAddresses = 1024

    private let limits: TransportLimits
    private var next: Number = 0
    private var open: Set<Number> = []
    /// Ascending, so the oldest is first.
    private var handshaking: [(number: Number, address: String)] = []
    private var failures: [String: Failures] = [:]

    init(limits: TransportLimits) { self.limits = limits }

    var openCount: Int { open.count }

    mutating func arrived(from address: String, at now: ContinuousClock.Instant) -> Verdict {
        guard open.count < limits.inboundConnections else {
            return .refused(.tooManyConnections("inbound connections", limit: limits.inboundConnections))
        }
        guard recentFailures(from: address, at: now) < limits.failedHandshakes else {
            return .refused(.tooManyConnections("failed handshakes from one address", limit: limits.failedHandshakes))
        }
        next += 1
        open.insert(next)
        handshaking.append((next, address))
        let evicted = handshaking.count > limits.inboundHandshakes ? handshaking.removeFirst() : nil
        return .admitted(next, evicting: evicted?.number)
    }

    mutating func handshakeFinished(_ number: Number) {
        handshaking.removeAll { $0.number == number }
    }

    /// The connection is gone; without a finished handshake that counts against its address.
    mutating func closed(_ number: Number, at now: ContinuousClock.Instant) {
        open.remove(number)
        guard let index = handshaking.firstIndex(where: { $0.number == number }) else { return }
        let address = handshaking.remove(at: index).address
        guard !Admission.isLoopback(address) else { return }
        if failures.count >= Admission.rememberedAddresses {
            failures = failures.filter { $0.value.windowStart + limits.failureWindow > now }
            if failures.count >= Admission.rememberedAddresses { failures = [:] }
        }
        let count = recentFailures(from: address, at: now)
        let start = count == 0 ? now : failures[address]?.windowStart ?? now
        failures[address] = Failures(count: count + 1, windowStart: start)
    }

    private func recentFailures(from address: String, at now: ContinuousClock.Instant) -> Int {
        guard let known = failures[address], known.windowStart + limits.failureWindow > now else { return 0 }
        return known.count
    }

    /// All of a machine's own nodes share its loopback addresses, and whoever is on the machine has better means.
    private static func isLoopback(_ address: String) -> Bool { address.hasPrefix("127.") || address == "::1" }
}
