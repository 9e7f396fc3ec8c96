import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongSigning
import LiandongStore
import LiandongWeb

// Consultations, and who votes in them by a roll.
extension NodeCases {
    func consultations() async throws -> ConsultationsReport {
        try await node.store.read { try $0.consultationsReport(at: Node.now()) }
    }

    func consultation(_ id: RecordID) async throws -> ConsultationReport? {
        let limit = ConsultationReport.listLimit
        return try await node.store.read { try $0.consultationReport(id, atMost: limit, at: Node.now()) }
    }

    func opinions(of id: RecordID, after last: EventID?, atMost limit: Int) async throws -> OpinionsReport? {
        try await node.store.read { reader in
            try reader.consultation(id).map {
                OpinionsReport(of: $0, after: last, atMost: limit, reader.authority, at: Node.now())
            }
        }
    }

    func isVoter(_ voter: RollVoter, in consultation: RecordID, from address: String) async throws -> Bool {
        let purposes = node.purposeKeys.purposes(authority)
        let found = try await node.store.read { try $0.consultation(consultation) }
        guard let found, found.roll != nil else { return false }
        let unit = try found.unit(ofEntry: voter.entry, code: voter.code, purposes, .sodium)
        let entry = RollEntry.key(of: voter.entry)
        try await noteGuess(
            [.addressOfVoter(address), .rollCode(of: entry, in: consultation)],
            isRight: unit != nil
        )
        return unit != nil
    }

    func ballot(_ ballot: EventID, of consultation: RecordID) async throws -> BallotReport? {
        try await node.store.read { reader in
            guard let view = try reader.record(consultation),
                let found = Consultation.fold(view, reader.authority),
                let standing = found.standing(of: ballot, in: view, reader.authority)
            else { return nil }
            return BallotReport(standing, of: found, reader.authority, at: Node.now())
        }
    }
}
