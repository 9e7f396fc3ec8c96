package import LiandongCore
import LiandongDomain

/// Reads a ledger's dictionaries for the domain's commands.
package struct MemoryDomainReader: DomainReader {
    let storage: MemoryLedgerStorage
    let authority: AuthorityState

    package init(storage: MemoryLedgerStorage, authority: AuthorityState) {
        self.storage = storage
        self.authority = authority
    }

    package func record(_ id: RecordID) throws -> RecordView? { try RecordView(of: id, in: storage) }

    package func workOrders(number: String) throws -> [RecordID] {
        try all { view in WorkOrder.fold(view, authority)?.numbers.contains(number) ?? false }
    }

    package func registrations(matchTagDigest: [UInt8]) throws -> [RecordID] {
        try all { view in Registration.fold(view, authority)?.matchTagDigests.contains(matchTagDigest) ?? false }
    }

    package func personLinks(of registration: RecordID) throws -> [RecordID] {
        try all { view in
            PersonLink.fold(view, authority).map { $0.lesser == registration || $0.greater == registration } ?? false
        }
    }

    /// The records of the replica that are meant, by their ids.
    package func all(_ isMeant: (RecordView) -> Bool = { _ in true }) throws -> [RecordID] {
        try storage.content.cells.keys.sorted().filter { id in try record(id).map(isMeant) ?? false }
    }
}
