import LiandongCore
import LiandongSigning
import NIOCore
import Testing

@testable import LiandongTransport

@Suite("Frames")
struct FrameDecoderTests {
    @Test("Frames come out whole however the bytes were cut", arguments: [1, 2, 3, 5, 8, 1000])
    func anyCut(step: Int) throws {
        let frames: [[UInt8]] = [[1], [UInt8](repeating: 2, count: 300), [3, 3], [UInt8](repeating: 4, count: 77)]
        let stream = Array(try FrameDecoder.encode(frames, limit: 1000).readableBytesView)
        var decoder = FrameDecoder(handshakeLimit: 400, limit: 1000)
        var decoded: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            decoder.append(ByteBuffer(bytes: stream[start..<min(start + step, stream.count)]))
            while let frame = try decoder.next() { decoded.append(frame) }
        }
        #expect(decoded == frames)
    }

    @Test("Limits: the first frame by the handshake's, later ones held until raised, none above the greatest")
    func limits() throws {
        var decoder = FrameDecoder(handshakeLimit: 4, limit: 10)
        decoder.append(try FrameDecoder.encode([[1, 2, 3, 4], [1, 2, 3, 4, 5], [6]], limit: 10))
        #expect(try decoder.next() == [1, 2, 3, 4])
        #expect(try decoder.next() == nil)
        #expect(decoder.isHolding)
        decoder.raiseLimit()
        #expect(!decoder.isHolding)
        #expect(try decoder.next() == [1, 2, 3, 4, 5])
        #expect(try decoder.next() == [6])
        decoder.append(ByteBuffer(bytes: [0, 0, 0, 11]))
        #expect(throws: TransportError.frameTooLarge(11, limit: 10)) { try decoder.next() }

        var first = FrameDecoder(handshakeLimit: 4, limit: 10)
        first.append(ByteBuffer(bytes: [0, 0, 0, 5]))
        #expect(throws: TransportError.frameTooLarge(5, limit: 4)) { try first.next() }
    }

    @Test("Random bytes never trap")
    func randomBytes() {
        var random = JitterGenerator(seed: 1)
        for _ in 0..<2000 {
            var decoder = FrameDecoder(handshakeLimit: 64, limit: 4096)
            let bytes = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                UInt8.random(in: 0...(Bool.random(using: &random) ? 3 : 255), using: &random)
            }
            decoder.append(ByteBuffer(bytes: bytes))
            do { while try decoder.next() != nil {} } catch {}
        }
    }
}

@Suite("Back-off")
struct BackoffTests {
    @Test("Bounds double from 0.1 s to 15 s and start anew after a reset")
    func bounds() {
        var backoff = Backoff()
        var random = JitterGenerator(seed: 7)
        var bounds: [Duration] = []
        for _ in 0..<10 {
            bounds.append(backoff.bound)
            let wait = backoff.next(using: &random)
            #expect(wait >= Backoff.floor && wait <= max(Backoff.floor, bounds[bounds.count - 1]))
        }
        #expect(
            bounds == [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000].map { .milliseconds($0) }
        )
        backoff.reset()
        #expect(backoff.bound == Backoff.base)
    }

    @Test("Equal seeds give equal waits, others differ")
    func deterministic() {
        func waits(_ seed: UInt64) -> [Duration] {
            var backoff = Backoff()
            var random = JitterGenerator(seed: seed)
            return (0..<20).map { _ in backoff.next(using: &random) }
        }
        #expect(waits(1) == waits(1))
        #expect(waits(1) != waits(2))
    }

    @Test("Jitter is full: waits spread over the whole range")
    func spread() {
        var random = JitterGenerator(seed: 3)
        let waits = (0..<1000).map { _ in
            var backoff = Backoff()
            return backoff.next(using: &random)
        }
        #expect(waits.count { $0 < .milliseconds(25) } > 150)
        #expect(waits.count { $0 > .milliseconds(75) } > 150)
    }
}

@Suite("Admission")
struct AdmissionTests {
    private let now = ContinuousClock.now

    private func admitted(_ verdict: Admission.Verdict) throws -> (Admission.Number, Admission.Number?) {
        guard case .admitted(let number, let evicting) = verdict else {
            throw TransportError.closed
        }
        return (number, evicting)
    }

    @Test("The oldest handshake gives way; finished ones do not")
    func eviction() throws {
        var limits = TransportLimits()
        limits.inboundHandshakes = 2
        var admission = Admission(limits: limits)
        let first = try admitted(admission.arrived(from: "10.0.0.1", at: now)).0
        admission.handshakeFinished(first)
        let second = try admitted(admission.arrived(from: "10.0.0.1", at: now)).0
        _ = try admitted(admission.arrived(from: "10.0.0.1", at: now))
        #expect(try admitted(admission.arrived(from: "10.0.0.1", at: now)).1 == second)
    }

    @Test("Failed handshakes shut an address out for the window, and no other; loopback is never shut out")
    func failures() throws {
        var limits = TransportLimits()
        limits.failedHandshakes = 3
        var admission = Admission(limits: limits)
        for address in ["10.0.0.1", "127.0.0.1"] {
            for _ in 0..<3 { admission.closed(try admitted(admission.arrived(from: address, at: now)).0, at: now) }
        }
        guard case .refused = admission.arrived(from: "10.0.0.1", at: now) else {
            Issue.record("an address with too many failures was let in")
            return
        }
        _ = try admitted(admission.arrived(from: "10.0.0.2", at: now))
        _ = try admitted(admission.arrived(from: "127.0.0.1", at: now))
        _ = try admitted(admission.arrived(from: "10.0.0.1", at: now + limits.failureWindow))
    }
}

@Suite("Addresses")
struct HostPortTests {
    @Test(
        "Hosts, IPv4 and bracketed IPv6 are read and written alike",
        arguments: ["a.example:1", "10.0.0.1:0", "[::1]:7300"]
    )
    func roundTrip(text: String) throws {
        #expect(try HostPort(parsing: text).description == text)
    }

    @Test(
        "What is wrong is said",
        arguments: [
            ("localhost", "no port"), (":1", "host is missing"), ("a:b", "not a number"), ("::1:7300", "brackets"),
            ("a:", "not a number"), ("a b:1", "host is missing"),
            ("a:70000", "port 70000 is too large, at most 65535 is allowed"), ("a:99999999999999999999", "too large"),
        ]
    )
    func refusals(text: String, says: String) {
        let error = #expect(throws: TransportError.self) { try HostPort(parsing: text) }
        #expect(error?.reason.contains(says) == true)
    }
}
