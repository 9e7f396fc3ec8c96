import LiandongCore
import LiandongDomain
import Testing

@Suite("Handing in a request")
struct SubmitTests {
    static func request(_ place: PlaceID? = nil, service: String = "0302") -> SubmitWorkOrder {
        SubmitWorkOrder(
            service: service,
            place: place,
            description: "井盖缺失",
            address: "东一路1号",
            location: GeoPoint(latitude: 23.05, longitude: 112.46),
            channel: "counter",
            contact: Contact(name: "张三", phone: "13812340000")
        )
    }

    @Test("For the own place: submitted, held here, offered to nobody")
    func own() throws {
        let town = try Town()
        let receipt = try town.run(Self.request(), at: Town.communityA1)
        #expect(receipt.number.hasPrefix("441202001001" + "01"))
        #expect(receipt.offeredTo == nil)
        let order = try town.order(receipt.record, at: Town.communityA1)
        #expect(order.status == .submitted)
        #expect(order.number == receipt.number)
        #expect(order.holders == [Town.communityA1])
        #expect(order.place == Town.communityA1)
        #expect(order.papersAt == Town.communityA1)
        #expect(order.service == "0302")
        #expect(order.description == "井盖缺失")
        #expect(order.address == "东一路1号")
        #expect(order.location?.latitude == 23.05)
        #expect(order.requestedAt == Instant(milliseconds: town.now))
    }

    @Test("For another place: held where it was accepted, offered to where it belongs, and only these two lines get it")
    func others() throws {
        let town = try Town()
        let receipt = try town.run(Self.request(Town.communityB1), at: Town.communityA1)
        #expect(receipt.offeredTo == Town.communityB1)
        #expect(receipt.holder == Town.communityA1)
        try town.sync()
        let order = try town.order(receipt.record, at: Town.communityB1)
        #expect(order.acceptedAt == Town.communityA1)
        #expect(order.holders == [Town.communityA1])
        #expect(order.offers.map(\.state) == [.open])
        #expect(order.summary.offeredTo == [Town.communityB1])
        #expect(try town.view(receipt.record, at: Town.communityA2) == nil)
        for place in [Town.streetA, Town.streetB, Town.district] {
            #expect(try town.order(receipt.record, at: place) == order)
        }
    }

    @Test(
        "At the counter it is accepted in the same breath, by the clerk, with how the requester agreed for staff alone"
    )
    func counter() throws {
        let town = try Town()
        for (place, offered) in [(nil, nil), (Town.communityB1, Town.communityB1)] as [(PlaceID?, PlaceID?)] {
            var request = Self.request(place)
            request.consent = " 诉求人已同意 "
            let receipt = try town.run(request, at: Town.communityA1)
            #expect(receipt.offeredTo == offered)
            let order = try town.order(receipt.record, at: Town.communityA1)
            #expect(order.status == .accepted && order.holders == [Town.communityA1])
            let isApplied = order.events.allSatisfy(\.isApplied)
            #expect(isApplied)
            #expect(order.events.map(\.act) == [.accept, .note] + (offered == nil ? [] : [.offer]))
            #expect(order.events.map(\.text).prefix(2) == ["", "诉求人已同意"])
            #expect(order.events.first?.operatorName == "李工")
            #expect(order.statusNotes == nil, "what is told to everyone says nothing of it")
        }
        var silent = Self.request()
        silent.consent = " "
        #expect(try town.refusal(silent, at: Town.communityA1).code == .invalid)
    }

    @Test("What is corrected of the requester leaves the rest, and needs the key where some of it is to stay")
    func contactChange() throws {
        let town = try Town()
        let record = try town.run(Self.request(), at: Town.communityA1).record
        let change = AmendWorkOrder(.record(record), contact: ContactChange(phone: "13900000000", email: "a@b.cn"))
        try town.run(change, at: Town.communityA1)
        let order = try town.order(record, at: Town.communityA1)
        let expected = Contact(name: "张三", phone: "13900000000", email: "a@b.cn")
        #expect(order.requester(town.purposes(at: Town.communityA1)) == .open(expected))
    }

    @Test("For a grid: its community answers")
    func grid() throws {
        let town = try Town()
        let own = try town.run(Self.request(Town.gridA1), at: Town.communityA1)
        #expect(own.offeredTo == nil)
        let foreign = try town.run(Self.request(Town.gridA1), at: Town.communityB1)
        #expect(foreign.offeredTo == Town.communityA1)
        try town.sync()
        #expect(try town.order(foreign.record, at: Town.communityA1).place == Town.gridA1)
    }

    @Test("The query code opens this order and no other, and only its hash is kept")
    func queryCode() throws {
        let town = try Town()
        let first = try town.run(Self.request(), at: Town.communityA1)
        let second = try town.run(Self.request(), at: Town.communityA1)
        #expect(first.queryCode.utf8.count == 8)
        let order = try town.order(first.record, at: Town.communityA1)
        #expect(order.isQueryCode(first.queryCode, town.cryptography))
        #expect(!order.isQueryCode(second.queryCode, town.cryptography) || first.queryCode == second.queryCode)
        #expect(!order.isQueryCode("", town.cryptography))
    }

    @Test("The requester is sealed to purpose contact")
    func contact() throws {
        let town = try Town()
        let record = try town.run(Self.request(), at: Town.communityA1).record
        let order = try town.order(record, at: Town.communityA1)
        let open = order.requester(town.purposes(at: Town.communityA1))
        #expect(open == .open(Contact(name: "张三", phone: "13812340000")))
        #expect(order.requester(.none) == .sealed)
        let view = try #require(try town.view(record, at: Town.communityA1))
        #expect(!view.entries.contains { String(decoding: $0.value, as: UTF8.self).contains("13812340000") })
        var silent = Self.request()
        silent.contact = Contact()
        let other = try town.run(silent, at: Town.communityA1).record
        #expect(try town.order(other, at: Town.communityA1).requester(.none) == .unknown)
    }

