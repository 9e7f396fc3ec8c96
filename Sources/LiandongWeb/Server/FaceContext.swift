package import Hummingbird
package import LiandongOpen311
import NIOCore

/// What belongs to one request on its way to its answer.
package struct FaceContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Who asks; ``AccessMiddleware`` finds out.
    package var visitor = Visitor.anyone
    /// What the visitor's session is known by; nil for whoever has none.
    package var session: SessionSecret?
    /// The token that the visitor, a program, sent.
    package var token: SessionSecret?
    /// Of the words that people read.
    package var language = Language.chinese
    /// Where the request comes from, as failures are counted by it.
    package var address = "unknown"
    /// The other end of the connection.
    let peer: SocketAddress?

    package init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.peer = source.channel.remoteAddress
    }

    /// What a form of the visitor's must carry in the hidden field `csrf`; nil for whoever has no session.
    package var formToken: String? { session?.formToken }
}
