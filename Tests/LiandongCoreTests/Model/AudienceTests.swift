import LiandongCore
import LiandongSigning
import Testing

@Suite("Audience")
struct AudienceTests {
    private let places = (1...9).map { PlaceID(raw: UInt64($0)) }

    @Test("Is sorted, names a place once and keeps the wider scope")
    func normalised() throws {
        let audience = try #require(
            Audience([
                .init(place: places[2], scope: .below), .init(place: places[0], scope: .line),
                .init(place: places[2], scope: .line),
            ])
        )
        #expect(audience.members == [.init(place: places[0], scope: .line), .init(place: places[2], scope: .below)])
    }

    @Test("Has at most eight members and at least one")
    func limits() {
        #expect(Audience(lines: places) == nil)
        #expect(Audience(lines: places.dropLast()) != nil)
        #expect(Audience(lines: [PlaceID]()) == nil)
    }

    @Test("Its bytes come back, and only in canonical order")
    func wire() throws {
        let audience = try #require(Audience(lines: places.prefix(3)))
        #expect(Audience(wireBytes: audience.wireBytes) == audience)
        var wire = audience.wire
        wire.members.swapAt(0, 1)
        #expect(Audience(wire) == nil)
        #expect(AudienceID(audience, .sodium) != AudienceID(Audience(below: places[0]), .sodium))
    }
}
