import LiandongCore
import LiandongDomain
import Testing

@Suite("Finding the place of a request")
struct PlaceLookupTests {
    @Test("By the code of a place or a grid; neither code nor boundary: nobody's but the acceptor's")
    func resolve() throws {
        let authority = try Town().authority
        #expect(try authority.resolve(addressID: "441202001001", location: nil)?.id == Town.communityA1)
        let grid = try #require(try authority.resolve(addressID: "441202001001003", location: nil))
        #expect(grid.id == Town.gridA1)
        #expect(authority.responsiblePlace(for: grid.id) == Town.communityA1)
        #expect(try authority.resolve(addressID: nil, location: GeoPoint(latitude: 1, longitude: 1)) == nil)
        #expect(try authority.resolve(addressID: "", location: nil) == nil)
        let refusal = try #require(throws: Refusal.self) {
            try authority.resolve(addressID: "441202009001", location: nil)
        }
        #expect(refusal.code == .notFound)
        #expect(refusal.reason.contains("441202009001"))
    }

    @Test("A point off the globe is none")
    func points() {
        #expect(GeoPoint(latitude: 91, longitude: 0) == nil)
        #expect(GeoPoint(latitude: 0, longitude: -180.5) == nil)
        #expect(GeoPoint(latitude: .nan, longitude: 0) == nil)
        #expect(GeoPoint(latitude: -90, longitude: 180) != nil)
    }
}
