import HTTPTypes
import LiandongCore
import LiandongDomain
import Testing

@testable import LiandongWeb

@Suite("What residents may hand in of photos within a day")
struct PhotoAllowanceTests {
    private let allowance = PhotoAllowance()
    private let photo = 10 << 20
    /// An hour before midnight in China.
    private let evening = CivilDate(number: 20_000).start.advanced(byMilliseconds: 23 * 3_600_000)

    @Test("One address has its part, and the next day as much again")
    func address() throws {
        let count = PhotoAllowance.addressBytes / photo
        for _ in 0..<count { try allowance.take(photo, from: "10.0.0.1", at: evening) }
        let refused = #expect(throws: Problem.self) { try allowance.take(photo, from: "10.0.0.1", at: evening) }
        #expect(refused?.status == 429 && refused?.headers[.retryAfter] == "3601", "until midnight")
        try allowance.take(photo, from: "10.0.0.2", at: evening)
        try allowance.take(PhotoAllowance.addressBytes - count * photo, from: "10.0.0.1", at: evening)
        #expect(throws: Problem.self, "what was refused is not counted, what was taken is") {
            try allowance.take(1, from: "10.0.0.1", at: evening)
        }
        try allowance.take(photo, from: "10.0.0.1", at: evening.advanced(byMilliseconds: 3_600_000))
    }

    @Test("All addresses have theirs together")
    func all() throws {
        let addresses = PhotoAllowance.allBytes / PhotoAllowance.addressBytes
        for index in 0..<addresses {
            try allowance.take(PhotoAllowance.addressBytes, from: "10.0.1.\(index)", at: evening)
        }
        #expect(throws: Problem.self) { try allowance.take(1, from: "10.0.2.1", at: evening) }
    }

    @Test("So many addresses are told apart; all others share one part")
    func manyAddresses() throws {
        for index in 0..<PhotoAllowance.addressLimit { try allowance.take(1, from: "known \(index)", at: evening) }
        try allowance.take(PhotoAllowance.addressBytes, from: "late", at: evening)
        #expect(throws: Problem.self) { try allowance.take(1, from: "later", at: evening) }
        try allowance.take(1, from: "known 7", at: evening)
    }
}
