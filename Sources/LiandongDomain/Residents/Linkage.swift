import Foundation
package import LiandongCore
import SwiftProtobuf

/// Tells two communities that a resident of each is also registered elsewhere.
///
/// Run by a node that is entitled to both registrations (their street or the district) whenever a registration's
/// match tag is shared. Two nodes that both run it, or one that runs it twice, make one notice: its nonce is derived
/// from the two registrations.
package struct NotifyElsewhere: Command {
    /// The registration that arrived.
    package let registration: RecordID

    package init(_ registration: RecordID) { self.registration = registration }

    /// The notices written now; empty when all had been.
    package typealias Receipt = [RecordID]

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<[RecordID]> {
        guard
            let view = try reader.record(registration), let known = Registration.fold(view, context.authority)
        else { return Plan(drafts: [], receipt: []) }
        let apart = try notSame(known.record, reader, context)
        var others: Set<RecordID> = []
        for digest in known.matchTagDigests { others.formUnion(try reader.registrations(matchTagDigest: digest)) }
        var drafts: [Draft] = []
        for other in others.subtracting(apart).subtracting([registration]).sorted() {
            guard
                let view = try reader.record(other), let met = Registration.fold(view, context.authority),
                let draft = ElsewhereNotice.draft(known, met, context), try reader.record(draft.record) == nil
            else { continue }
            drafts.append(draft)
        }
        return Plan(drafts: drafts, receipt: drafts.map(\.record))
    }

    /// The registrations that somebody has said are other people's.
    private func notSame(
        _ registration: RecordID,
        _ reader: any DomainReader,
        _ context: CommandContext
    ) throws -> Set<RecordID> {
        var apart: Set<RecordID> = []
        for id in try reader.personLinks(of: registration) {
            guard
                let view = try reader.record(id), let link = PersonLink.fold(view, context.authority),
                link.verdict == .notSame
            else { continue }
            apart.insert(link.lesser == registration ? link.greater : link.lesser)
        }
        return apart
    }
}

extension ElsewhereNotice {
    /// The notice of two registrations, to the lines of their two communities.
    ///
    /// - Returns: nil when both are of one community, which knows of both, or when this node's place is not above both.
    static func draft(_ a: Registration, _ b: Registration, _ context: CommandContext) -> Draft? {
        let (lesser, greater) = a.record < b.record ? (a, b) : (b, a)
        let authority = context.authority
        guard
            a.community != b.community,
            [a.community, b.community].allSatisfy({
                authority.isWithin($0, context.actor.place) && $0 != context.actor.place
            }),
            let audience = Audience(lines: [a.community, b.community])
        else { return nil }
        let nonce = context.derivedNonce("liandong/notice/1", [lesser.record.bytes, greater.record.bytes])
        let wire = WireElsewhereNotice.with {
            $0.lesser = Data(lesser.record.bytes)
            $0.greater = Data(greater.record.bytes)
            $0.lesserSince = lesser.registeredAt.wire
            $0.greaterSince = greater.registeredAt.wire
        }
        return Draft(
            record: context.recordID(.elsewhereNotice, in: audience, nonce: nonce),
            field: ElsewhereNoticeField.creation,
            value: wire.payload,
            audience: audience,
            nonce: nonce
        )
    }
}

/// Says whether two registrations are one person, or takes such a word back.
///
/// The link stays at the place that says it and above: a community learns nothing of another's registration by it.
package struct LinkRegistrations: Command {
    package var first: RecordID
    package var second: RecordID
    package var verdict: PersonLink.Verdict
    package var reason: String

    package init(_ first: RecordID, _ second: RecordID, _ verdict: PersonLink.Verdict, reason: String) {
        self.first = first
        self.second = second
        self.verdict = verdict
        self.reason = reason
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        guard first != second else {
            throw Refusal(.linkSame, first)
        }
        for id in [first, second] {
            guard let view = try reader.record(id), Registration.fold(view, context.authority) != nil else {
                throw Refusal(.linkUnknown, id)
            }
        }
        guard let home = Audience(lines: [context.actor.place]) else { preconditionFailure("one place is an audience") }
        let reason = try Text.required(reason, Localized("理由", "the reason"), limit: 400)
        let (lesser, greater) = (min(first, second), max(first, second))
        let nonce = context.derivedNonce("liandong/link/1", [lesser.bytes, greater.bytes])
        let record = context.recordID(.personLink, in: home, nonce: nonce)
        var drafts: [Draft] = []
        if try reader.record(record) == nil {
            let creation = WirePersonLinkCreation.with {
                $0.lesser = Data(lesser.bytes)
                $0.greater = Data(greater.bytes)
            }
            drafts.append(
                Draft(
                    record: record,
                    field: PersonLinkField.creation,
                    value: creation.payload,
                    audience: home,
                    nonce: nonce
                )
            )
        }
        let word = WirePersonLinkVerdict.with {
            $0.verdict = WireLinkVerdict(rawValue: Int(verdict.rawValue)) ?? .unspecified
            $0.reason = reason
            $0.role = context.actor.role
        }
        drafts.append(Draft(record: record, field: PersonLinkField.verdict, value: word.payload, audience: home))
        return Plan(drafts: drafts, receipt: Receipt(record: record))
    }
}
