import LiandongDomain
import Testing

@Suite("Identity numbers")
struct IdentityNumberTests {
    @Test(
        "Takes valid numbers, small x and spaces",
        arguments: ["11010519491231002X", "11010519491231002x", "110105 19491231 002X", "440524188001010014"]
    )
    func valid(text: String) throws {
        #expect(try IdentityNumber(text).text.count == 18)
    }

    @Test("Notices every single wrong digit")
    func everyWrongDigit() throws {
        let valid = Array("11010519491231002X".utf8)
        for place in 0..<17 {
            for digit in UInt8(0x30)...0x39 where digit != valid[place] {
                var wrong = valid
                wrong[place] = digit
                let text = String(decoding: wrong, as: UTF8.self)
                let refusal = try #require(throws: Refusal.self) { try IdentityNumber(text) }
                #expect(refusal.code == .invalid)
                #expect(!refusal.description.contains(text), "a refusal never holds the number")
            }
        }
    }

    @Test("Says which check character was expected")
    func expectedCheck() throws {
        let refusal = try #require(throws: Refusal.self) { try IdentityNumber("110105194912310021") }
        #expect(refusal.reason == "the identity number ends in 1, X was expected")
    }

    @Test(
        "Refuses what is none",
        arguments: [
            "", "1101051949123100", "11010519491331002X", "X1010519491231002X", "11010519491231002XX", "１10105",
        ]
    )
    func malformed(text: String) {
        #expect(throws: Refusal.self) { try IdentityNumber(text) }
    }

    @Test("Tells birth date and sex")
    func parts() throws {
        let number = try IdentityNumber("11010519491231002X")
        #expect(number.birthDate?.description == "1949-12-31")
        #expect(number.sex == .female)
        #expect(number.regionCode == "110105")
    }

    @Test("Masks numbers, phones and names")
    func masks() throws {
        #expect(try IdentityNumber("11010519491231002X").masked == "110105********002X")
        #expect(Masking.phone("13812340000") == "138****0000")
        #expect(Masking.phone("12345") == "*****")
        #expect(Masking.name("张三丰") == "张**")
        #expect(Masking.name("张") == "*")
    }
}
