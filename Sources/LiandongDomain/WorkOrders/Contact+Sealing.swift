import LiandongCore
import SwiftProtobuf

extension Contact {
    func checked() throws(Refusal) -> Contact {
        Contact(
            name: try Text.checked(name, Localized("姓名", "the name"), limit: 100),
            phone: try Text.checked(phone, Localized("电话", "the phone number"), limit: 40),
            email: try Text.checked(email, Localized("邮箱", "the mail address"), limit: 200)
        )
    }

    /// Seals to purpose `contact`, bound to the record.
    func sealed(for record: RecordID, _ context: CommandContext) throws -> [UInt8] {
        let wire = WireContact.with {
            $0.name = name
            $0.phone = phone
            $0.email = email
        }
        return try context.purposes.seal(Purpose.contact, wire.payload, record.bytes)
    }
}

extension WorkOrder {
    /// Who made the request: open, sealed to this node, or never given.
    package enum Requester: Sendable, Hashable {
        case unknown
        /// This node does not hold purpose `contact`.
        case sealed
        case open(Contact)

        init(_ sealed: [UInt8], of record: RecordID, _ purposes: Purposes) {
            if let bytes = purposes.open(Purpose.contact, sealed, record.bytes),
                let wire = try? WireContact(serializedBytes: bytes)
            {
                self = .open(Contact(name: wire.name, phone: wire.phone, email: wire.email))
            } else {
                self = .sealed
            }
        }
    }

    package func requester(_ purposes: Purposes) -> Requester {
        sealedContact.map { Requester($0, of: record, purposes) } ?? .unknown
    }
}
