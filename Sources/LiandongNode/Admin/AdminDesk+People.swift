import LiandongCore
import LiandongDomain
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

    /// The person that a registration belongs to, as this node sees them.
    func person(of id: RecordID) async throws -> PersonReport {
        let found = try await node.store.read { reader in
            var seen: [RecordID: Registration] = [:]
            var links: [PersonLink] = []
            var waiting = [id]
            // Over shared tags and links, until nobody new turns up.
            while let next = waiting.popLast() {
                guard seen[next] == nil, let registration = try reader.registration(next) else { continue }
                seen[next] = registration
                for digest in registration.matchTagDigests {
                    waiting += try reader.registrations(matchTagDigest: digest)
                }
                for link in try reader.personLinks(of: next) {
                    guard let view = try reader.record(link), let fold = PersonLink.fold(view, reader.authority) else {
                        continue
                    }
                    links.append(fold)
                    waiting += [fold.lesser, fold.greater]
                }
            }
            let people = Person.clusters(seen.values.sorted { $0.record < $1.record }, links)
            let person = people.first { $0.registrations.contains(id) }
            return try (person?.registrations ?? [id]).compactMap { record in
                try seen[record].map { ($0, try elsewhere(of: $0, reader), try reader.isBeingVerified(record)) }
            }
        }
        let purposes = node.purposeKeys.purposes(authority)
        return PersonReport(
            asOf: now.iso8601,
            registrations: found.map { registration, since, isVerifying in
                .init(
                    id: "\(registration.record)",
                    community: place(registration.community),
                    name: registration.name ?? "",
                    identityNumber: shown(registration.identityNumber(purposes), Masking.identityNumber),
                    phone: shown(registration.phone(purposes), Masking.phone),
                    address: registration.address?.text,
                    registeredAt: registration.registeredAt.iso8601,
                    erasedAt: registration.erasedAt?.iso8601,
                    elsewhereSince: since.map(\.iso8601),
                    verifying: isVerifying
                )
            }
        )
    }

    private func elsewhere(of registration: Registration, _ reader: StoreReader) throws -> [Instant] {
        try reader.elsewhereNotices(of: registration.record).compactMap { id in
            try reader.record(id).flatMap { ElsewhereNotice.fold($0, reader.authority) }?
                .since(for: registration.record)
        }
    }

    private func shown(_ value: Registration.Opened, _ mask: (String) -> String) -> String? {
        switch value {
        case .absent: nil
        case .sealed: "sealed"
        case .open(let text): mask(text)
        }
    }

    /// By identity number when the text is one, else by name.
    func findResidents(_ text: String) async throws -> PeopleReport {
        let ids: [RecordID]
        if text.utf8.count == 18, let number = try? IdentityNumber(text) {
            let digest = try await matchTagDigest(of: number)
            ids = try await node.store.read { try $0.registrations(matchTagDigest: digest) }
        } else {
            ids = try await node.store.read { try $0.registrations(named: text) }
        }
        var people: [PersonReport] = []
        var seen: Set<String> = []
        for id in ids where !seen.contains("\(id)") {
            let person = try await person(of: id)
            seen.formUnion(person.registrations.map(\.id))
            people.append(person)
        }
        return PeopleReport(asOf: now.iso8601, people: people)
    }

    /// Costs hundredths of a second: away from whatever runs the caller.
    @concurrent
    private func matchTagDigest(of number: IdentityNumber) async throws -> [UInt8] {
        guard let tag = try node.purposeKeys.purposes(authority).matchTag(number.text) else {
            throw Refusal.purposeMissing(Purpose.register)
        }
        return Registration.MatchTag(version: tag.version, bytes: tag.bytes).digest
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
            closesAt: Instant(milliseconds: form.closesAt)
        )
        let receipt = try await node.store.commit(command, as: actor)
        return done("consultation created", id: "\(receipt.record)")
    }

    func consultation(_ id: String) async throws -> ConsultationReport {
        let record = try await record(id)
        let read = try await node.store.read { reader in
            try reader.consultation(record).map { ($0, try reader.isBeingVerified(record)) }
        }
        guard let (found, isVerifying) = read else { throw NodeError(.notFound, "\(id) is no consultation") }
        let titles = Dictionary(found.options.map { ($0.code, $0.title) }, uniquingKeysWith: { first, _ in first })
        return ConsultationReport(
            asOf: now.iso8601,
            id: "\(found.record)",
            place: place(found.place),
            title: found.title,
            text: found.text,
            createdAt: found.createdAt.iso8601,
            closesAt: found.closesAt.iso8601,
            closedAt: found.closing?.at.iso8601,
            rule: Consultation.Tally.rule,
            isProvisional: found.tally.isProvisional,
            counted: found.tally.counted,
            tally: found.tally.counts.map {
                .init(option: $0.option, title: titles[$0.option] ?? "", ballots: $0.ballots)
            },
            uncounted: found.tally.uncounted.map {
                .init(
                    ballot: "\($0.ballot.id)",
                    at: $0.ballot.at.iso8601,
                    place: $0.ballot.place.map(place),
                    reason: $0.reason.rawValue,
                    countedBallot: $0.counted.map { "\($0)" }
                )
            },
            opinions: found.opinions.map {
                .init(at: $0.at.iso8601, place: $0.place.map(place), text: $0.text)
            },
            verifying: isVerifying
        )
    }

    func consultations() async throws -> ConsultationsReport {
        let found = try await node.store.read { reader in
            try reader.consultations().compactMap { id in
                try reader.consultation(id).map { ($0, try reader.isBeingVerified(id)) }
            }
        }
        return ConsultationsReport(
            asOf: now.iso8601,
            consultations: found.map { consultation, isVerifying in
                .init(
                    id: "\(consultation.record)",
                    place: place(consultation.place),
                    title: consultation.title,
                    closed: consultation.closing != nil,
                    counted: consultation.tally.counted,
                    verifying: isVerifying
                )
            }
        )
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
        } else {
            throw NodeError(.usage, "consult vote: give --id-number or --resident: who votes")
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
}
