/// The value of a left: a record is let go of in the audience that the left is written in.
///
/// It says all that is needed to judge it, since it is judged where nothing else of the record is held any more.
package struct Left: Hashable, Sendable {
    /// The most ops that one left lets go of.
    package static let opLimit = 1_024

    /// Where the record is for from now on: what is named was carried there.
    package let further: Audience
    /// What the record's id commits to, beside its kind.
    package let home: Audience
    package let nonce: Nonce
    /// The ops of the audience that are let go of, sorted: all that the author knew of, and no later one.
    package let ops: [Dot]

    package init(further: Audience, home: Audience, nonce: Nonce, ops: [Dot]) {
        self.further = further
        self.home = home
        self.nonce = nonce
        self.ops = ops.sorted()
    }
}
