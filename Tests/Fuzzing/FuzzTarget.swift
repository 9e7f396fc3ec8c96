import Foundation
import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongJSON
import LiandongOpen311
import LiandongSigning
import SwiftProtobuf

/// One decoder, and what it must keep to: whatever comes it throws or gives a value, and a value written and read again
/// is the same.
enum FuzzTarget: String, CaseIterable {
    case frame, engine, header, delta, stream, op, excerpt, left, audience, entry, reconcile, page, record, bundle, form
    case json, readings, rules, photo

    func run(_ input: [UInt8]) {
        switch self {
        case .frame: frame(input)
        case .engine: FuzzedEngine.run(input)
        case .header: header(input)
        case .delta: delta(input)
        case .stream: stream(input)
        case .op: op(input)
        case .excerpt: excerpt(input)
        case .left: left(input)
        case .audience: audience(input)
        case .entry: entry(input)
        case .reconcile: reconcile(input)
        case .page: page(input)
        case .record: record(input)
        case .bundle: bundle(input)
        case .form: form(input)
        case .json: json(input)
        case .readings: readings(input)
        case .rules: rules(input)
        case .photo: photo(input)
        }
    }

    /// What the bounds refuse is never decoded; what they let pass may take no more room than they say.
    private func frame(_ input: [UInt8]) {
        guard (try? FrameBounds.check(input)) != nil, let frame = try? WireFrame(serializedBytes: input) else { return }
        if case .deltas(let batch) = frame.body {
            precondition(batch.deltas.count <= FrameBounds.bodyFieldLimit)
            precondition(batch.deltas.allSatisfy { $0.ops.count <= FrameBounds.deltaFieldLimit })
        }
    }

    private func header(_ input: [UInt8]) {
        guard let header = try? DeltaHeader(decoding: input) else { return }
        precondition((try? DeltaHeader(decoding: header.canonicalBytes)) == header)
    }

    private func delta(_ input: [UInt8]) {
        _ = try? SaltedOp.decode(body: input)
        guard let delta = try? Delta(wireBytes: input, .sodium) else { return }
        precondition((try? Delta(wireBytes: delta.wireBytes, .sodium)) == delta)
        _ = delta.isCanonical
        _ = QuotaUse(delta)
    }

    /// Frames one after another: what a decoder gives, an encoder and another decoder give again.
    private func stream(_ input: [UInt8]) {
        var (decoder, encoder, second) = (DeltaStreamDecoder(), DeltaStreamEncoder(), DeltaStreamDecoder())
        let cluster = FuzzedEngine.cluster
        for frame in input.frames {
            switch (try? WireFrame(serializedBytes: frame))?.body {
            case .lane(let definition): try? decoder.define(definition)
            case .deltas(let batch):
                for sent in batch.deltas {
                    guard let delta = try? decoder.decode(sent, cluster: cluster, .sodium) else { continue }
                    let (definition, again) = encoder.encode(delta, lsn: 1)
                    if let definition { try? second.define(definition) }
                    precondition((try? second.decode(again, cluster: cluster, .sodium)) == delta)
                }
            default: break
            }
        }
    }

    private func op(_ input: [UInt8]) {
        guard let op = try? Op(decoding: input) else { return }
        precondition((try? Op(decoding: op.wireBytes)) == op)
    }

    private func excerpt(_ input: [UInt8]) {
        if let given = try? Given(decoding: input) {
            precondition((try? Given(decoding: given.wireBytes)) == given)
        }
        guard let excerpt = try? Excerpt(decoding: input) else { return }
        precondition((try? Excerpt(decoding: excerpt.wireBytes)) == excerpt)
        _ = excerpt.verified(.trusting)
    }

    private func left(_ input: [UInt8]) {
        guard let left = try? Left(decoding: input) else { return }
        precondition(left.ops.count <= Left.opLimit)
        precondition((try? Left(decoding: left.wireBytes)) == left)
    }

    private func audience(_ input: [UInt8]) {
        guard let audience = Audience(wireBytes: input) else { return }
        precondition(Audience(wireBytes: audience.wireBytes) == audience)
    }

    /// An entry alone, and put behind a chain that has everything it may speak of.
    private func entry(_ input: [UInt8]) {
        _ = try? AuthorityEntryContent(decoding: input)
        if let signed = try? WireSignedEntry(serializedBytes: input) {
            var empty = AuthorityState()
            try? empty.apply(.init(entry: Array(signed.entry), signature: Array(signed.signature)), .trusting)
        }
        var grown = FuzzedEngine.authority
        guard var wire = try? WireAuthorityEntry(serializedBytes: input), let signer = grown.signer else { return }
        wire.suite = 1
        wire.cluster = Data(FuzzedEngine.cluster.bytes)
        wire.issuer = Data(signer.bytes)
        wire.height = grown.height + 1
        wire.previous = Data(grown.head?.bytes ?? [])
        guard let entry: [UInt8] = try? wire.serializedBytes() else { return }
        try? grown.apply(.init(entry: entry, signature: []), .trusting)
        _ = AcceptanceQuota(grown)
        for place in grown.places.keys { precondition(grown.line(of: place).count <= grown.places.count) }
    }

