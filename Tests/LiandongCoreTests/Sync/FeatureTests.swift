import LiandongCore
import SwiftProtobuf
import Testing

@Suite("What a hello offers") struct FeatureTests {
    private let district: District

    init() throws { self.district = try District() }

    private func bench(offering features: Set<SyncFeature>) throws -> EngineBench {
        try EngineBench(District.streetA, in: district) { $0.features = features }
    }

    private func offered(_ effects: [SyncEffect]) throws -> [WireFeature] {
        try effects.said(on: 1).flatMap { body -> [WireFeature] in
            if case .hello(let hello) = body { hello.features } else { [] }
        }
    }

    @Test("Offers what it is configured to know, and nothing else") func offers() throws {
        let peer = try district.id(District.district)
        var plain = try bench(offering: [])
        #expect(try offered(plain.open(peer, on: 1)) == [])
        var newer = try bench(offering: [.reconciliation])
        #expect(try offered(newer.open(peer, on: 1)) == [.reconcile])
    }

    @Test("Speaks with a peer that offers what this build does not know") func unknownFeature() throws {
        let peer = try district.id(District.district)
        var bench = try bench(offering: [.reconciliation])
        _ = bench.open(peer, on: 1)
        var hello = try district.hello(peer)
        hello.features = [.UNRECOGNIZED(99), .unspecified, .reconcile, .reconcile]
        let effects = try bench.say(.hello(hello), on: 1)
        #expect(effects.closeReasons.isEmpty)
        #expect(try effects.resumes(on: 1).count == 2)
    }
}
