import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore

extension AdminDesk {
    // MARK: Residents

    func addResident(_ form: AdminRequest.ResidentForm) async throws -> DoneReport {
        guard let source = ValueSource(name: form.source) else {
            let words = ValueSource.allCases.map(\.name).joined(separator: ", ")
            throw NodeError(.usage, "--source: \(form.source) is none of \(words)")
        }
        let command = RegisterResident(
            name: form.name,
            identityNumber: form.identityNumber,
            phone: form.phone,
            address: form.address,
            provenance: Provenance(source: source)
        )
        let receipt = try await node.store.commit(command, as: try node.actor(role: "clerk"))
        let same = receipt.sameNumberHere.isEmpty ? "" : "; the same number is registered here already"
        return done("registered\(same)", id: "\(receipt.record)")
    }

    func registrationID(_ text: String) async throws -> RecordID {
        let id = try await record(text)
        guard try await node.store.read({ try $0.registration(id) }) != nil else {
            throw NodeError(.notFound, "\(text) is no registration")
        }
        return id
    }

    func person(of id: RecordID) async throws -> PersonReport {
        let purposes = node.purposeKeys.purposes(authority)
        return try await node.store.read { [now] in try $0.personReport(of: id, purposes, at: now) }
    }

    func findResidents(_ text: String) async throws -> PeopleReport {
        let found = try await node.registrations(matching: text)
        let purposes = node.purposeKeys.purposes(authority)
        return try await node.store.read { [now] in try $0.people(of: found, purposes, at: now) }
    }

    // MARK: Consultations

    func createConsultation(_ form: AdminRequest.ConsultationForm) async throws -> DoneReport {
        let actor = try node.actor(role: "organiser")
        let place = try form.place.map { try authority.requirePlace(code: $0).id } ?? actor.place
        let options = form.options.enumerated().map { index, text -> Consultation.Option in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            return parts.count == 2
                ? Consultation.Option(code: parts[0], title: parts[1])
                : Consultation.Option(code: "\(index + 1)", title: text)
        }
        let command = CreateConsultation(
            place: place,
            title: form.title,
            text: form.text,
            options: options,
            roll: form.roll ?? [],
            closesAt: Instant(milliseconds: form.closesAt)
        )
        let receipt = try await node.store.commit(command, as: actor)
        return done("consultation created", id: "\(receipt.record)")
    }

    func consultation(_ id: String) async throws -> ConsultationReport {
        let record = try await record(id)
        let found = try await node.store.read { [now] in try $0.consultationReport(record, at: now) }
        guard let found else { throw NodeError(.notFound, "\(id) is no consultation") }
        return found
    }

    func consultations() async throws -> ConsultationsReport {
        try await node.store.read { [now] in try $0.consultationsReport(at: now) }
    }

    func opine(_ id: String, _ text: String) async throws -> DoneReport {
        let command = GiveOpinion(try await record(id), text: text)
        let receipt = try await node.store.commit(command, as: try node.actor(role: "resident"))
        return done("opinion taken", id: "\(receipt.opinion)")
    }

    func vote(_ vote: AdminRequest.Vote) async throws -> DoneReport {
        let voter: CastBallot.Voter
        if let number = vote.identityNumber {
            voter = .identityNumber(number)
        } else if let resident = vote.resident {
            voter = .registration(try await registrationID(resident))
        } else if let entry = vote.entry {
            voter = .rollEntry(entry, code: vote.code ?? "")
        } else {
            throw NodeError(.usage, "consult vote: give --id-number, --resident, or --entry with --code: who votes")
        }
        let command = CastBallot(try await record(vote.id), voter: voter, option: vote.option, channel: vote.channel)
        let receipt = try await node.store.commit(command, as: try node.actor(role: "clerk"))
        return done(receipt.isProvisional ? "ballot taken, provisional" : "ballot taken", id: "\(receipt.ballot)")
    }

    func closeConsultation(_ id: String) async throws -> DoneReport {
        let command = CloseConsultation(try await record(id))
        _ = try await node.store.commit(command, as: try node.actor(role: "organiser"))
        return done("consultation closed", id: id)
    }

    func rollCodes(_ id: String, _ entries: [String]) async throws -> RollCodesReport {
        let command = IssueRollCodes(try await record(id), entries: entries)
        return RollCodesReport(try await node.store.commit(command, as: try node.actor(role: "organiser")), at: now)
    }
}