    private func reconcile(_ input: [UInt8]) {
        guard (try? FrameBounds.check(input)) != nil,
            case .reconcile(let wire) = (try? WireFrame(serializedBytes: input))?.body
        else { return }
        _ = try? ReconciliationMessage(wire)
    }

    /// What a snapshot says of one record.
    private func record(_ input: [UInt8]) {
        guard let place = FuzzedEngine.authority.places.keys.min(), let home = Audience(lines: [place]) else { return }
        let id = RecordID(raw: Bytes16(high: 1, low: 1))
        for count in 0...8 {
            let stamp = HLC(milliseconds: 1)
            let record = SnapshotRecord(record: id, home: home, stamp: stamp, entryCount: count, entries: input)
            guard let view = try? record.view() else { continue }
            precondition((try? SnapshotRecord(view).view()) == view)
            fold(view)
        }
    }

    /// What the domain makes of a record is nobody's to choose: its values are bytes that some node wrote.
    private func fold(_ view: RecordView) {
        let authority = FuzzedEngine.authority
        if let order = WorkOrder.fold(view, authority) { precondition(!order.holders.isEmpty) }
        if let consultation = Consultation.fold(view, authority) {
            let tally = consultation.tally
            precondition(tally.counts.reduce(0) { $0 + $1.ballots } == tally.counted)
        }
        _ = Registration.fold(view, authority)
        _ = PersonLink.fold(view, authority)
        _ = ElsewhereNotice.fold(view, authority)
        _ = Device.fold(view, authority)
        _ = DeviceAlarm.fold(view, authority)
        _ = DeviceRules.fold(view, authority)
        _ = SeriesYear.fold(view, authority)
    }

    /// A page of a snapshot by a peer that signs what it likes, of the store that it is expected from.
    private func page(_ input: [UInt8]) {
        guard var wire = try? WireSnapshotPage(serializedBytes: input) else { return }
        let (cluster, epoch) = (FuzzedEngine.cluster, StoreEpoch(raw: 2))
        guard let node = FuzzedEngine.authority.nodes.keys.min() else { return }
        wire.cluster = Data(cluster.bytes)
        wire.node = Data(node.bytes)
        wire.storeEpoch = epoch.raw
        guard let bytes: [UInt8] = try? wire.serializedBytes() else { return }
        let signed = WireSignedSnapshotPage.with { $0.page = Data(bytes) }
        guard let page = try? SnapshotPage(signed, cluster: cluster, node: node, storeEpoch: epoch, .trusting) else {
            return
        }
        for record in page.records { _ = try? record.view() }
    }

    private func bundle(_ input: [UInt8]) {
        _ = try? BundleHeader(decoding: input)
        _ = try? BundleChunk(decoding: input)
        _ = try? SignedBundlePart(wireBytes: input)
    }

    private func form(_ input: [UInt8]) {
        guard let form = try? FormParameters(input) else { return }
        precondition(form.pairs.count <= FormParameters.maximumCount)
        _ = try? ServiceRequestSubmission(form)
        _ = try? ServiceRequestFilter(form, now: FuzzTarget.now)
    }

    /// What is left of a photo is a photo, of which nothing is cut any more.
    private func photo(_ input: [UInt8]) {
        guard let photo = try? Photo(input) else { return }
        precondition((try? Photo(photo.bytes)) == photo)
    }

    private func json(_ input: [UInt8]) {
        guard let value = try? JSONValue(parsing: input) else { return }
        precondition((try? JSONValue(parsing: Array(value.text.utf8))) == value)
    }

    /// What a device sends, in whatever form it is taken for.
    private func readings(_ input: [UInt8]) {
        _ = MessageFormat.guess(input)
        for format in MessageFormat.allCases {
            guard let messages = try? DeviceMessage.decode(input, as: format, now: FuzzTarget.now) else { continue }
            precondition(messages.count <= MessageLimits.messages)
            // Times before 1970 are written as 1970, and as such from then on.
            let again = try? DeviceMessage.decode(messages.json, as: .json, now: FuzzTarget.now)
            precondition(again?.map(\.sequence) == messages.map(\.sequence))
            precondition(again?.json == messages.json)
        }
    }

    private func rules(_ input: [UInt8]) {
        guard let file = try? DeviceRulesFile(parsing: input) else { return }
        precondition((try? DeviceRulesFile(parsing: Array(file.text.utf8))) == file)
    }

    private static let now = Instant(milliseconds: 1_700_000_000_000)
}

extension [UInt8] {
    /// Pieces, each behind its length in two bytes: how a sequence of frames stands in one input.
    var frames: [[UInt8]] {
        var frames: [[UInt8]] = []
        var rest = self[...]
        while rest.count >= 2, frames.count < 64 {
            let length = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            frames.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return frames
    }
}

extension Cryptography {
    /// Hashes as nodes do, and takes every signature for good: what stands behind that check is to be reached.
    static let trusting = Cryptography(hash: Cryptography.sodium.hash, verify: { _, _, _ in true })
}
