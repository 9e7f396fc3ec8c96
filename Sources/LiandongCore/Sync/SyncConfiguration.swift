/// What an engine is told of its node and how patient it is.
package struct SyncConfiguration: Sendable {
    /// Where this node can be dialled, host:port.
    package var addresses: [String]
    package var version: String
    /// The parent to enrol with, while this node is not of the cluster yet.
    package var joining: JoinTarget?
    /// What the hello offers.
    package var features: Set<SyncFeature> = [.reconciliation, .snapshot]

    /// How many bytes a peer may send before it hears that they were committed.
    package var interactiveWindow: UInt64 = 1 << 20
    package var bulkWindow: UInt64 = 1 << 20
    /// A session whose hello does not come ends after this, in milliseconds.
    package var helloTimeout: Int64 = 10_000
    /// A session that hears nothing for this long, not a byte, ends, in milliseconds.
    package var silenceLimit: Int64 = 15_000
    /// A session that hears no whole frame for this long ends, whatever bytes trickle in, in milliseconds: the longest
    /// frame takes 131 s over a link of 64 kbit/s.
    package var frameLimit: Int64 = 180_000
    /// A session that has sent nothing for this long says where it stands, in milliseconds.
    package var keepAlive: Int64 = 5_000
    /// Beats are at least this far apart, in milliseconds.
    package var beatSpacing: Int64 = 1_000
    /// Beats are at most this far apart, in milliseconds.
    package var beatInterval: Int64 = 30_000
    /// A joining node whose clock differs by more is told so, in milliseconds.
    package var joinClockLimit: Int64 = 300_000
    /// How long no node of the place above may be out of reach before those further up are dialled, in milliseconds.
    package var fallbackPatience: Int64 = 20_000
    /// Enrolment requests a minute, all sessions together.
    package var enrolmentRate = 120
    /// How many audiences a session keeps in mind whose deltas were not for this node or refused, before it begins anew.
    ///
    /// Two windows of the smallest deltas hold fewer: a peer that only hears late of an entry never comes near.
    package var asideAudienceLimit = 8_192
    /// A peer whose stream begins so many deltas behind is offered a snapshot.
    package var snapshotThreshold: LSN = 20_000
    /// How long the streams wait for a snapshot, in milliseconds.
    package var snapshotPatience: Int64 = 30_000
    /// How long records of a snapshot are shown while their deltas do not come, in milliseconds.
    package var previewLimit: Int64 = 86_400_000
    /// How many passes of reconciliation a node holds at one time, each with a list of all lanes.
    package var passLimit = 4
    /// A pass of which the peer says nothing for this long is given up, in milliseconds.
    package var passPatience: Int64 = 300_000
    /// A pass whose turns take longer together is given up, in milliseconds.
    package var passTalkLimit: Int64 = 1_800_000
    /// Replicas are compared, and a part of the disk is checked again, this often, in milliseconds.
    package var scrubInterval: Int64 = 3_600_000
    /// A planted mistake, for the simulator alone: it proves that its check of who holds what can fail.
    package var ignoresEntitlement = false

    package init(addresses: [String], version: String, joining: JoinTarget? = nil) {
        self.addresses = addresses
        self.version = version
        self.joining = joining
    }

    /// What the token of `liandong join` says.
    package struct JoinTarget: Sendable {
        package let cluster: ClusterID
        package let parent: NodeID
        package let addresses: [String]
        /// The invite's key.
        package let invite: Signer
        /// X25519 public key, 32 bytes.
        package let sealingKey: [UInt8]

        package init(
            cluster: ClusterID,
            parent: NodeID,
            addresses: [String],
            invite: Signer,
            sealingKey: [UInt8]
        ) {
            self.cluster = cluster
            self.parent = parent
            self.addresses = addresses
            self.invite = invite
            self.sealingKey = sealingKey
        }
    }
}

/// What an engine starts from: what the store kept.
package struct SyncStart: Sendable {
    package var node: NodeID
    package var incarnation: Incarnation
    package var storeEpoch: StoreEpoch
    package var chain: [SignedAuthorityEntry]
    package var authority: AuthorityState
    package var lanes: [LaneState]
    package var audiences: [AudienceID: Audience]
    package var cursors: [Cursor]
    package var beats: [KeptBeat]
    package var parts: [KeptBeatPart]
    package var paused: Set<NodeID>
    /// The neighbours that the operator named.
    package var lateral: Set<NodeID> = []
    /// What nodes above have acknowledged of what this node handed over.
    package var handedOver: [HandedOver] = []
    /// A snapshot that was being taken over, or whose deltas are still to come.
    package var preview: PreviewProgress?
    /// The greatest LSN in the store.
    package var lastLSN: LSN
    /// The file may have taken the place of a later one: the last stop was not provably clean.
    package var isRestored = false
    package var startedAt: Instant

    package init(
        node: NodeID,
        incarnation: Incarnation,
        storeEpoch: StoreEpoch,
        chain: [SignedAuthorityEntry] = [],
        authority: AuthorityState = AuthorityState(),
        lanes: [LaneState] = [],
        audiences: [AudienceID: Audience] = [:],
        cursors: [Cursor] = [],
        beats: [KeptBeat] = [],
        parts: [KeptBeatPart] = [],
        paused: Set<NodeID> = [],
        preview: PreviewProgress? = nil,
        lastLSN: LSN = 0,
        startedAt: Instant
    ) {
        self.node = node
        self.incarnation = incarnation
        self.storeEpoch = storeEpoch
        self.chain = chain
        self.authority = authority
        self.lanes = lanes
        self.audiences = audiences
        self.cursors = cursors
        self.beats = beats
        self.parts = parts
        self.paused = paused
        self.preview = preview
        self.lastLSN = lastLSN
        self.startedAt = startedAt
    }
}