    @Test("Imports once: the same foreign name is refused with the number it has")
    func imports() throws {
        let town = try Town()
        var request = Self.request()
        request.imported = ExternalReference(system: "nyc311", identifier: "39573567")
        request.requestedAt = Instant(milliseconds: 1_530_000_000_000)
        request.outcome = SubmitWorkOrder.Outcome(
            closedAt: Instant(milliseconds: 1_530_007_200_000),
            text: "The police responded."
        )
        let receipt = try town.run(request, at: Town.communityA1)
        let order = try town.order(receipt.record, at: Town.communityA1)
        #expect(order.status == .closed)
        #expect(order.requestedAt == Instant(milliseconds: 1_530_000_000_000))
        #expect(order.events.last?.at == Instant(milliseconds: 1_530_007_200_000))
        #expect(order.events.last?.text == "The police responded.")
        #expect(order.externalReferences == [ExternalReference(system: "nyc311", identifier: "39573567")])
        let again = try town.refusal(request, at: Town.communityA1)
        #expect(again.code == .conflict)
        #expect(again.wayOut.contains(receipt.number))
    }

    @Test("Refuses what cannot be, and says the way out")
    func refusals() throws {
        let town = try Town()
        #expect(try town.refusal(Self.request(service: "302"), at: Town.communityA1).wayOut.contains("0302"))
        #expect(try town.refusal(Self.request(PlaceID(raw: 999)), at: Town.communityA1).code == .notFound)
        var empty = Self.request()
        (empty.description, empty.address) = (" ", "")
        #expect(try town.refusal(empty, at: Town.communityA1).code == .invalid)
        var long = Self.request()
        long.description = String(repeating: "字", count: 4001)
        #expect(try town.refusal(long, at: Town.communityA1).reason.contains("4001"))
        var foreign = Self.request()
        foreign.description = "a\u{0}b"
        #expect(try town.refusal(foreign, at: Town.communityA1).code == .invalid)
        // A lift that is out of order asks whether anybody is trapped.
        #expect(try town.refusal(Self.request(service: "0603"), at: Town.communityA1).reason.contains("trapped"))
        var answered = Self.request(service: "0603")
        answered.attributes = [AttributeValue(code: "trapped", value: "perhaps")]
        #expect(try town.refusal(answered, at: Town.communityA1).code == .invalid)
        answered.attributes = [AttributeValue(code: "trapped", value: "no")]
        let record = try town.run(answered, at: Town.communityA1).record
        #expect(try town.order(record, at: Town.communityA1).attributes.map(\.value) == ["no"])
        town.withoutPurposes = [Town.communityA1]
        #expect(try town.refusal(Self.request(), at: Town.communityA1).code == .unavailable)
    }

    @Test("Text is kept in NFC")
    func normalised() throws {
        let town = try Town()
        var request = Self.request()
        request.description = "Cafe\u{301}"
        let record = try town.run(request, at: Town.communityA1).record
        let text = try town.order(record, at: Town.communityA1).description ?? ""
        #expect(Array(text.utf8) == Array("Caf\u{E9}".utf8))
    }

    @Test("Orders that share a number are told apart by query code or record")
    func sharedNumber() throws {
        let town = try Town()
        let first = try town.run(Self.request(), at: Town.communityA1)
        let context = try town.context(Town.communityA1)
        let copying = CommandContext(
            now: context.now,
            actor: context.actor,
            authority: context.authority,
            cryptography: context.cryptography,
            purposes: context.purposes,
            random: context.random,
            nextNumber: { _ in first.number }
        )
        let plan = try Self.request().plan(town.reader(Town.communityA1), copying)
        try town.commit(plan.drafts, at: Town.communityA1)
        let unclear = ActOnWorkOrder(.number(first.number), .accept)
        #expect(try town.refusal(unclear, at: Town.communityA1).code == .conflict)
        let clear = ActOnWorkOrder(.number(first.number, queryCode: plan.receipt.queryCode), .accept)
        #expect(try town.run(clear, at: Town.communityA1).record == plan.receipt.record)
    }

    @Test("Amending: holder, acceptor and those above; others are refused")
    func amend() throws {
        let town = try Town()
        let record = try town.run(Self.request(Town.communityB1), at: Town.communityA1).record
        try town.sync()
        let change = AmendWorkOrder(
            .record(record),
            service: "0301",
            description: "新",
            address: "西一路",
            location: GeoPoint(latitude: 1, longitude: 2),
            papersAt: Town.streetA,
            addedReferences: [ExternalReference(system: "12345", identifier: "7")]
        )
        #expect(try town.refusal(change, at: Town.communityB1).code == .notPermitted)
        try town.run(change, at: Town.streetA)
        try town.sync()
        let order = try town.order(record, at: Town.communityB1)
        #expect(order.service == "0301" && order.description == "新" && order.address == "西一路")
        #expect(order.papersAt == Town.streetA && order.location?.longitude == 2)
        #expect(order.externalReferences.count == 1)
        #expect(try town.refusal(AmendWorkOrder(.record(record)), at: Town.streetA).code == .invalid)
        let away = AmendWorkOrder(.record(record), papersAt: Town.communityA2)
        #expect(try town.refusal(away, at: Town.streetA).code == .notPermitted)
    }
}
